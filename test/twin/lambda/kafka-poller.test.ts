import { describe, expect, test } from '@jest/globals';

import { ManualClock } from '../../../twin/clock.ts';
import { failedRecords, type KafkaRecord } from '../../../twin/lambda/event-sources/kafka-record.ts';
import { pollTopic } from '../../../twin/lambda/event-sources/kafka-poller.ts';
import type { KafkaSettings } from '../../../twin/lambda/event-sources/mapping.ts';
import type { Invocation } from '../../../twin/lambda/invoker.ts';

const CLUSTER = 'arn:aws:kafka:eu-west-1:1:cluster/stream/x';

const record = (offset: number, partition = 0, timestamp = Date.UTC(2026, 0, 1)): KafkaRecord => ({
  ...{ topic: 't', partition, offset: BigInt(offset), timestamp },
  key: Buffer.from(`k${offset}`),
  value: Buffer.from(`v${offset}`),
  headers: [['thing', Buffer.from('V1')]],
});

interface KafkaEvent {
  readonly records: Record<string, { offset: number }[]>;
}

const OK: Invocation = { payload: 'null' };
const FAILED: Invocation = { payload: '{"errorMessage":"no"}', functionError: 'Unhandled' };
const offsetsOf = (event: KafkaEvent): number[] =>
  Object.values(event.records).flatMap((each) => each.map((r) => r.offset));

/** A poller over batches that are given one after the other; `run` lets time pass until it has asked for more than there are. */
function poller(batches: (KafkaRecord[] | Error)[], settings: Partial<KafkaSettings> = {}, report = true) {
  const clock = new ManualClock();
  const events: KafkaEvent[] = [];
  const committed: string[] = [];
  const discards: { arn: string; body: Record<string, unknown> }[] = [];
  const logged: string[] = [];
  let opened = 0;
  let drained = false;
  return {
    ...{ clock, events, committed, discards, logged },
    opened: () => opened,
    async run(answer: (event: KafkaEvent) => Invocation): Promise<void> {
      const running = pollTopic({
        mapping: {
          ...{ id: 'm', functionName: 'f', eventSourceArn: CLUSTER, batchSize: 10, maximumBatchingWindowMs: 0 },
          ...{ enabled: true, reportBatchItemFailures: report, filters: [] },
          kafka: {
            ...{ topic: 't', consumerGroupId: 'g', startingPosition: 'TRIM_HORIZON' },
            ...{ maximumRetryAttempts: -1, maximumRecordAgeSeconds: -1, bisectBatchOnFunctionError: false },
            ...settings,
          },
        },
        clock,
        functionArn: 'arn:f',
        invoker: {
          invoke: async (_name, event) => {
            events.push(event as KafkaEvent);
            return answer(event as KafkaEvent);
          },
        },
        open: async () => {
          opened++;
          return {
            bootstrapServers: 'b:9098',
            receive: async (_max, _window, signal) => {
              const next = batches.shift();
              if (next instanceof Error) throw next;
              if (next) return next;
              drained = true;
              return new Promise((resolve) => signal.addEventListener('abort', () => resolve([])));
            },
            commit: async (records) => void committed.push(...records.map(({ offset }) => String(offset))),
            close: async () => undefined,
          };
        },
        discard: async (arn, body) => void discards.push({ arn, body }),
        log: (line) => logged.push(line),
      });
      for (let step = 0; step < 200 && !drained; step++) await clock.advance(1_000);
      await running.stop();
    },
  };
}

