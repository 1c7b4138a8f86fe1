import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { KAFKA_RULES } from '../../contracts/topics.ts';
import { cellOf, resources } from './cells.ts';

const { operations } = cellOf('dev', 'main');
const alarms = Object.values(resources(operations, 'AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');

/** Text of each section of the runbook, by its heading. */
const sections = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text] as const),
);
const sectionOf = (alarm: Record<string, unknown>): string =>
  /\. docs\/runbook\.md#([a-z-]+)$/.exec(String(alarm['AlarmDescription']))?.[1] ?? 'no link';

describe('alarms and the runbook', () => {
  test.each(alarms.map((alarm) => [String(alarm['AlarmName']), sectionOf(alarm)]))(
    '%s links to the section %s, which exists',
    (_name, section) => {
      expect([...sections.keys()]).toContain(section);
    },
  );

  test.each([...sections.keys()])('the section %s has an alarm', (section) => {
    expect(alarms.map(sectionOf)).toContain(section);
  });

  test.each([...sections])('the section %s says what it means, how to look and what to do', (_heading, text) => {
    const parts = [...text.matchAll(/^\*\*(.+?)\.\*\* .{40,}/gm)].map(([, title]) => title);
    expect(parts).toEqual(['What it means', 'How to look', 'What to do']);
  });

  test('links within the runbook lead somewhere', () => {
    for (const [, target] of runbook.matchAll(/\]\(#([a-z-]+)\)/g)) expect([...sections.keys()]).toContain(target);
  });
});

describe('every alarm', () => {
  test('tells people, by the topic of the cell', () => {
    const [topic] = Object.keys(resources(operations, 'AWS::SNS::Topic'));
    for (const { AlarmActions } of alarms) expect(AlarmActions).toEqual([{ Ref: topic }]);
  });

  test('has a name of its own', () => {
    expect(new Set(alarms.map(({ AlarmName }) => AlarmName)).size).toBe(alarms.length);
  });
});

test('a heartbeat that is missing rings as one that is late does, for every Kafka rule', () => {
  for (const rule of KAFKA_RULES) {
    const alarm = alarms.find(({ AlarmName }) => AlarmName === `iov-dev-main-heartbeat-${rule.replaceAll('_', '-')}`);
    expect(alarm).toMatchObject({ Threshold: 5000, TreatMissingData: 'breaching', DatapointsToAlarm: 3 });
    const [{ MetricStat }] = alarm!['Metrics'] as [{ MetricStat: { Stat: string; Metric: object } }];
    expect(MetricStat.Stat).toBe('Maximum');
    expect(MetricStat.Metric).toEqual({
      ...{ Namespace: 'IoV', MetricName: 'HeartbeatLatency' },
      Dimensions: [
        { Name: 'rule', Value: rule },
        { Name: 'service', Value: 'heartbeat-monitor' },
      ],
    });
  }
});

test('use of quotas is in percent of what the account has', () => {
  const alarm = alarms.find(({ AlarmName }) => AlarmName === 'iov-dev-main-quota-publish-in');
  const metrics = alarm!['Metrics'] as { Expression?: string }[];
  expect(metrics.map(({ Expression }) => Expression)).toContain('100 * inbound / 1200000');
});

test('people who confirmed an address are written to, where the environment names any', () => {
  const emails = Object.values(resources(cellOf('prod', 'eu1').operations, 'AWS::SNS::Subscription'));
  expect(emails.map(({ Properties }) => [Properties['Protocol'], Properties['Endpoint']])).toEqual([
    ['email', 'iov-on-call@example.com'],
  ]);
  expect(resources(operations, 'AWS::SNS::Subscription')).toEqual({});
});

test('the budget tells of 80 % spent and of a forecast over all of it', () => {
  const [budget] = Object.values(resources(operations, 'AWS::Budgets::Budget'));
  const notifications = budget!.Properties['NotificationsWithSubscribers'] as { Notification: object }[];
  expect(notifications.map(({ Notification }) => Notification)).toMatchObject([
    { NotificationType: 'ACTUAL', Threshold: 80 },
    { NotificationType: 'FORECASTED', Threshold: 100 },
  ]);
});

test('the alarms are encrypted with a key that CloudWatch and Budgets may use', () => {
  const [key] = Object.values(resources(operations, 'AWS::KMS::Key'));
  for (const service of ['cloudwatch', 'budgets'])
    expect(JSON.stringify(key!.Properties['KeyPolicy'])).toContain(`${service}.amazonaws.com`);
});
