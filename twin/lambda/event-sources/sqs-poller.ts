import type { Clock } from '../../clock.ts';
import type { LambdaInvoker } from '../invoker.ts';
import { failedItems, type EventSourceMapping, type Poller } from './mapping.ts';

/** A message as a Lambda event holds it. */
export interface QueueRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<Record<string, unknown>>;
  readonly md5OfBody: string;
}

/** What a poller needs of a queue. */
export interface QueueSource {
  /** Waits up to `waitMs` for messages; they stay hidden for the queue's visibility timeout. */
  receive(queueArn: string, maxMessages: number, waitMs: number, signal: AbortSignal): Promise<readonly QueueRecord[]>;
  delete(queueArn: string, receiptHandles: readonly string[]): Promise<void>;
}

export interface SqsPollerOptions {
  readonly mapping: EventSourceMapping;
  readonly queue: QueueSource;
  readonly invoker: LambdaInvoker;
  readonly clock: Clock;
  readonly region: string;
  log(line: string): void;
}

const LONG_POLL_MS = 20_000;
const PAUSE_AFTER_ERROR_MS = 1_000;
/** SQS hands out at most ten messages a call. */
const LARGEST_RECEIVE = 10;
/** Lambda starts with five concurrent batches of a queue; a laptop does with two. */
const DEFAULT_CONCURRENCY = 2;

/**
 * Feeds a function from a queue as Lambda's pollers do: what the function handles is deleted, what it fails on, or
 * names in a partial batch response, becomes visible again after the queue's timeout.
 */
export function pollQueue(options: SqsPollerOptions): Poller {
  const { mapping, queue, invoker, clock, log, region } = options;
  const stopping = new AbortController();

  async function handle(records: readonly QueueRecord[]): Promise<void> {
    const event = {
      Records: records.map((record) => ({
        ...record,
        eventSource: 'aws:sqs',
        eventSourceARN: mapping.eventSourceArn,
        awsRegion: region,
      })),
    };
    const { payload, functionError } = await invoker.invoke(mapping.functionName, event);
    if (functionError) return log(`${mapping.functionName} failed on ${records.length} messages: ${payload}`);
    const failed = mapping.reportBatchItemFailures ? failedItems(payload) : new Set<string>();
    if (!failed)
      return log(
        `${mapping.functionName} answered with a malformed batchItemFailures; the whole batch counts as failed`,
      );
    const handled = records.filter(({ messageId }) => !failed.has(messageId));
    if (handled.length > 0)
      await queue.delete(
        mapping.eventSourceArn,
        handled.map(({ receiptHandle }) => receiptHandle),
      );
  }

  async function collect(): Promise<QueueRecord[]> {
    const first = await queue.receive(
      mapping.eventSourceArn,
      Math.min(LARGEST_RECEIVE, mapping.batchSize),
      LONG_POLL_MS,
      stopping.signal,
    );
    const records = [...first];
    const until = clock.now() + mapping.maximumBatchingWindowMs;
    while (records.length > 0 && records.length < mapping.batchSize && clock.now() < until) {
      const room = Math.min(LARGEST_RECEIVE, mapping.batchSize - records.length);
      records.push(...(await queue.receive(mapping.eventSourceArn, room, until - clock.now(), stopping.signal)));
    }
    return records;
  }

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const records = await collect();
        if (records.length > 0) await handle(records);
      } catch (error) {
        if (stopping.signal.aborted) return;
        log(`${mapping.functionName} could not be fed from ${mapping.eventSourceArn}: ${(error as Error).message}`);
        await new Promise<void>((resolve) => {
          const pause = clock.schedule(PAUSE_AFTER_ERROR_MS, resolve);
          stopping.signal.addEventListener('abort', () => (pause.cancel(), resolve()), { once: true });
        });
      }
    }
  }

  const loops = Array.from(
    { length: Math.min(mapping.maximumConcurrency ?? DEFAULT_CONCURRENCY, DEFAULT_CONCURRENCY) },
    poll,
  );
  return {
    async stop() {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}
