import type { Writer } from '@platformatic/kafka';

import { sizeOfUnsigned, writeUnsigned } from './varint.ts';

export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: Buffer;
}

/** Produce is version 9 on every broker since 2.8, and nothing newer is of use to a producer without transactions. */
export const PRODUCE_VERSION = 9;
export const PRODUCE_KEY = 0;

/**
 * Body of a Produce request. The batches are appended as they are; only what lies between them is written here.
 *
 * @param timeoutMs how long the broker may wait for its replicas
 */
export function encodeProduceRequest(
  writer: Writer,
  acks: number,
  timeoutMs: number,
  batches: readonly PartitionBatch[],
): Writer {
  const topics = new Map<string, PartitionBatch[]>();
  for (const batch of batches) {
    const ofTopic = topics.get(batch.topic);
    if (ofTopic) ofTopic.push(batch);
    else topics.set(batch.topic, [batch]);
  }
  const head = Buffer.allocUnsafe(7 + sizeOfUnsigned(topics.size + 1));
  head[0] = 0;
  head.writeInt16BE(acks, 1);
  head.writeInt32BE(timeoutMs, 3);
  writeUnsigned(head, 7, topics.size + 1);
  writer.append(head);
  for (const [topic, partitions] of topics) {
    writer.append(topicHead(topic, partitions.length));
    for (const { partition, records } of partitions) {
      writer.append(partitionHead(partition, records.length)).append(records).append(NO_TAGS);
    }
    writer.append(NO_TAGS);
  }
  return writer.append(NO_TAGS);
}

const NO_TAGS = Buffer.from([0]);

function topicHead(topic: string, partitions: number): Buffer {
  const nameBytes = Buffer.byteLength(topic);
  const head = Buffer.allocUnsafe(sizeOfUnsigned(nameBytes + 1) + nameBytes + sizeOfUnsigned(partitions + 1));
  let at = writeUnsigned(head, 0, nameBytes + 1);
  at += head.write(topic, at);
  writeUnsigned(head, at, partitions + 1);
  return head;
}

function partitionHead(partition: number, recordBytes: number): Buffer {
  const head = Buffer.allocUnsafe(4 + sizeOfUnsigned(recordBytes + 1));
  head.writeInt32BE(partition, 0);
  writeUnsigned(head, 4, recordBytes + 1);
  return head;
}