describe('a topic that feeds a function', () => {
  test('comes as the event that Lambda documents, and is committed when it has been handled', async () => {
    const topic = poller([[record(0), record(1), record(7, 2)]]);
    await topic.run(() => OK);
    expect(topic.events).toEqual([
      {
        eventSource: 'aws:kafka',
        eventSourceArn: CLUSTER,
        bootstrapServers: 'b:9098',
        records: {
          't-0': [0, 1].map((offset) => ({
            ...{ topic: 't', partition: 0, offset, timestamp: Date.UTC(2026, 0, 1), timestampType: 'CREATE_TIME' },
            key: Buffer.from(`k${offset}`).toString('base64'),
            value: Buffer.from(`v${offset}`).toString('base64'),
            headers: [{ thing: [86, 49] }],
          })),
          't-2': [expect.objectContaining({ partition: 2, offset: 7 })],
        },
      },
    ]);
    expect(topic.committed).toEqual(['0', '1', '7']);
  });

  test('brings back only what a partial batch response names, and commits when all of it is done', async () => {
    const topic = poller([[record(0), record(1), record(2)]]);
    await topic.run((event) =>
      offsetsOf(event).length === 3
        ? { payload: '{"batchItemFailures":[{"itemIdentifier":{"partition":"t-0","offset":1}}]}' }
        : OK,
    );
    expect(topic.events.map(offsetsOf)).toEqual([[0, 1, 2], [1]]);
    expect(topic.committed).toEqual(['0', '1', '2']);
  });

  test('brings the whole batch back when the function fails, later and later, and goes no further meanwhile', async () => {
    const topic = poller([[record(0), record(1)], [record(2)]]);
    const at: number[] = [];
    await topic.run(() => (at.push(topic.clock.now()), at.length <= 3 ? FAILED : OK));
    expect(topic.events.map(offsetsOf)).toEqual([[0, 1], [0, 1], [0, 1], [0, 1], [2]]);
    expect(at.slice(1, 4).map((time, index) => time - at[index]!)).toEqual([1_000, 2_000, 4_000]);
  });

  test('gives up after the retries that it was given, tells the destination, and goes on', async () => {
    const topic = poller([[record(0), record(1)], [record(2)]], {
      maximumRetryAttempts: 2,
      onFailureArn: 'arn:bucket',
    });
    await topic.run((event) => (offsetsOf(event).includes(0) ? FAILED : OK));
    expect(topic.events).toHaveLength(4);
    expect(topic.committed).toEqual(['0', '1', '2']);
    expect(topic.discards).toMatchObject([
      {
        arn: 'arn:bucket',
        body: {
          requestContext: { functionArn: 'arn:f', condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 },
          KafkaBatchInfo: {
            batchSize: 2,
            eventSourceArn: CLUSTER,
            recordsInfo: { 't-0': { firstRecordOffset: '0', lastRecordOffset: '1' } },
          },
        },
      },
    ]);
    expect(offsetsOf(JSON.parse(String(topic.discards[0]!.body['payload'])) as KafkaEvent)).toEqual([0, 1]);
  });

  test('takes endless retries for ten when there is a destination', async () => {
    const topic = poller([[record(0)]], { onFailureArn: 'arn:queue' });
    await topic.run(() => FAILED);
    expect(topic.events).toHaveLength(11);
    expect(topic.discards).toHaveLength(1);
  });

  test('isolates a bad record by halving the batch, where the mapping says so', async () => {
    const topic = poller([[record(0), record(1), record(2), record(3)]], {
      ...{ bisectBatchOnFunctionError: true, maximumRetryAttempts: 1, onFailureArn: 'arn:queue' },
    });
    await topic.run((event) => (offsetsOf(event).includes(2) ? FAILED : OK));
    const info = topic.discards.map(({ body }) => (body['KafkaBatchInfo'] as { batchSize: number }).batchSize);
    expect(info).toEqual([1]);
    expect(topic.events.map(offsetsOf)).toEqual([[0, 1, 2, 3], [0, 1], [2, 3], [2], [2], [3]]);
  });

  test('does not bring records that are older than the mapping allows', async () => {
    const start = Date.UTC(2026, 0, 1);
    const topic = poller([[record(0, 0, start - 61_000), record(1, 0, start)]], {
      ...{ maximumRecordAgeSeconds: 60, onFailureArn: 'arn:queue' },
    });
    await topic.run(() => OK);
    expect(topic.events.map(offsetsOf)).toEqual([[1]]);
    expect(topic.discards[0]!.body).toMatchObject({ requestContext: { condition: 'RecordAgeExceeded' } });
    expect(topic.committed).toEqual(['0', '1']);
  });

  test('joins again after Kafka was away', async () => {
    const topic = poller([new Error('gone'), [record(0)]]);
    await topic.run(() => OK);
    expect(topic.opened()).toBe(2);
    expect(topic.logged[0]).toContain('gone');
    expect(topic.committed).toEqual(['0']);
  });

  test('does not read a partial batch response that the mapping did not ask for', async () => {
    const topic = poller([[record(0)]], {}, false);
    await topic.run(() => ({ payload: '{"batchItemFailures":[{"itemIdentifier":{"partition":"t-0","offset":0}}]}' }));
    expect(topic.events).toHaveLength(1);
  });
});

test.each<[string, number[] | undefined]>([
  ['null', []],
  ['{}', []],
  ['{"batchItemFailures":[]}', []],
  ['{"batchItemFailures":[{"itemIdentifier":{"partition":"t-0","offset":1}}]}', [1]],
  ['{"batchItemFailures":[{"itemIdentifier":{"partition":"t-0","offset":9}}]}', undefined],
  ['{"batchItemFailures":[{"itemIdentifier":{"partition":"t-1","offset":1}}]}', undefined],
  ['{"batchItemFailures":[{}]}', undefined],
  ['{"batchItemFailures":[null]}', undefined],
  ['{"batchItemFailures":"x"}', undefined],
  ['not json', undefined],
])('the answer %s fails %p', (payload, expected) => {
  const records = [record(0), record(1)];
  expect(failedRecords(payload, records)?.map(({ offset }) => Number(offset))).toEqual(expected);
});
