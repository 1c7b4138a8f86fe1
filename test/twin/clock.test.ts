import { describe, expect, test } from '@jest/globals';

import { ManualClock } from '../../twin/clock.ts';

describe('a manual clock', () => {
  test('runs what falls due in order of time and leaves the rest', async () => {
    const clock = new ManualClock(0);
    const seen: string[] = [];
    clock.schedule(200, () => seen.push('later'));
    clock.schedule(100, () => seen.push('sooner'));
    clock.schedule(5_000, () => seen.push('not yet'));
    await clock.advance(1_000);
    expect(seen).toEqual(['sooner', 'later']);
    expect(clock.now()).toBe(1_000);
  });

  test('runs within one advance what a call schedules for the same span', async () => {
    const clock = new ManualClock(0);
    const at: number[] = [];
    clock.schedule(10, () => clock.schedule(10, () => at.push(clock.now())));
    await clock.advance(100);
    expect(at).toEqual([20]);
  });

  test('does not run what was cancelled', async () => {
    const clock = new ManualClock(0);
    const seen: string[] = [];
    clock.schedule(10, () => seen.push('cancelled')).cancel();
    await clock.advance(100);
    expect(seen).toEqual([]);
  });
});
