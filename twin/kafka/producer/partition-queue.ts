import type { ProducerIdentity } from './broker-client.ts';
import type { OutgoingRecord } from './record.ts';
import { RecordBatch, type BatchCodec, type Settle } from './record-batch.ts';

/** Sequence numbers are 31-bit and start again at 0 (KIP-98). */
const SEQUENCES = 2 ** 31;

/**
 * What waits for one partition, in order. Only the head is ever on its way, so a repeated attempt cannot overtake or be
 * overtaken, and the broker's check of sequence numbers removes what an unanswered attempt had written.
 */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  leader: number;
  inFlight = false;
  /** Before this time (milliseconds since the epoch) the head is not tried again. */
  retryAt = 0;
  identity: ProducerIdentity | undefined;
  #sequence = 0;
  #batches: RecordBatch[] = [];
  readonly #batchBytes: number;

  constructor(topic: string, partition: number, leader: number, batchBytes: number) {
    this.topic = topic;
    this.partition = partition;
    this.leader = leader;
    this.#batchBytes = batchBytes;
  }

  get head(): RecordBatch | undefined {
    return this.#batches[0];
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  /** @returns whether a new batch was begun */
  append(record: OutgoingRecord, now: number, settle: Settle): boolean {
    const last = this.#batches.at(-1);
    // A batch that has been sealed, or is being sent, must not change.
    const open =
      last && !last.isSealed && !(this.inFlight && this.#batches.length === 1) && last.bytes < this.#batchBytes;
    const batch = open ? last : new RecordBatch(now);
    if (!open) this.#batches.push(batch);
    batch.append(record, now, settle);
    return !open;
  }

  /** Bytes of the head as the broker gets them. */
  seal(codec: BatchCodec): Buffer {
    const identity = this.identity && { ...this.identity, baseSequence: this.#sequence };
    return this.head!.seal(identity, codec);
  }

  /** The head is in Kafka. */
  delivered(): void {
    const batch = this.#batches.shift()!;
    this.#sequence = (this.#sequence + batch.count) % SEQUENCES;
    for (const settle of batch.settles) settle();
  }

  /** The head will not get there. */
  failed(error: Error): void {
    const batch = this.#batches.shift()!;
    // Its records may have taken sequence numbers or not: only a new identity makes the next ones certain.
    if (batch.isSealed && batch.mayBeWritten) this.forgetIdentity();
    for (const settle of batch.settles) settle(error);
  }

  /** The next attempt is made under a new producer id, whose numbers begin at 0. */
  forgetIdentity(): void {
    this.identity = undefined;
    this.#sequence = 0;
    this.head?.unseal();
  }

  replaceHead(parts: readonly RecordBatch[]): void {
    this.#batches.splice(0, 1, ...parts);
  }
}
