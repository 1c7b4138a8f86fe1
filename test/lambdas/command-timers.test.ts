import { describe, expect, test } from '@jest/globals';
import { ring } from '../../lambdas/command-timers/ring.ts';
import type { DeliveryOutcome } from '../../lambdas/shared/deliver.ts';
import { delaySeconds, LONGEST_DELAY } from '../../lambdas/shared/timers.ts';
import { honk, MemoryLedger } from './memory-ledger.ts';

const timer = { thing: 'V1', commandId: 'c1' };

async function ringing(
  now: number,
  outcome: DeliveryOutcome = 'not-connected',
  prepare?: (ledger: MemoryLedger) => Promise<unknown>,
) {
  const ledger = new MemoryLedger();
  await ledger.create(honk('c1'));
  await prepare?.(ledger);
  const effects: string[] = [];
  const state = await ring(timer, {
    ledger,
    timers: { set: async (_timer, at) => void effects.push(`timer at ${at}`) },
    now: () => now,
    deliver: async (thing) => (effects.push(`deliver ${thing}`), outcome),
  });
  return { state, effects, ledger };
}

describe('a timer that rings', () => {
  test('at the deadline ends a command that never left as EXPIRED', async () => {
    expect(await ringing(60_000)).toMatchObject({ state: 'EXPIRED', effects: [] });
  });

  test('at the deadline ends a command that may have arrived as UNKNOWN', async () => {
    const sent = (ledger: MemoryLedger) => ledger.change('V1', 'c1', { type: 'attempt', after: 0 }, 1);
    expect(await ringing(60_000, 'done', sent)).toMatchObject({ state: 'UNKNOWN', effects: [] });
  });

  test('early delivers what still waits, and is set again', async () => {
    expect((await ringing(30_000)).effects).toEqual(['deliver V1', 'timer at 60000']);
  });

  test('early leaves a command alone that is on its way, and is set again', async () => {
    const sent = (ledger: MemoryLedger) => ledger.change('V1', 'c1', { type: 'attempt', after: 0 }, 1);
    expect((await ringing(30_000, 'done', sent)).effects).toEqual(['timer at 60000']);
  });

  test('soon again after a delivery that failed, but not after the deadline', async () => {
    expect((await ringing(30_000, 'failed')).effects.at(-1)).toBe('timer at 35000');
    expect((await ringing(58_000, 'failed')).effects.at(-1)).toBe('timer at 60000');
  });

  test('for a final command does nothing more', async () => {
    const done = (ledger: MemoryLedger) =>
      ledger.change('V1', 'c1', { type: 'answer', answer: { status: 'SUCCEEDED' } }, 1);
    expect(await ringing(30_000, 'done', done)).toMatchObject({ state: 'SUCCEEDED', effects: [] });
  });

  test('for a command that was never created does nothing', async () => {
    const forget = async (ledger: MemoryLedger) => ledger.records.clear();
    expect(await ringing(30_000, 'done', forget)).toMatchObject({ state: undefined, effects: [] });
  });
});

test.each([
  [1_000, 0, 1],
  [1_001, 0, 2],
  [0, 5_000, 0],
  [10_000_000, 0, LONGEST_DELAY],
])('a timer for %i set at %i is delayed by %i s: never early, never longer than SQS can', (at, now, seconds) => {
  expect(delaySeconds(at, now)).toBe(seconds);
});
