import { describe, expect, test } from '@jest/globals';

import { LAMP, ShadowWorld } from './shadow-world.ts';

const T = { timestamp: 1591140517 };

describe('an update', () => {
  test.each<[string, object, object, object]>([
    ['a flag that differs', { desired: { on: true } }, { reported: { on: false } }, { on: true }],
    ['a flag that was reached', { desired: { on: true } }, { reported: { on: true, other: 1 } }, {}],
    ['nothing but reports', {}, { reported: { on: true } }, {}],
    [
      'a report taken back',
      { desired: { on: true }, reported: { on: true } },
      { reported: { on: null } },
      { on: true },
    ],
    ['a list made shorter', { reported: { list: [1, 2] } }, { desired: { list: [1] } }, { list: [1] }],
    ['nested lists', { reported: { list: [['a'], ['b']] } }, { desired: { list: [['a']] } }, { list: [['a']] }],
    ['a list deep down', { reported: { a: { b: [1] } } }, { desired: { a: { b: [0, 1] } } }, { a: { b: [0, 1] } }],
    ['a new branch', { reported: { a: { b: 1 } } }, { desired: { a: { b: 1 }, c: { d: 2 } } }, { c: { d: 2 } }],
    ['a value that became an object', { reported: { a: 1 } }, { desired: { a: { b: 2 } } }, { a: { b: 2 } }],
    ['an object that became a value', { reported: { a: { b: 2 } } }, { desired: { a: 1 } }, { a: 1 }],
    ['an empty object beside none', { reported: { b: 1 } }, { desired: { a: {} } }, { a: {} }],
    ['an empty object beside a full one', { reported: { a: { b: 1 } } }, { desired: { a: {} } }, {}],
    [
      'objects in lists, their members in another order',
      { reported: { l: [{ a: 1, b: 2 }] } },
      { desired: { l: [{ b: 2, a: 1 }] } },
      {},
    ],
    [
      'objects in lists whose members have other names',
      { reported: { l: [{ a: {} }] } },
      { desired: { l: [JSON.parse('{"__proto__":{}}')] } },
      { l: [JSON.parse('{"__proto__":{}}')] },
    ],
  ])('leaves a delta of %s', (_case, first, second, delta) => {
    const world = new ShadowWorld();
    world.update(LAMP, first);
    const { delta: message } = world.update(LAMP, second);
    const { state } = world.get(LAMP) as { state: { delta?: object } };
    expect(state.delta ?? {}).toEqual(delta);
    expect(message?.['state'] ?? {}).toEqual(delta);
  });

  test('tells the delta again when it concerned something else', () => {
    const world = new ShadowWorld();
    world.update(LAMP, { desired: { color: 'red' } });
    expect(world.update(LAMP, { reported: { battery: 80 } })['delta']).toMatchObject({ state: { color: 'red' } });
  });

  test('gives a new time to what it sets and keeps the time of the rest', async () => {
    const world = new ShadowWorld();
    world.update(LAMP, { reported: { a: { b: 1, c: 2 }, timestamp: 5 } });
    await world.clock.advance(60_000);
    world.update(LAMP, { reported: { a: { c: 2 } } });
    expect(world.get(LAMP)['metadata']).toEqual({
      reported: { a: { b: T, c: { timestamp: 1591140577 } }, timestamp: T },
    });
  });

  test('keeps an object whose last member went, and no section whose last member went', () => {
    const world = new ShadowWorld();
    world.update(LAMP, { desired: { a: { b: 1 } }, reported: { c: 1 } });
    world.update(LAMP, { desired: { a: { b: null } }, reported: { c: null } });
    expect(world.get(LAMP)).toMatchObject({ state: { desired: { a: {} } }, metadata: { desired: { a: {} } } });
    expect(world.get(LAMP)['state']).not.toHaveProperty('reported');
  });

  test('with a state that is null empties the shadow and does not delete it', () => {
    const world = new ShadowWorld();
    world.update(LAMP, { desired: { a: 1 }, reported: { b: 1 } });
    expect(world.perform('update', LAMP, { state: null })['accepted']).toEqual({
      state: null,
      metadata: {},
      version: 2,
      ...T,
    });
    expect(world.get(LAMP)).toEqual({ state: {}, metadata: {}, version: 2, ...T });
  });

  test('ignores what is outside desired and reported', () => {
    const world = new ShadowWorld();
    world.perform('update', LAMP, { state: { reported: { a: 1 } }, metadata: { reported: 'mine' }, other: [null] });
    expect(world.get(LAMP)).toEqual({
      state: { reported: { a: 1 } },
      metadata: { reported: { a: T } },
      version: 1,
      ...T,
    });
  });

  test('of a shadow that does not exist says that it was empty before', () => {
    const world = new ShadowWorld();
    expect(world.update(LAMP, { reported: { a: 1 } })['documents']).toEqual({
      previous: { state: {}, metadata: {}, version: 0 },
      current: { state: { reported: { a: 1 } }, metadata: { reported: { a: T } }, version: 1 },
      ...T,
    });
  });

  test('of one shadow touches no other shadow of the thing', () => {
    const world = new ShadowWorld();
    world.update(LAMP, { reported: { a: 1 } });
    world.update({ ...LAMP, shadowName: 'b' }, { reported: { b: 1 } });
    expect(world.get(LAMP)['state']).toEqual({ reported: { a: 1 } });
    expect(world.get({ ...LAMP, shadowName: 'b' })['state']).toEqual({ reported: { b: 1 } });
  });
});

