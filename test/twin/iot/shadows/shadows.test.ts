import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, test } from '@jest/globals';

import { openStore } from '../../../../twin/state/store.ts';
import { LAMP, ShadowWorld } from './shadow-world.ts';

const HOUR_MS = 3_600_000;

describe('a deleted shadow', () => {
  test('is followed within 48 hours by a new one with the next version', async () => {
    const world = new ShadowWorld();
    world.update(LAMP, { reported: { a: 1 } });
    world.update(LAMP, { reported: { a: 2 } });
    world.perform('delete', LAMP);
    await world.clock.advance(48 * HOUR_MS);
    expect(world.update(LAMP, { reported: { b: 1 } })['accepted']).toMatchObject({ version: 3 });
    expect(world.get(LAMP)['state']).toEqual({ reported: { b: 1 } });
  });

  test('is forgotten after 48 hours', async () => {
    const world = new ShadowWorld();
    world.update(LAMP, { reported: { a: 1 } });
    world.perform('delete', LAMP);
    await world.clock.advance(48 * HOUR_MS + 1);
    expect(world.update(LAMP, { reported: { a: 1 } })['accepted']).toMatchObject({ version: 1 });
  });

  test('cannot be deleted again', () => {
    const world = new ShadowWorld();
    world.update(LAMP, { reported: { a: 1 } });
    world.perform('delete', LAMP, 'this is no JSON, and ignored');
    expect(world.refusal('delete', LAMP)).toEqual({ code: 404, message: "No shadow exists with name: 'lamp'" });
  });

  test('can be made anew only by whoever knows its last version, or names none', () => {
    const world = new ShadowWorld();
    world.update(LAMP, { reported: { a: 1 } });
    world.perform('delete', LAMP);
    expect(world.refusal('update', LAMP, { state: {}, version: 0 })).toMatchObject({ code: 409 });
    expect(world.update(LAMP, {}, { version: 1 })['accepted']).toMatchObject({ version: 2 });
  });
});

describe('names', () => {
  test.each(['$config', 'a:b_c-D9', 'x'.repeat(64)])('%s is a name for a shadow', (shadowName) => {
    expect(new ShadowWorld().update({ ...LAMP, shadowName }, {})['accepted']).toMatchObject({ version: 1 });
  });

  test.each(['', 'a b', 'é', 'x'.repeat(65), '../x'])('"%s" is none', (shadowName) => {
    expect(new ShadowWorld().refusal('update', { ...LAMP, shadowName }, { state: {} })).toMatchObject({
      code: 400,
      message: 'Invalid shadow name',
    });
  });

  test.each(['', 'a b', '$a', 'x'.repeat(129)])('"%s" is no thing', (thingName) => {
    expect(new ShadowWorld().refusal('get', { thingName })).toMatchObject({ code: 400, message: 'Invalid thing name' });
  });

  test('are listed in order, page by page, without the classic shadow and the deleted', () => {
    const world = new ShadowWorld();
    for (const shadowName of ['c', 'a', 'd', 'b', 'gone']) world.update({ ...LAMP, shadowName }, {});
    world.update(LAMP, {});
    world.update({ thingName: 'other', shadowName: 'z' }, {});
    world.perform('delete', { ...LAMP, shadowName: 'gone' });
    const first = world.api.list('lamp', { pageSize: 2 });
    expect(first).toEqual({ results: ['a', 'b'], nextToken: expect.any(String), timestamp: 1591140517 });
    world.perform('delete', { ...LAMP, shadowName: 'a' });
    const nextToken = first['nextToken'] as string;
    expect(world.api.list('lamp', { pageSize: 2, nextToken })).toEqual({ results: ['c', 'd'], timestamp: 1591140517 });
    expect(world.api.list('nobody', {})).toEqual({ results: [], timestamp: 1591140517 });
  });

  test.each([{ pageSize: 0 }, { pageSize: 101 }, { pageSize: NaN }, { nextToken: '' }, { nextToken: '?' }])(
    'are not listed for %j',
    (page) => {
      expect(() => new ShadowWorld().api.list('lamp', page)).toThrow(expect.objectContaining({ code: 400 }));
    },
  );
});

describe('rates of AWS', () => {
  test('twenty requests a second to one shadow, whatever others get', async () => {
    const world = new ShadowWorld(openStore(':memory:'), 'aws');
    for (let request = 0; request < 20; request++) world.update(LAMP, {});
    expect(world.refusal('get', LAMP)).toEqual({ code: 429, message: 'Too Many Requests' });
    expect(world.update({ ...LAMP, shadowName: 'other' }, {})['accepted']).toMatchObject({ version: 1 });
    await world.clock.advance(50);
    expect(world.get(LAMP)).toMatchObject({ version: 20 });
  });

  test('four thousand a second of the account', () => {
    const world = new ShadowWorld(openStore(':memory:'), 'aws');
    const refused = Array.from({ length: 4001 }, (_, number) => number).filter((number) => {
      try {
        world.requests.perform('delete', { thingName: `thing-${number}` }, Buffer.alloc(0));
        return false;
      } catch (error) {
        return (error as { code: number }).code === 429;
      }
    });
    expect(refused).toEqual([4000]);
  });
});

describe('on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'iov-shadows-'));
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is everything that was acknowledged, though nothing was closed', () => {
    const file = join(folder, 'state.db');
    const before = new ShadowWorld(openStore(file));
    before.update(LAMP, { desired: { ['__proto__']: 1, a: { b: [1] } }, reported: { a: {} } });
    before.update({ ...LAMP, shadowName: 'gone' }, {});
    before.perform('delete', { ...LAMP, shadowName: 'gone' });
    const after = new ShadowWorld(openStore(file));
    expect(after.get(LAMP)).toEqual(before.get(LAMP));
    expect(after.api.list('lamp', {})).toMatchObject({ results: [] });
    expect(after.update({ ...LAMP, shadowName: 'gone' }, {})['accepted']).toMatchObject({ version: 2 });
  });
});

test('whoever listens hears of updates and deletions, and of no refusal', () => {
  const world = new ShadowWorld();
  const heard: unknown[] = [];
  const stop = world.shadows.subscribe((key) => heard.push(key));
  world.update(LAMP, {});
  world.refusal('update', LAMP, '');
  world.perform('delete', LAMP);
  stop();
  world.update(LAMP, {});
  expect(heard).toEqual([LAMP, LAMP]);
});
