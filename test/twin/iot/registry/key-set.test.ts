import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { KeySet } from '../../../../twin/iot/registry/key-set.ts';

describe('a set of keys', () => {
  test('gives every key that was there all the time exactly once, whatever comes and goes between pages', () => {
    const keys = fc.array(fc.string({ maxLength: 3 }), { maxLength: 30 });
    fc.assert(
      fc.property(
        keys,
        keys,
        keys,
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        (stable, leaving, coming, limit, descending) => {
          const set = new KeySet();
          for (const key of [...stable, ...leaving]) set.add(key);
          const seen: string[] = [];
          const changes = [...leaving.map((key) => () => set.delete(key)), ...coming.map((key) => () => set.add(key))];
          for (let after: string | undefined, done = false; !done;) {
            const page = set.page(limit, after, undefined, descending);
            expect(page.keys.length).toBeLessThanOrEqual(limit);
            seen.push(...page.keys);
            done = page.last === undefined;
            after = page.last;
            changes.shift()?.();
          }
          expect(new Set(seen).size).toBe(seen.length);
          const kept = stable.filter((key) => !leaving.includes(key));
          expect(kept.every((key) => seen.includes(key))).toBe(true);
        },
      ),
    );
  });

  test('says that there is a further page only when there is one', () => {
    const set = new KeySet();
    for (const key of ['c', 'a', 'b']) set.add(key);
    expect(set.page(2)).toEqual({ keys: ['a', 'b'], last: 'b' });
    expect(set.page(2, 'b')).toEqual({ keys: ['c'] });
    expect(set.page(3)).toEqual({ keys: ['a', 'b', 'c'] });
    expect(set.page(2, undefined, (key) => key !== 'c')).toEqual({ keys: ['a', 'b'] });
  });
});