/** An object of this many levels, as the quota counts them. */
function levels(count: number): object {
  return count === 0 ? {} : { level: levels(count - 1) };
}

const state = (desired: unknown): object => ({ state: { desired } });

describe('an update is refused', () => {
  test.each<[string, unknown, number, string]>([
    ['no JSON', 'state', 400, 'Invalid JSON'],
    ['nothing', '', 400, 'Invalid JSON'],
    ['a list', [], 400, 'Invalid JSON'],
    ['null', 'null', 400, 'Invalid JSON'],
    ['no state', { desired: {} }, 400, 'Missing required node: state'],
    ['a state that is a list', { state: [] }, 400, 'State node must be an object'],
    ['a state that is text', { state: 'on' }, 400, 'State node must be an object'],
    ['a desired that is a list', { state: { desired: [] } }, 400, 'Desired node must be an object'],
    ['a reported that is a number', { state: { reported: 1 } }, 400, 'Reported node must be an object'],
    ['a delta', { state: { delta: {} } }, 400, 'State contains an invalid node'],
    ['null in an array deep down', state({ a: { b: [{ c: [null] }] } }), 400, 'State contains an invalid node'],
    ['a version that is text', { state: {}, version: '1' }, 400, 'Invalid version'],
    ['a version that is no whole number', { state: {}, version: 1.5 }, 400, 'Invalid version'],
    ['a negative version', { state: {}, version: -1 }, 400, 'Invalid version'],
    ['a version of a shadow that does not exist', { state: {}, version: 3 }, 409, 'Version conflict'],
    ['a client token that is a number', { state: {}, clientToken: 1 }, 400, 'Invalid clientToken'],
    ['a client token of 65 bytes', { state: {}, clientToken: 'é'.repeat(32) + 'x' }, 400, 'Invalid clientToken'],
    ['nine levels', state(levels(9)), 400, 'JSON contains too many levels of nesting; maximum is 8'],
    ['lists nine deep', state({ a: [[[[[[[[1]]]]]]]] }), 400, 'JSON contains too many levels of nesting; maximum is 8'],
    ['8193 bytes', state({ a: 'x'.repeat(8193 - 8) }), 413, 'The payload exceeds the maximum size allowed'],
  ])('with %s', (_case, request, code, message) => {
    const world = new ShadowWorld();
    expect(world.refusal('update', LAMP, request)).toEqual({ code, message });
    expect(world.refusal('get', LAMP)).toMatchObject({ code: 404 });
  });

  test('in another encoding than UTF-8', () => {
    const world = new ShadowWorld();
    const latin1 = Buffer.from('{"state":{"reported":{"a":"é"}}}', 'latin1');
    expect(() => world.requests.perform('update', LAMP, latin1)).toThrow(
      expect.objectContaining({ code: 415, message: 'Unsupported documented encoding; supported encoding is UTF-8' }),
    );
  });

  test('when it makes the state too large together with what is there', () => {
    const world = new ShadowWorld();
    world.update(LAMP, { desired: { a: 'x'.repeat(4096 - 8) } });
    expect(world.refusal('update', LAMP, { state: { reported: { a: 'x'.repeat(4097 - 8) } } })).toMatchObject({
      code: 413,
    });
    expect(world.update(LAMP, { reported: { a: 'x'.repeat(4096 - 8) } })['accepted']).toMatchObject({ version: 2 });
  });

  test.each<[string, object]>([
    ['eight levels', levels(8)],
    ['lists eight deep', { a: [[[[[[[1]]]]]]] }],
    ['8192 bytes', { a: 'x'.repeat(8192 - 8) }],
  ])('but not with %s', (_case, desired) => {
    expect(new ShadowWorld().update(LAMP, { desired })['accepted']).toMatchObject({ version: 1 });
  });

  test('with its client token in the answer, where that could be read', () => {
    const world = new ShadowWorld();
    const clientToken = 'é'.repeat(32);
    expect(world.refusal('update', LAMP, { clientToken })).toEqual({
      code: 400,
      message: 'Missing required node: state',
      clientToken,
    });
    expect(world.refusal('get', LAMP, { clientToken })).toMatchObject({ code: 404, clientToken });
    expect(world.refusal('delete', LAMP, { clientToken })).toMatchObject({ code: 404, clientToken });
  });
});
