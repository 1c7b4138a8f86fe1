import { beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import { nextTime, parseSchedule } from '../../../../twin/services/scheduler/expression.ts';
import { Schedules, type ScheduleDefinition } from '../../../../twin/services/scheduler/schedules.ts';
import { openStore, type Store } from '../../../../twin/state/store.ts';

const after = (expression: string, from: string, timeZone?: string): string | undefined => {
  const time = nextTime(parseSchedule(expression, timeZone), Date.parse(from), Date.parse('2026-01-01T00:00:00Z'));
  return time === undefined ? undefined : new Date(time).toISOString();
};

describe('schedule expressions', () => {
  test.each([
    ['rate(1 minute)', '2026-01-01T00:00:30Z', undefined, '2026-01-01T00:01:00.000Z'],
    ['rate(5 minutes)', '2026-01-01T00:05:00Z', undefined, '2026-01-01T00:10:00.000Z'],
    ['rate(1 day)', '2026-01-01T10:00:00Z', undefined, '2026-01-02T00:00:00.000Z'],
    ['cron(0 10 * * ? *)', '2026-01-01T10:00:00Z', undefined, '2026-01-02T10:00:00.000Z'],
    ['cron(15 12 ? * MON-FRI *)', '2026-01-02T13:00:00Z', undefined, '2026-01-05T12:15:00.000Z'],
    ['cron(0 8 ? * 1 *)', '2026-01-01T00:00:00Z', undefined, '2026-01-04T08:00:00.000Z'],
    ['cron(0/15 * * * ? *)', '2026-01-01T00:07:00Z', undefined, '2026-01-01T00:15:00.000Z'],
    ['cron(0 0 L * ? 2026)', '2026-02-01T00:00:00Z', undefined, '2026-02-28T00:00:00.000Z'],
    ['cron(0 0 1 1 ? 2025)', '2026-02-01T00:00:00Z', undefined, undefined],
    ['cron(0 9 * * ? *)', '2026-07-01T00:00:00Z', 'Europe/Berlin', '2026-07-01T07:00:00.000Z'],
    ['at(2026-11-23T10:00:00)', '2026-01-01T00:00:00Z', undefined, '2026-11-23T10:00:00.000Z'],
    ['at(2026-11-23T10:00:00)', '2026-01-01T00:00:00Z', 'America/New_York', '2026-11-23T15:00:00.000Z'],
    ['at(2025-11-23T10:00:00)', '2026-01-01T00:00:00Z', undefined, undefined],
  ])('%s after %s (%s) is %s', (expression, from, timeZone, expected) => {
    expect(after(expression, from, timeZone)).toBe(expected);
  });

  test.each([
    'rate(0 minutes)',
    'rate(5 seconds)',
    'cron(* * *)',
    'cron(99 * * * ? *)',
    'at(tomorrow)',
    'every day',
    '',
  ])('%p is refused', (expression) => {
    expect(() => parseSchedule(expression)).toThrow(/Invalid schedule expression/);
  });
});

describe('schedules', () => {
  let clock: ManualClock;
  let store: Store;
  let calls: { arn: string; event: unknown; at: number }[];
  let schedules: Schedules;
  let failing: boolean;

  const start = (): Schedules =>
    new Schedules({
      account: DEFAULT_ACCOUNT,
      clock,
      store,
      log: () => undefined,
      deliver: async (target, event) => {
        calls.push({ arn: target.arn, event, at: clock.now() });
        if (failing) throw new Error('no');
      },
    });
  const definition = (expression: string, more: Partial<ScheduleDefinition> = {}): ScheduleDefinition => ({
    key: 'schedule/default/s',
    arn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/s',
    expression,
    enabled: true,
    targets: [{ arn: 'arn:aws:lambda:us-east-1:000000000000:function:f', input: '{"a":1}' }],
    service: 'scheduler.amazonaws.com',
    ...more,
  });

  beforeEach(() => {
    clock = new ManualClock(0);
    store = openStore(':memory:');
    calls = [];
    failing = false;
    schedules = start();
  });

  test('a rate fires again and again, also when a target fails', async () => {
    failing = true;
    schedules.put(definition('rate(1 minute)'));
    await clock.advance(180_000);
    expect(calls.map(({ at }) => at)).toEqual([60_000, 120_000, 180_000]);
    expect(calls[0]!.event).toEqual({ a: 1 });
  });

  test('a target without an input gets the scheduled event', async () => {
    schedules.put(definition('rate(1 minute)', { service: 'events.amazonaws.com', targets: [{ arn: 'f' }] }));
    await clock.advance(60_000);
    expect(calls[0]!.event).toMatchObject({
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      time: '1970-01-01T00:01:00Z',
    });
  });

  test('a one-time schedule fires once and removes itself where asked to', async () => {
    schedules.put(definition('at(1970-01-01T00:10:00)', { deleteAfterCompletion: true }));
    await clock.advance(3_600_000);
    expect(calls).toHaveLength(1);
    expect(schedules.list('schedule/')).toEqual([]);
  });

  test('a one-time schedule whose time passed while the twin was down fires at the next start, and then never again', async () => {
    schedules.put(definition('at(1970-01-01T00:10:00)'));
    schedules.close();
    await clock.advance(3_600_000);
    schedules = start();
    schedules.resume();
    await clock.advance(1);
    expect(calls).toHaveLength(1);
    schedules = start();
    schedules.resume();
    await clock.advance(86_400_000);
    expect(calls).toHaveLength(1);
  });

  test('a changed, disabled or deleted schedule no longer fires as before', async () => {
    schedules.put(definition('rate(1 minute)'));
    schedules.put(definition('rate(1 hour)'));
    await clock.advance(600_000);
    expect(calls).toEqual([]);
    schedules.put(definition('rate(1 minute)', { enabled: false }));
    await clock.advance(600_000);
    expect(calls).toEqual([]);
    schedules.put(definition('rate(1 minute)'));
    expect(schedules.delete('schedule/default/s')).toBe(true);
    await clock.advance(600_000);
    expect(calls).toEqual([]);
  });
});
