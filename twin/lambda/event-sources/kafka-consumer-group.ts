import type { Clock } from '../../clock.ts';
import type { KafkaConsumption } from './kafka-poller.ts';
import type { KafkaRecord } from './kafka-record.ts';
import type { KafkaSettings } from './mapping.ts';

/** A synchronous invocation takes 6 MB; records travel in base64, headers and names beside them. */
const LARGEST_BATCH_BYTES = 4_000_000;

/**
 * Joins a mapping's consumer group over the cluster's plaintext listener. (MSK would ask for the function's role by IAM, which
 * Kafka itself does not know: whoever calls this checks that role.)
 *
 * @throws Error of the Kafka client when the cluster does not answer
 */
export async function joinConsumerGroup(
  bootstrapServer: string,
  settings: KafkaSettings,
  clock: Clock,
): Promise<KafkaConsumption> {
  const { Consumer, MessagesStreamModes, MessagesStreamFallbackModes } = await import('@platformatic/kafka');
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    clientId: `lambda-${settings.consumerGroupId}`,
    groupId: settings.consumerGroupId,
    bootstrapBrokers: [bootstrapServer],
    autocommit: false,
    sessionTimeout: 10_000,
    heartbeatInterval: 1_000,
  });
  try {
    const stream = await consumer.consume({
      topics: [settings.topic],
      mode: MessagesStreamModes.COMMITTED,
      fallbackMode:
        settings.startingPosition === 'LATEST'
          ? MessagesStreamFallbackModes.LATEST
          : MessagesStreamFallbackModes.EARLIEST,
      autocommit: false,
      maxWaitTime: 500,
    });
    return new Consumption(bootstrapServer, clock, new Intake(stream), {
      commit: (offsets) => consumer.commit({ offsets }),
      close: () => consumer.close(true),
    });
  } catch (error) {
    await consumer.close(true).catch(() => undefined);
    throw error;
  }
}

interface Message {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: bigint;
  readonly key?: Buffer;
  readonly value?: Buffer;
  readonly headers: ReadonlyMap<Buffer, Buffer>;
}

interface MessageStream extends AsyncIterable<Message> {
  destroy(): unknown;
}

/** Turns a stream that pushes into one that is asked: with a time limit, and without losing what came after it. */
class Intake {
  readonly #iterator: AsyncIterator<Message>;
  #next: Promise<IteratorResult<Message>> | undefined;

  constructor(stream: MessageStream) {
    this.#iterator = stream[Symbol.asyncIterator]();
  }

  /** @returns `undefined` when `signal` is aborted first. @throws Error when the stream has ended */
  async take(signal: AbortSignal): Promise<Message | undefined> {
    const next = (this.#next ??= this.#iterator.next());
    next.catch(() => undefined);
    const given = await untilAborted(next, signal);
    if (!given) return undefined;
    this.#next = undefined;
    if (given.done) throw new Error('the consumer group has no records any more');
    return given.value;
  }
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const abort = (): void => resolve(undefined);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

interface Group {
  commit(offsets: { topic: string; partition: number; offset: bigint; leaderEpoch: number }[]): Promise<unknown>;
  close(): Promise<unknown>;
}

class Consumption implements KafkaConsumption {
  readonly bootstrapServers: string;
  readonly #clock: Clock;
  readonly #intake: Intake;
  readonly #group: Group;

  constructor(bootstrapServers: string, clock: Clock, intake: Intake, group: Group) {
    this.bootstrapServers = bootstrapServers;
    this.#clock = clock;
    this.#intake = intake;
    this.#group = group;
  }

  async receive(maxRecords: number, windowMs: number, signal: AbortSignal): Promise<readonly KafkaRecord[]> {
    const first = await this.#intake.take(signal);
    if (!first) return [];
    const records = [recordOf(first)];
    let bytes = sizeOf(first);
    const window = new AbortController();
    // Even without a window, what has come already goes along.
    const end = this.#clock.schedule(windowMs, () => window.abort());
    const until = AbortSignal.any([signal, window.signal]);
    try {
      while (records.length < maxRecords && bytes < LARGEST_BATCH_BYTES) {
        const message = await this.#intake.take(until);
        if (!message) break;
        records.push(recordOf(message));
        bytes += sizeOf(message);
      }
    } finally {
      end.cancel();
    }
    return records;
  }

  async commit(records: readonly KafkaRecord[]): Promise<void> {
    const newest = new Map<number, KafkaRecord>();
    for (const record of records) newest.set(record.partition, record);
    await this.#group.commit(
      [...newest.values()].map(({ topic, partition, offset }) => ({
        topic,
        partition,
        offset: offset + 1n,
        leaderEpoch: -1,
      })),
    );
  }

  async close(): Promise<void> {
    await this.#group.close();
  }
}

const sizeOf = ({ key, value }: Message): number => (key?.length ?? 0) + (value?.length ?? 0);

function recordOf({ topic, partition, offset, timestamp, key, value, headers }: Message): KafkaRecord {
  return {
    ...{ topic, partition, offset, key: key ?? undefined, value: value ?? undefined },
    timestamp: Number(timestamp),
    headers: [...headers].map(([name, bytes]) => [name.toString('utf8'), bytes] as const),
  };
}
