import { describe, expect, test } from '@jest/globals';

import { ManualClock } from '../../../../twin/clock.ts';
import { effectiveKeepAlive, KeepAliveWheel, type Watched } from '../../../../twin/iot/broker/keep-alive.ts';

describe('the keep-alive that IoT Core uses', () => {
  test.each([
    [0, 1200],
    [1, 30],
    [29, 30],
    [30, 30],
    [600, 600],
    [1200, 1200],
    [1201, 1200],
    [65_535, 1200],
  ])('for %i s is %i s', (asked, used) => expect(effectiveKeepAlive(asked)).toBe(used));
});

describe('the wheel', () => {
  const watched = (silenceSeconds: number): Watched & { silent: number } => ({
    silent: 0,
    lastHeardSecond: 0,
    silenceSeconds,
    wheelSlot: -1,
    onSilent() {
      this.silent += 1;
    },
  });

  test.each([1, 45, 1800])('reports %i s of silence once', async (seconds) => {
    const clock = new ManualClock();
    const wheel = new KeepAliveWheel(clock, () => undefined);
    const one = watched(seconds);
    wheel.watch(one);
    await clock.advance((seconds - 1) * 1000);
    expect(one.silent).toBe(0);
    await clock.advance(3000);
    expect(one.silent).toBe(1);
  });

  test('counts from when something was last heard', async () => {
    const clock = new ManualClock();
    const wheel = new KeepAliveWheel(clock, () => undefined);
    const one = watched(45);
    wheel.watch(one);
    await clock.advance(40_000);
    one.lastHeardSecond = wheel.now;
    await clock.advance(40_000);
    expect(one.silent).toBe(0);
    await clock.advance(7000);
    expect(one.silent).toBe(1);
  });

  test('forgets what is no longer watched', async () => {
    const clock = new ManualClock();
    const wheel = new KeepAliveWheel(clock, () => undefined);
    const one = watched(2);
    wheel.watch(one);
    wheel.unwatch(one);
    await clock.advance(10_000);
    expect(one.silent).toBe(0);
  });
});
