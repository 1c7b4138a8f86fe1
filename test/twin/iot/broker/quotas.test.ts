import { describe, expect, test } from '@jest/globals';

import { ManualClock } from '../../../../twin/clock.ts';
import { AccountRates, quotasFor, TokenBucket } from '../../../../twin/iot/broker/quotas.ts';

describe('a rate', () => {
  test('gives what a second allows, then what time refills', () => {
    const bucket = new TokenBucket(100, 0);
    expect(Array.from({ length: 101 }, () => bucket.take(0)).filter(Boolean)).toHaveLength(100);
    expect(bucket.take(5)).toBe(false);
    expect(bucket.take(10)).toBe(true);
    expect(bucket.take(10)).toBe(false);
  });

  test('never saves up more than its burst', () => {
    const bucket = new TokenBucket(10, 0);
    expect(Array.from({ length: 20 }, () => bucket.take(60_000)).filter(Boolean)).toHaveLength(10);
  });

  test('tells how long a debt delays', () => {
    const bucket = new TokenBucket(1000, 0);
    expect(bucket.borrow(0, 1000)).toBe(0);
    expect(bucket.borrow(0, 500)).toBe(500);
    expect(bucket.take(0, 0)).toBe(false);
    expect(bucket.take(500, 0)).toBe(true);
  });

  test('without limit is never exhausted', () => {
    const bucket = new TokenBucket(Infinity, 0);
    expect(bucket.take(0, 1e9)).toBe(true);
    expect(bucket.borrow(0, 1e9)).toBe(0);
  });
});

describe('the account', () => {
  test('keeps sizes and counts without rates when asked for sizes only', () => {
    const [all, sizes] = [quotasFor('aws'), quotasFor('sizes')];
    for (const [name, value] of Object.entries(all)) {
      expect([name, sizes[name as keyof typeof sizes]]).toEqual([name, /rate/i.test(name) ? Infinity : value]);
    }
  });

  test('has AWS’s numbers', () => {
    expect(quotasFor('aws')).toMatchObject({
      payloadBytes: 131_072,
      subscriptionsPerConnection: 50,
      subscriptionsPerSubscribe: 8,
      publishRatePerConnection: 100,
      bytesRatePerConnection: 524_288,
      inboundRate: 20_000,
      connectRate: 3000,
    });
  });

  test('has none of them when quotas are off', () => {
    expect(quotasFor('off')).toMatchObject({
      payloadBytes: Infinity,
      publishRatePerConnection: Infinity,
      topicSlashes: Infinity,
    });
  });

  test('limits retained messages to one a second and topic, and forgets topics that have had time', async () => {
    const clock = new ManualClock();
    const rates = new AccountRates(quotasFor('aws'), clock);
    expect([rates.retainedOn('a'), rates.retainedOn('a'), rates.retainedOn('b')]).toEqual([true, false, true]);
    await clock.advance(1000);
    rates.sweep();
    expect(rates.retainedOn('a')).toBe(true);
  });
});
