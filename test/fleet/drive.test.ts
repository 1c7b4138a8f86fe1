import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';

import { violations } from '../../contracts/schema.ts';
import { telemetrySchema } from '../../contracts/telemetry.ts';
import { reconnectDelay } from '../../fleet/backoff.ts';
import { drive, parkedVehicle } from '../../fleet/drive-cycle.ts';
import { seededRandom } from '../../fleet/random.ts';
import { sampleOf, TelemetryCollector } from '../../fleet/telemetry-batch.ts';
import { checkDigit, vinOf } from '../../fleet/vin.ts';

const MUNICH = { latitude: 48.1, longitude: 11.5 };

function journey(seed: string, seconds: number) {
  const random = seededRandom(seed);
  const states = [parkedVehicle(random, MUNICH)];
  for (let second = 0; second < seconds; second++) states.push(drive(states.at(-1)!, 1, random));
  return states;
}

describe('a drive', () => {
  test('repeats for the same seed and differs for another', () => {
    expect(journey('a', 300)).toEqual(journey('a', 300));
    expect(journey('a', 300).at(-1)).not.toEqual(journey('b', 300).at(-1));
  });

  test('keeps the bounds that telemetry promises, for ten hours', () => {
    const states = journey('long', 36_000);
    const within = (value: number, low: number, high: number) => value >= low && value <= high;
    expect(states.filter(({ speed }) => !within(speed, 0, 160))).toEqual([]);
    expect(states.filter(({ stateOfCharge }) => !within(stateOfCharge, 0.1, 100))).toEqual([]);
    expect(states.at(-1)!.traveledDistance - states[0]!.traveledDistance).toBeGreaterThan(100);
    expect(states.some(({ targetSpeed }) => targetSpeed === -1)).toBe(true);
  });
});

describe('a telemetry collector', () => {
  test('fills messages close to the size asked for, never above it, and of the right schema', () => {
    const collector = new TelemetryCollector(5_120);
    const states = journey('batch', 400);
    const sizes: number[] = [];
    let sequence = 0;
    for (const [index, state] of states.entries()) {
      if (collector.add(1_767_225_600_000 + index * 1_000, sampleOf(state))) continue;
      const batch = collector.take(sequence++)!;
      expect(violations(telemetrySchema, batch)).toEqual([]);
      sizes.push(JSON.stringify(batch).length);
      collector.add(1_767_225_600_000 + index * 1_000, sampleOf(state));
    }
    expect(sizes.length).toBeGreaterThan(4);
    for (const size of sizes) {
      expect(size).toBeLessThanOrEqual(5_120);
      expect(size).toBeGreaterThan(4_900);
    }
  });

  test('takes a first sample whatever its size, and nothing is nothing', () => {
    const collector = new TelemetryCollector(10);
    expect(collector.take(0)).toBeUndefined();
    expect(collector.add(1, sampleOf(journey('x', 1)[0]!))).toBe(true);
    expect(collector.take(0)?.at).toEqual([1]);
    expect(collector.size).toBe(0);
  });
});

describe('vehicle identification numbers', () => {
  test.each([
    ['1M8GDM9AXKP042788', 'X'],
    ['11111111111111111', '1'],
    ['5GZCZ43D13S812715', '1'],
  ])('the check digit of %s is %s', (vin, digit) => {
    expect(checkDigit(vin)).toBe(digit);
  });

  test('are unique in a fleet, valid, and the same for the same seed', () => {
    const vins = Array.from({ length: 1_000 }, (_, index) => vinOf('iov', index));
    expect(new Set(vins).size).toBe(1_000);
    for (const vin of vins) {
      expect(vin).toMatch(/^[A-HJ-NPR-Z0-9]{17}$/);
      expect(vin[8]).toBe(checkDigit(vin));
    }
    expect(vinOf('iov', 7)).toBe(vins[7]);
  });
});

test('reconnect delays grow to a minute, are spread from zero, and never exceed it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), fc.string(), (attempt, seed) => {
      const delay = reconnectDelay(attempt, seededRandom(seed));
      return delay >= 0 && delay <= Math.min(60_000, 500 * 2 ** Math.min(attempt, 16));
    }),
  );
});
