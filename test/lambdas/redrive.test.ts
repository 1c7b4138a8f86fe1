import { describe, expect, test } from '@jest/globals';
import { redrive, type FailureCounts, type RedriveDependencies } from '../../lambdas/redrive/redrive.ts';

const DELAYS = [30, 120, 480, 1_800, 7_200];

class MemoryCounts implements FailureCounts {
  readonly failures = new Map<string, Set<string>>();

  async add(id: string, queueMessageId: string): Promise<number | undefined> {
    const known = this.failures.get(id) ?? new Set();
    if (known.has(queueMessageId)) return undefined;
    this.failures.set(id, known.add(queueMessageId));
    return known.size;
  }

  async forget(id: string): Promise<void> {
    this.failures.delete(id);
  }
}

function world() {
  const counts = new MemoryCounts();
  const ingested: string[] = [];
  const delays: number[] = [];
  const parked: { key: string; document: Record<string, unknown> }[] = [];
  const dependencies: RedriveDependencies = {
    counts,
    ingest: async (rule, topic, payload) => void ingested.push(`${rule} ${topic} ${Buffer.from(payload).toString()}`),
    delay: async (_handle, seconds) => void delays.push(seconds),
    park: async (key, document) => void parked.push({ key, document: document as Record<string, unknown> }),
    delays: DELAYS,
    now: () => Date.UTC(2026, 10, 23),
  };
  const see = (queueMessageId: string, body: string) =>
    redrive({ queueMessageId, receiptHandle: `r-${queueMessageId}`, body }, dependencies);
  return { ...{ counts, ingested, delays, parked, see }, dependencies };
}

const FAILURES = [{ failedAction: 'KafkaAction', failedResource: 'iov.telemetry', errorMessage: 'timed out' }];
const error = (payload = 'x', changes: object = {}): string =>
  JSON.stringify({
    ...{ ruleName: 'telemetry', topic: 'dt/vehicle/V1/telemetry', clientId: 'V1', failures: FAILURES },
    base64OriginalPayload: Buffer.from(payload).toString('base64'),
    ...changes,
  });

describe('a message whose rule failed', () => {
  test('waits first, and then goes through the same rule again as it was', async () => {
    const { see, ingested, delays } = world();
    expect(await see('m1', error('\u00001.50'))).toBe('delayed');
    expect([delays, ingested]).toEqual([[30], []]);
    expect(await see('m1', error('\u00001.50'))).toBe('redriven');
    expect(ingested).toEqual(['telemetry dt/vehicle/V1/telemetry \u00001.50']);
  });

  test('waits longer each time that it fails again, and is parked with its cause when it has failed once more', async () => {
    const { see, ingested, delays, parked, counts } = world();
    for (let failure = 1; failure <= DELAYS.length; failure++) {
      expect(await see(`m${failure}`, error())).toBe('delayed');
      expect(await see(`m${failure}`, error())).toBe('redriven');
    }
    expect(delays).toEqual(DELAYS);
    expect(await see('m6', error())).toBe('parked');
    expect(ingested).toHaveLength(5);
    expect(parked).toHaveLength(1);
    expect(parked[0]!.key).toMatch(/^telemetry\/2026\/11\/23\/[0-9a-f]{64}\.json$/);
    expect(parked[0]!.document).toMatchObject({
      ...{ cause: FAILURES, redrives: 5, topic: 'dt/vehicle/V1/telemetry' },
      base64OriginalPayload: Buffer.from('x').toString('base64'),
    });
    expect(counts.failures.size).toBe(0);
  });

  test('is counted by itself: other messages of the same device do not use up its tries', async () => {
    const { see, delays } = world();
    for (let number = 0; number < 10; number++) await see(`m${number}`, error(`sequence ${number}`));
    expect(delays).toEqual(Array(10).fill(30));
  });

  test('stays where it is when the front door does not take it, without using up a try', async () => {
    const { see, dependencies, counts } = world();
    await see('m1', error());
    const failing = { ...dependencies, ingest: () => Promise.reject(new Error('throttled')) };
    const again = redrive({ queueMessageId: 'm1', receiptHandle: 'r', body: error() }, failing);
    await expect(again).rejects.toThrow('throttled');
    expect([...counts.failures.values()].map((each) => each.size)).toEqual([1]);
    expect(await see('m1', error())).toBe('redriven');
  });

  test('is not forgotten before it is parked', async () => {
    const { see, dependencies, counts } = world();
    for (let failure = 1; failure <= DELAYS.length; failure++) await see(`m${failure}`, error());
    const failing = { ...dependencies, park: () => Promise.reject(new Error('no bucket')) };
    const attempt = redrive({ queueMessageId: 'm6', receiptHandle: 'r', body: error() }, failing);
    await expect(attempt).rejects.toThrow('no bucket');
    expect(counts.failures.size).toBe(1);
  });

  test('is dropped when it is a heartbeat: a late one says nothing', async () => {
    const { see, ingested, delays } = world();
    expect(await see('m1', error('{"at":1}', { topic: 'hb/telemetry' }))).toBe('dropped');
    expect([ingested, delays]).toEqual([[], []]);
  });

  test.each([
    ['is not JSON', 'x'],
    ['is null', 'null'],
    ['has no topic', error('x', { topic: undefined })],
    ['has no payload', error('x', { base64OriginalPayload: 1 })],
    ['names a rule that is not ours', error('x', { ruleName: 'other' })],
  ])('is parked at once, whole, when what the queue holds %s', async (_name, body) => {
    const { see, parked, ingested } = world();
    expect(await see('m1', body)).toBe('unreadable');
    expect(parked).toEqual([{ key: 'unreadable/2026/11/23/m1.json', document: { cause: expect.any(String), body } }]);
    expect(ingested).toEqual([]);
  });
});
