import { describe, expect, test } from '@jest/globals';

import { isValidFilter, isValidTopic, matchesFilter } from '../../../twin/iot/topic-filter.ts';

describe('a topic filter', () => {
  test.each([
    ['a/b', 'a/b'],
    ['a/+', 'a/b'],
    ['+/b', 'a/b'],
    ['+/+', 'a/b'],
    ['#', 'a'],
    ['#', 'a/b/c'],
    ['a/#', 'a/b'],
    ['a/#', 'a/b/c'],
    ['a/+/#', 'a/b/c'],
    ['a/+/c', 'a//c'],
    ['a/+', 'a/'],
    ['a/#', 'a/'],
    ['/a', '/a'],
    ['+/a', '/a'],
    ['dt/vehicle/+/telemetry', 'dt/vehicle/WVW1/telemetry'],
    ['$aws/events/presence/+/+', '$aws/events/presence/connected/WVW1'],
    ['$aws/#', '$aws/things/x'],
  ])('%s matches %s', (filter, topic) => {
    expect(matchesFilter(filter, topic)).toBe(true);
  });

  test.each([
    ['a/b', 'a/c'],
    ['a/b', 'a'],
    ['a', 'a/b'],
    ['a/+', 'a'],
    ['a/+', 'a/b/c'],
    ['a/b', 'a/bc'],
    ['a/bc', 'a/b'],
    ['a/+/c', 'a/b'],
    ['+', 'a/b'],
    ['+', '/a'],
    ['A/b', 'a/b'],
    // IoT Core: # needs a level of its own
    ['a/#', 'a'],
    ['a/b/#', 'a/b'],
    // $-topics are out of reach of wildcards at the first level
    ['#', '$aws/things/x'],
    ['+/things/x', '$aws/things/x'],
  ])('%s does not match %s', (filter, topic) => {
    expect(matchesFilter(filter, topic)).toBe(false);
  });

  test.each(['a', 'a/b', '+', '#', '+/+/#', 'a/+/b', '/', '$aws/rules/x', 'ü/+'])('%s is valid', (filter) => {
    expect(isValidFilter(filter)).toBe(true);
  });

  test.each(['', 'a#', '#/a', 'a/#/b', 'a+', '+a/b', 'a/b+', 'a\0b', 'x'.repeat(65_536)])(
    '%s is not valid',
    (filter) => {
      expect(isValidFilter(filter)).toBe(false);
    },
  );

  test.each([
    ['a/b', true],
    ['$aws/x', true],
    ['', false],
    ['a/+', false],
    ['a/#', false],
    ['a\0', false],
  ])('%j as a topic name: %s', (topic, isValid) => {
    expect(isValidTopic(topic)).toBe(isValid);
  });
});
