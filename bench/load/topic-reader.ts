import { Consumer, MessagesStreamModes } from '@platformatic/kafka';

/** Reads what is written to a topic from now on. @returns what ends it */
export async function readTopic(
  bootstrap: string,
  topic: string,
  take: (payload: Buffer) => void,
): Promise<() => Promise<void>> {
  const consumer = new Consumer({
    clientId: 'bench-reader',
    groupId: `bench-reader-${process.pid}-${Date.now()}`,
    bootstrapBrokers: [bootstrap],
    autocommit: false,
  });
  const stream = await consumer.consume({
    ...{ topics: [topic], mode: MessagesStreamModes.LATEST, autocommit: false },
    ...{ maxWaitTime: 20, minBytes: 1, highWaterMark: 100_000 },
  });
  stream.on('data', (message) => take(message.value as Buffer));
  return async () => {
    await stream.close();
    await consumer.close(true);
  };
}
