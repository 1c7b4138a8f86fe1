import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { deltaOf } from '../../../../twin/iot/shadows/delta.ts';
import { isObject, isSame, memberOf, type Json, type JsonObject } from '../../../../twin/iot/shadows/json.ts';
import { ShadowRefusal } from '../../../../twin/iot/shadows/refusal.ts';
import { updateSection } from '../../../../twin/iot/shadows/section.ts';
import { LAMP, ShadowWorld } from './shadow-world.ts';

/** Few names, so that documents meet; names that are members of every object of JavaScript among them. */
const NAME = fc.constantFrom('a', 'b', 'c', '1', 'timestamp', '__proto__', 'constructor', 'toString', '');

const value = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.integer({ min: 0, max: 2 }),
    fc.boolean(),
    fc.string({ maxLength: 3 }),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.array(fc.tuple(NAME, tie('value')), { maxLength: 4 }).map((members) => Object.fromEntries(members)),
}));
const object = value.object;

/** The change may remove things. */
const change = fc
  .tuple(object, fc.array(NAME, { maxLength: 2 }))
  .map(([members, removed]): JsonObject =>
    Object.fromEntries([...Object.entries(members), ...removed.map((name) => [name, null])]),
  );

const sectionOf = (state: JsonObject) => updateSection(undefined, state, 1);

/** Every path to something that is no object, or an empty one, with what is there. */
function* leaves(node: Json, path: readonly string[] = []): Generator<[readonly string[], Json]> {
  if (!isObject(node) || Object.keys(node).length === 0) yield [path, node];
  else for (const [name, below] of Object.entries(node)) yield* leaves(below, [...path, name]);
}

function at(node: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((below, name) => (isObject(below) ? memberOf(below, name) : undefined), node);
}

/** What RFC 7396 prescribes: an independent statement of the merge, but for null in the first document. */
function mergePatch(target: Json | undefined, patch: JsonObject): JsonObject {
  let result: JsonObject = isObject(target) ? target : {};
  for (const [name, each] of Object.entries(patch)) {
    const others = Object.entries(result).filter(([other]) => other !== name);
    const next = isObject(each) ? mergePatch(memberOf(result, name), each) : each;
    result = Object.fromEntries(next === null ? others : [...others, [name, next]]);
  }
  return result;
}

describe('whatever documents say', () => {
  test('an update is a JSON merge patch of the state', () => {
    fc.assert(
      fc.property(object, change, (state, patch) => {
        const updated = updateSection(sectionOf(state), patch, 2)?.state ?? {};
        expect(isSame(updated, mergePatch(state, patch))).toBe(true);
      }),
    );
  });

  test('metadata has the shape of the state, with the time of the last update of each value', () => {
    fc.assert(
      fc.property(object, change, (state, patch) => {
        const section = updateSection(sectionOf(state), patch, 2);
        const shape = (node: Json): Json =>
          Array.isArray(node)
            ? node.map(shape)
            : isObject(node)
              ? Object.fromEntries(Object.entries(node).map(([name, each]) => [name, shape(each)]))
              : 'value';
        // What the state has no member for stays as it is, and so is noticed.
        const timeless = (node: Json | undefined, like: Json | undefined): Json => {
          if (Array.isArray(like)) return (node as readonly Json[]).map((each, index) => timeless(each, like[index]));
          if (isObject(like))
            return Object.fromEntries(
              Object.entries(node as JsonObject).map(([name, each]) => [name, timeless(each, memberOf(like, name))]),
            );
          return like !== undefined && Object.keys(node as JsonObject).join() === 'timestamp' ? 'value' : node!;
        };
        if (section) expect(isSame(timeless(section.metadata, section.state), shape(section.state))).toBe(true);
        for (const [path, leaf] of leaves(patch)) {
          if (leaf !== null && !isObject(leaf) && !Array.isArray(leaf))
            expect(at(section?.metadata, path)).toEqual({ timestamp: 2 });
        }
      }),
    );
  });

  test('the delta is what is desired minus what is reported', () => {
    fc.assert(
      fc.property(object, object, (desired, reported) => {
        const delta = deltaOf(sectionOf(desired), sectionOf(reported))?.state;
        for (const [path, leaf] of leaves(desired)) {
          const other = at(reported, path);
          const differs = !(isObject(leaf) && isObject(other)) && !isSame(leaf, other);
          if (path.length > 0) expect(isSame(at(delta, path), differs ? leaf : undefined)).toBe(true);
        }
        for (const [path] of leaves(delta ?? {})) if (path.length > 0) expect(at(desired, path)).toBeDefined();
      }),
    );
  });

  test('reporting the delta leaves none', () => {
    fc.assert(
      fc.property(object, object, (desired, reported) => {
        const world = new ShadowWorld();
        const { delta } = world.update(LAMP, { desired, reported });
        if (delta) world.update(LAMP, { reported: delta['state'] });
        expect(world.get(LAMP)['state']).not.toHaveProperty('delta');
      }),
    );
  });

  test('the metadata of a delta is that of what is desired', () => {
    fc.assert(
      fc.property(object, object, (desired, reported) => {
        const section = sectionOf(desired);
        const delta = deltaOf(section, sectionOf(reported));
        for (const [path, leaf] of leaves(delta?.state ?? {})) {
          if (!isObject(leaf)) expect(isSame(at(delta!.metadata, path), at(section!.metadata, path))).toBe(true);
        }
      }),
    );
  });
});

describe('a hostile document', () => {
  const accepts = (world: ShadowWorld, payload: Uint8Array): boolean => {
    try {
      world.requests.perform('update', LAMP, payload);
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(ShadowRefusal);
      expect((error as ShadowRefusal).code).not.toBe(500);
      return false;
    }
  };

  test('is refused or kept, and never breaks the service', () => {
    const world = new ShadowWorld();
    const json = fc.oneof(
      fc.json(),
      fc.json().map((state) => `{"state":${state}}`),
      fc.json().map((desired) => `{"state":{"desired":${desired}}}`),
      fc.record({ state: fc.record({ desired: change, reported: change }), version: fc.anything() }).map((all) => {
        try {
          return JSON.stringify(all);
        } catch {
          return '{}';
        }
      }),
    );
    const payload = fc.oneof(
      fc.uint8Array(),
      json.map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(payload, (bytes) => {
        accepts(world, bytes);
        world.update(LAMP, { desired: { known: true } });
        expect(world.get(LAMP)['state']).toMatchObject({ desired: { known: true } });
        world.perform('delete', LAMP);
      }),
    );
  });

  test.each([
    ['objects', '{"a":', '1', '}'],
    ['lists', '[', '', ']'],
  ])('of 20000 nested %s is refused', (_case, open, middle, close) => {
    const nested = open.repeat(20_000) + middle + close.repeat(20_000);
    const world = new ShadowWorld();
    for (const text of [nested, `{"state":${nested}}`, `{"state":{"desired":{"a":${nested}}}}`])
      expect(accepts(world, Buffer.from(text))).toBe(false);
  });

  test('changes no object but the shadow', () => {
    const world = new ShadowWorld();
    const text = '{"state":{"desired":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}}';
    for (let round = 0; round < 2; round++) expect(accepts(world, Buffer.from(text))).toBe(true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const { desired } = world.get(LAMP)['state'] as { desired: JsonObject };
    expect(memberOf(desired, '__proto__')).toEqual({ polluted: 1 });
  });
});
