import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { IovError } from '../../../twin/errors.ts';
import { openStore } from '../../../twin/state/store.ts';

describe('the store', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'iov-store-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

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
});
