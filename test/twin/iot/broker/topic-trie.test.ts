import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { TopicTrie } from '../../../../twin/iot/broker/topic-trie.ts';

function matches(filter: string, topic: string): boolean {
  const trie = new TopicTrie<object>();
  trie.add(filter, {});
  let visited = 0;
  trie.match(topic, () => (visited += 1));
  return visited > 0;
}

describe('a topic filter in the trie', () => {
  test.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/c', false],
    ['a/b', 'a', false],
    ['+/b', 'a/b', true],
    ['a/+', 'a/', true],
    ['a/+', 'a', false],
    ['+/+', '/x', true],
    ['+', 'a', true],
    ['+', 'a/b', false],
    ['#', 'a/b/c', true],
    ['a/#', 'a/b', true],
    ['a/#', 'a/b/c/d', true],
    ['a/#', 'a/', true],
    // IoT Core, unlike MQTT: the parent level is not matched.
    ['sensor/#', 'sensor', false],
    ['+/#', 'sensor', false],
    ['#', '$aws/events/presence/connected/x', false],
    ['+/events/#', '$aws/events/presence', false],
    ['$aws/events/#', '$aws/events/presence/connected/x', true],
    ['$aws/+/x', '$aws/events/x', true],
    ['a//b', 'a//b', true],
    ['a/+/b', 'a//b', true],
  ])('%s on topic %s: %p', (filter, topic, expected) => {
    expect(matches(filter, topic)).toBe(expected);
  });

  test('is found as a straightforward matcher finds it, whatever else is in the trie', () => {
    const level = fc.constantFrom('a', 'b', '', '$x');
    const topics = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
    const filters = fc
      .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 4 }), fc.boolean())
      .map(([levels, hash]) => [...levels, ...(hash || levels.length === 0 ? ['#'] : [])].join('/'));
    fc.assert(
      fc.property(fc.array(filters, { maxLength: 12 }), topics, (subscribed, topic) => {
        const trie = new TopicTrie<{ filter: string }>();
        const values = subscribed.map((filter) => ({ filter }));
        for (const value of values) trie.add(value.filter, value);
        const found = new Set<object>();
        trie.match(topic, (value) => found.add(value));
        expect([...found].length).toBe(values.filter(({ filter }) => bySpecification(filter, topic)).length);
        for (const value of values) expect(trie.remove(value.filter, value)).toBe(true);
        trie.match(topic, () => expect('nothing').toBe('left'));
        expect(trie.size).toBe(0);
      }),
    );
  });
});

function bySpecification(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  const [filterLevels, topicLevels] = [filter.split('/'), topic.split('/')];
  for (const [index, level] of filterLevels.entries()) {
    if (level === '#') return topicLevels.length > index;
    if (index >= topicLevels.length || (level !== '+' && level !== topicLevels[index])) return false;
  }
  return filterLevels.length === topicLevels.length;
}

describe('removal', () => {
  test('says when there was nothing to remove', () => {
    const trie = new TopicTrie<object>();
    const value = {};
    trie.add('a/b', value);
    expect(trie.remove('a', value)).toBe(false);
    expect(trie.remove('a/b/c', value)).toBe(false);
    expect(trie.remove('a/b', {})).toBe(false);
    expect(trie.remove('a/b', value)).toBe(true);
  });

  test('leaves the other subscribers of the filter', () => {
    const trie = new TopicTrie<object>();
    const [first, second, third] = [{ n: 1 }, { n: 2 }, { n: 3 }];
    for (const value of [first, second, third]) trie.add('a', value);
    trie.remove('a', second);
    const found: object[] = [];
    trie.match('a', (value) => found.push(value));
    expect(found).toEqual([first, third]);
  });
});
