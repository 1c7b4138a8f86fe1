import { describe, expect, test } from '@jest/globals';

import { failedItems } from '../../../twin/lambda/event-sources/mapping.ts';
import { pollQueue, type QueueRecord, type QueueSource } from '../../../twin/lambda/event-sources/sqs-poller.ts';
import type { Invocation } from '../../../twin/lambda/invoker.ts';

const record = (id: string): QueueRecord => ({
  messageId: id,
  receiptHandle: `r-${id}`,
  body: id,
  attributes: {},
  messageAttributes: {},
  md5OfBody: '',
});

/** Gives its batches one after the other, and then nothing until the poller stops. */
class FakeQueue implements QueueSource {
  readonly deleted: string[] = [];
  readonly #batches: (QueueRecord[] | Error)[];

  constructor(batches: (QueueRecord[] | Error)[]) {
    this.#batches = batches;
  }

  async receive(_arn: string, _max: number, _wait: number, signal: AbortSignal): Promise<QueueRecord[]> {
    const next = this.#batches.shift();
    if (next instanceof Error) throw next;
    if (next) return next;
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve([])));
  }

  async delete(_arn: string, handles: readonly string[]): Promise<void> {
    this.deleted.push(...handles);
  }
}

async function run(
  batches: (QueueRecord[] | Error)[],
  answer: (event: { Records: QueueRecord[] }) => Invocation,
  options: { report?: boolean; calls?: number } = {},
) {
  const queue = new FakeQueue(batches);
  const events: { Records: QueueRecord[] }[] = [];
  const logged: string[] = [];
  let called!: () => void;
  const enough = new Promise<void>((resolve) => (called = resolve));
  const poller = pollQueue({
    mapping: {
      id: 'm',
      functionName: 'f',
      eventSourceArn: 'arn:aws:sqs:eu-west-1:1:q',
      batchSize: 10,
      maximumBatchingWindowMs: 0,
      enabled: true,
      reportBatchItemFailures: options.report ?? false,
      maximumConcurrency: 1,
      filters: [],
    },
    queue,
    clock: { now: Date.now, schedule: (_delay, callback) => (setImmediate(callback), { cancel: () => undefined }) },
    region: 'eu-west-1',
    log: (line) => logged.push(line),
    invoker: {
      invoke: async (_name, event) => {
        events.push(event as { Records: QueueRecord[] });
        if (events.length === (options.calls ?? 1)) called();
        return answer(event as { Records: QueueRecord[] });
      },
    },
  });
  await enough;
  await poller.stop();
  return { queue, events, logged };
}

describe('a queue that feeds a function', () => {
  test('deletes what the function handled', async () => {
    const { queue, events } = await run([[record('a'), record('b')]], () => ({ payload: 'null' }));
    expect(events[0]!.Records[0]).toMatchObject({
      messageId: 'a',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-west-1:1:q',
      awsRegion: 'eu-west-1',
    });
    expect(queue.deleted).toEqual(['r-a', 'r-b']);
  });

  test('keeps what the function named in its partial batch response', async () => {
    const { queue } = await run(
      [[record('a'), record('b')]],
      () => ({ payload: '{"batchItemFailures":[{"itemIdentifier":"a"}]}' }),
      { report: true },
    );
    expect(queue.deleted).toEqual(['r-b']);
  });

  test('keeps everything when the function fails', async () => {
    const { queue, logged } = await run([[record('a')]], () => ({ payload: '{}', functionError: 'Unhandled' }));
    expect(queue.deleted).toEqual([]);
    expect(logged).toHaveLength(1);
  });

  test('goes on after the queue could not be read', async () => {
    const { queue, logged } = await run([new Error('gone'), [record('a')]], () => ({ payload: 'null' }));
    expect(logged[0]).toContain('gone');
    expect(queue.deleted).toEqual(['r-a']);
  });
});

test.each<[string, string[] | undefined]>([
  ['null', []],
  ['{}', []],
  ['{"batchItemFailures":[]}', []],
  ['{"batchItemFailures":null}', []],
  ['{"batchItemFailures":[{"itemIdentifier":"x"}]}', ['x']],
  ['{"batchItemFailures":[{"itemIdentifier":""}]}', undefined],
  ['{"batchItemFailures":[{}]}', undefined],
  ['{"batchItemFailures":"x"}', undefined],
  ['not json', undefined],
])('the answer %s fails %p', (payload, expected) => {
  expect(failedItems(payload)).toEqual(expected && new Set(expected));
});
