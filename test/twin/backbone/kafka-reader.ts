import { Consumer, ListOffsetTimestamps, MessagesStreamModes, stringDeserializers } from '@platformatic/kafka';

export interface ReadRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Reads all that a topic holds now, in the order of each partition. */
export async function readTopic(bootstrapBroker: string, topic: string): Promise<ReadRecord[]> {
  const consumer = new Consumer({
    clientId: 'test-reader',
    groupId: `test-reader-${Math.random()}`,
    bootstrapBrokers: [bootstrapBroker],
    deserializers: {
      key: (data?: Buffer) => data?.toString('utf8') ?? '',
      value: (data?: Buffer) => data?.toString('utf8') ?? '',
      headerKey: stringDeserializers.headerKey,
      headerValue: stringDeserializers.headerValue,
    },
  });
  try {
    const ends = await consumer.listOffsets({ topics: [topic], timestamp: ListOffsetTimestamps.LATEST });
    const endOffsets = ends.get(topic) ?? [];
    let missing = Number(endOffsets.reduce((sum, offset) => sum + offset, 0n));
    const records: ReadRecord[] = [];
    if (missing === 0) return records;
    const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: false });
    for await (const message of stream) {
      // What is written while this reads would be counted in place of what it still has to read.
      if (message.offset >= endOffsets[message.partition]!) continue;
      records.push({
        topic,
        partition: message.partition,
        offset: message.offset,
        key: String(message.key),
        value: String(message.value),
        headers: Object.fromEntries([...message.headers].map(([name, value]) => [String(name), String(value)])),
      });
      if (--missing === 0) break;
    }
    return records;
  } finally {
    await consumer.close(true);
  }
}
