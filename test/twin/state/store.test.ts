import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { IovError } from '../../../twin/errors.ts';
import { openStore } from '../../../twin/state/store.ts';

describe('the store', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'iov-store-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  test('can be read by its owner alone, its log included', () => {
    const store = openStore(join(folder, 'state.db'));
    store.collection('secrets').set('a', 'hidden');
    const modes = readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777);
    expect(modes.length).toBeGreaterThan(1);
    expect(new Set(modes)).toEqual(new Set([0o600]));
    store.close();
  });

  test('gives back after reopening what was set, without what was deleted, in order of insertion', () => {
    const first = openStore(join(folder, 'state.db'));
    const things = first.collection<{ name: string }>('things');
    things.set('b', { name: 'B' });
    things.set('a', { name: 'A' });
    things.set('c', { name: 'C' });
    things.set('b', { name: 'B2' });
    things.delete('c');
    first.collection('others').set('a', 1);
    first.close();

    const second = openStore(join(folder, 'state.db'));
    expect([...second.collection('things').entries()]).toEqual([
      ['b', { name: 'B2' }],
      ['a', { name: 'A' }],
    ]);
    second.close();
  });

  test('has a write on disk before it returns, without a close', () => {
    const writer = openStore(join(folder, 'state.db'));
    writer.collection('things').set('a', 1);
    const reader = openStore(join(folder, 'state.db'));
    expect(reader.collection('things').get('a')).toBe(1);
    reader.close();
    writer.close();
  });

  test('says what to do about a file that is not a database', () => {
    writeFileSync(join(folder, 'state.db'), 'this is not a database, and long enough to be sure of it'.repeat(10));
    expect(() => openStore(join(folder, 'state.db'))).toThrow(IovError);
  });

  test('keeps all writes of a transaction, or none of them, in memory and on disk', () => {
    const store = openStore(join(folder, 'state.db'));
    const things = store.collection<number>('things');
    things.set('a', 1);
    things.set('b', 2);
    const fail = (): void =>
      store.transaction(() => {
        things.set('a', 10);
        things.delete('b');
        store.transaction(() => store.collection('others').set('c', 3));
        throw new Error('half-way');
      });
    expect(fail).toThrow('half-way');
    expect(Object.fromEntries(things.entries())).toEqual({ a: 1, b: 2 });
    expect(store.collection('others').size).toBe(0);
    expect(store.transaction(() => (things.set('a', 11), 'done'))).toBe('done');
    store.close();

    const again = openStore(join(folder, 'state.db'));
    expect(Object.fromEntries(again.collection('things').entries())).toEqual({ a: 11, b: 2 });
    expect(again.collection('others').size).toBe(0);
    again.close();
  });
});
