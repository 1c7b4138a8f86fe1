import { describe, expect, test } from '@jest/globals';
import type { MSKEvent } from 'aws-lambda';
import { heartbeatLatencies } from '../../lambdas/heartbeat-monitor/latencies.ts';

type Record = MSKEvent['records'][string][number];

const record = (topic: string, value: string, timestamp = 1_050): Record => ({
  ...{ topic: 'iov.heartbeat', partition: 0, offset: 0, timestamp, timestampType: 'CREATE_TIME', key: '' },
  value: Buffer.from(value).toString('base64'),
  headers: [{ thing: [] }, { mqtt_topic: [...Buffer.from(topic)] }],
});
const latencies = (...records: Record[]) => heartbeatLatencies({ records: { 'iov.heartbeat-0': records } });

describe('heartbeats', () => {
  test('tell how long their rule took, up to the record', () => {
    expect(latencies(record('hb/telemetry', '{"at":1000}'), record('hb/presence', '{"at":1049}'))).toEqual([
      { rule: 'telemetry', milliseconds: 50 },
      { rule: 'presence', milliseconds: 1 },
    ]);
  });

  test('never took less than no time, whatever the clocks say', () => {
    expect(latencies(record('hb/events', '{"at":2000}'))).toEqual([{ rule: 'events', milliseconds: 0 }]);
  });

  test.each([
    ['of a rule that nobody knows', 'hb/other', '{"at":1}'],
    ['of another topic', 'dt/vehicle/V1/telemetry', '{"at":1}'],
    ['without a time', 'hb/telemetry', '{}'],
    ['that are not JSON', 'hb/telemetry', 'x'],
    ['that are null', 'hb/telemetry', 'null'],
  ])('%s are passed over', (_name, topic, value) => {
    expect(latencies(record(topic, value))).toEqual([]);
  });
});
