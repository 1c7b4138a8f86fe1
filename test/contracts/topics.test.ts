import { describe, expect, test } from '@jest/globals';
import { isThingName } from '../../contracts/device-classes.ts';
import {
  KAFKA_RULES,
  RULE_NAMES,
  THING_LEVEL,
  hazardTopic,
  heartbeatRule,
  lastWillTopic,
  parseCommandRequestTopic,
  parseCommandResponseTopic,
  topicFilters,
  topics,
  uplinkTopics,
} from '../../contracts/topics.ts';

const THING = 'WVWZZZ1JZXW000001';

describe('device topics', () => {
  test('have their Basic Ingest form', () => {
    expect(uplinkTopics.telemetry('vehicle', THING)).toBe(`$aws/rules/telemetry/dt/vehicle/${THING}/telemetry`);
    expect(uplinkTopics.event('rsu', THING)).toBe(`$aws/rules/events/dt/rsu/${THING}/event`);
    expect(uplinkTopics.commandResponse(THING, 'c1')).toBe(`$aws/rules/command_status/cmd/${THING}/res/c1`);
  });

  test.each([
    ['telemetry', topics.telemetry('vehicle', THING), topicFilters.telemetry],
    ['events', topics.event('vehicle', THING), topicFilters.event],
    ['events', lastWillTopic('vehicle', THING), topicFilters.event],
    ['perception', topics.perception(THING), topicFilters.perception],
    ['hazards', hazardTopic(THING), topicFilters.perception],
    ['command_status', topics.commandResponse(THING, 'c1'), topicFilters.commandResponses],
    ['ota_status', topics.otaStatus(THING, 'o1'), topicFilters.otaStatuses],
    ['presence', `$aws/events/presence/connected/${THING}`, topicFilters.presence],
  ] as const)('of the rule %s hold the thing at its level and match its filter', (rule, topic, filter) => {
    const levels = topic.split('/');
    expect(levels[THING_LEVEL[rule] - 1]).toBe(THING);
    expect(filter.split('/').map((level, index) => (level === '+' ? levels[index] : level))).toEqual(levels);
    expect(levels).toHaveLength(filter.split('/').length);
  });

  test.each(RULE_NAMES)(
    'of the rule %s can be told from others: AWS IoT allows letters, digits and underscores',
    (name) => {
      expect(name).toMatch(/^[a-zA-Z0-9_]{1,128}$/);
    },
  );

  test('stay within 7 slashes and 256 bytes for the longest ids', () => {
    const longest = topics.commandResponse('T'.repeat(64), 'c'.repeat(64));
    expect(longest.length).toBeLessThanOrEqual(256);
    expect(longest.split('/').length - 1).toBeLessThanOrEqual(7);
  });

  test('of commands are taken apart only when they are whole', () => {
    expect(parseCommandRequestTopic('cmd/V1/req/c1')).toEqual({ thing: 'V1', commandId: 'c1' });
    expect(parseCommandResponseTopic('cmd/V1/res/c1')).toEqual({ thing: 'V1', commandId: 'c1' });
    for (const topic of ['cmd/V1/res/c1', 'cmd/V1/req', 'cmd//req/c1', 'cmd/V1/req/c1/x', 'x/V1/req/c1', '']) {
      expect(parseCommandRequestTopic(topic)).toBeUndefined();
    }
  });

  test('of heartbeats name their rule, and no other topic does', () => {
    for (const rule of KAFKA_RULES) expect(heartbeatRule(topics.heartbeat(rule))).toBe(rule);
    for (const topic of ['hb/hazards', 'hb/telemetry/x', 'dt/vehicle/hb/telemetry', ''])
      expect(heartbeatRule(topic)).toBeUndefined();
  });

  test('take thing names that cannot break out of a topic level', () => {
    expect(isThingName(THING)).toBe(true);
    for (const name of ['', 'a/b', '+', '#', '$aws', 'a b', 'é', 'x'.repeat(65)]) expect(isThingName(name)).toBe(false);
  });
});
