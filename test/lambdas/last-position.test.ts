import { describe, expect, test } from '@jest/globals';
import type { MSKRecord } from 'aws-lambda';
import { keepPositions, type Positions } from '../../lambdas/last-position/keep-positions.ts';
import { positionOf, type Position } from '../../lambdas/last-position/position.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const record = (thing: string, value: unknown, offset = 0): MSKRecord => ({
  ...{ topic: 'iov.telemetry', partition: 2, offset, timestamp: 1, timestampType: 'CREATE_TIME', headers: [] },
  key: base64(thing),
  value: base64(typeof value === 'string' ? value : JSON.stringify(value)),
});
const telemetry = (at: number[], latitudes: unknown[], longitudes: unknown[]) => ({
  sequence: 1,
  at,
  signals: { 'Vehicle.CurrentLocation.Latitude': latitudes, 'Vehicle.CurrentLocation.Longitude': longitudes },
});

describe('the position in a record', () => {
  test('is the newest sample that has one, with its area', () => {
    const value = telemetry([1, 2, 3], [48.669, 42.605, null], [-4.329, -5.603, 1]);
    expect(positionOf(record('V1', value))).toEqual({
      ...{ thing: 'V1', latitude: 42.605, longitude: -5.603, geohash: 'ezs42', at: 2 },
    });
  });

  test.each<[string, string, unknown]>([
    ['that is not JSON, such as protobuf', 'V1', '\u0008\u0001'],
    ['that is null', 'V1', 'null'],
    ['without signals', 'V1', { at: [1] }],
    ['without positions', 'V1', { at: [1], signals: { 'Vehicle.Speed': [1] } }],
    ['of a place that is none', 'V1', telemetry([1], [91], [0])],
    ['with text for a place', 'V1', telemetry([1], ['48'], ['11'])],
    ['without a time', 'V1', telemetry([], [48], [11])],
    ['without a thing', '', telemetry([1], [48], [11])],
  ])('of a record %s is none', (_name, thing, value) => {
    expect(positionOf(record(thing, value))).toBeUndefined();
  });
});

describe('a batch', () => {
  const at = (time: number, latitude = 48) => telemetry([time], [latitude], [11]);
  const keep = async (records: MSKRecord[], failing: string[] = []) => {
    const kept: Position[] = [];
    const positions: Positions = {
      keep: async (position) => {
        if (failing.includes(position.thing)) throw new Error('throttled');
        kept.push(position);
      },
    };
    const response = await keepPositions({ records: { 'iov.telemetry-2': records } }, positions, () => undefined);
    return { kept, response };
  };

  test('is one write a thing: its newest position, in whatever order it came', async () => {
    const { kept, response } = await keep([
      record('V1', at(5)),
      record('V1', at(9)),
      record('V2', at(1)),
      record('V1', at(7)),
    ]);
    expect(kept.map(({ thing, at: time }) => [thing, time])).toEqual([
      ['V1', 9],
      ['V2', 1],
    ]);
    expect(response).toEqual({ batchItemFailures: [] });
  });

  test('fails only for the things whose positions could not be kept, by the record that held them', async () => {
    const { kept, response } = await keep(
      [record('V1', at(1), 10), record('V2', at(1), 11), record('V1', at(2), 12)],
      ['V1'],
    );
    expect(kept.map(({ thing }) => thing)).toEqual(['V2']);
    expect(response).toEqual({
      batchItemFailures: [{ itemIdentifier: { partition: 'iov.telemetry-2', offset: 12 } }],
    });
  });

  test('does not fail for what holds no position', async () => {
    expect((await keep([record('V1', 'x')])).response).toEqual({ batchItemFailures: [] });
  });
});
