import { describe, expect, test } from '@jest/globals';

import {
  isShadowTopic,
  isSubscribable,
  isTopicFilter,
  isTopicName,
  isWithinLimits,
  parseShare,
} from '../../../../twin/iot/broker/topics.ts';

const LIMITS = { topicBytes: 256, topicSlashes: 7 };

describe('topic limits', () => {
  test.each([
    ['a/b/c/d/e/f/g/h', true],
    ['a/b/c/d/e/f/g/h/i', false],
    ['$aws/rules/telemetry/a/b/c/d/e/f/g/h', true],
    ['$aws/rules/telemetry/a/b/c/d/e/f/g/h/i', false],
    ['$share/group/a/b/c/d/e/f/g/h', true],
    ['$share/group/a/b/c/d/e/f/g/h/i', false],
    ['x'.repeat(256), true],
    ['x'.repeat(257), false],
    ['é'.repeat(128), true],
    ['é'.repeat(129), false],
    [`$aws/rules/telemetry/${'x'.repeat(256)}`, true],
    [`$aws/rules/telemetry/${'x'.repeat(257)}`, false],
    ['$aws/rules/telemetry', true],
  ])('%s keeps to them: %p', (topic, expected) => {
    expect(isWithinLimits(topic, LIMITS)).toBe(expected);
  });
});

describe('topic names', () => {
  test.each([
    ['a/b', true],
    ['/', true],
    ['', false],
    ['a/+', false],
    ['a/#', false],
    ['a\0b', false],
  ])('%j: %p', (topic, expected) => expect(isTopicName(topic)).toBe(expected));
});

describe('topic filters', () => {
  test.each([
    ['a/b', true],
    ['+', true],
    ['#', true],
    ['a/+/b/#', true],
    ['/', true],
    ['', false],
    ['a+', false],
    ['a/b#', false],
    ['#/a', false],
    ['a/#/b', false],
    ['a\0', false],
  ])('%j: %p', (filter, expected) => expect(isTopicFilter(filter)).toBe(expected));
});

describe('shared filters', () => {
  test.each([
    ['a/b', undefined],
    ['$share/group/a/+', { shareName: 'group', filter: 'a/+' }],
    ['$share/group', 'invalid'],
    ['$share//a', 'invalid'],
    ['$share/g+/a', 'invalid'],
    ['$share/g#/a', 'invalid'],
  ])('%s', (filter, expected) => expect(parseShare(filter)).toEqual(expected));
});

describe('reserved topics', () => {
  test.each([
    ['dt/#', true],
    ['#', true],
    ['$aws/events/#', true],
    ['$aws/events/presence/connected/+', true],
    ['$aws/things/car/shadow/update/delta', true],
    ['$aws/certificates/create/json/accepted', true],
    ['$aws/provisioning-templates/vehicle/provision/json/+', true],
    ['$aws/commands/things/car/executions/+/request', true],
    ['$aws/rules/telemetry/#', false],
    ['$aws/#', false],
    ['$aws/+/x', false],
    ['$SYS/#', false],
    ['$aws', false],
  ])('%s can be subscribed to: %p', (filter, expected) => expect(isSubscribable(filter)).toBe(expected));

  test('shadow requests are told from jobs', () => {
    expect(isShadowTopic('$aws/things/car/shadow/name/doors/update')).toBe(true);
    expect(isShadowTopic('$aws/things/car/jobs/get')).toBe(false);
  });
});
