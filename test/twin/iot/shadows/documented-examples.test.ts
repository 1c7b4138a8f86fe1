import { describe, expect, test } from '@jest/globals';

import { LAMP, ShadowWorld } from './shadow-world.ts';

/** The examples of the developer guide's pages on shadows, as they stand there. */

const stamped = (timestamp: number, count = 3): object[] => Array.from({ length: count }, () => ({ timestamp }));

test('"Simulating Device Shadow service communications": the whole conversation about a light bulb', async () => {
  const world = new ShadowWorld();
  const bulb = { thingName: 'mySimulatedThing', shadowName: 'simShadow1' };
  const at = (seconds: number): Promise<void> => world.clock.advance(seconds * 1000 - world.clock.now());

  expect(world.refusal('get', bulb)).toEqual({ code: 404, message: "No shadow exists with name: 'simShadow1'" });
  world.update(bulb, {});
  world.update(bulb, {});
  const first = world.update(
    bulb,
    { reported: { ID: 'SmartLamp21', ColorRGB: [128, 128, 128] } },
    { clientToken: '426bfd96-e720-46d3-95cd-014e3ef12bb6' },
  );
  const reported = { ID: 'SmartLamp21', ColorRGB: [128, 128, 128] };
  const reportedAt = { ID: { timestamp: 1591140517 }, ColorRGB: stamped(1591140517) };
  expect(first['accepted']).toEqual({
    state: { reported },
    metadata: { reported: reportedAt },
    version: 3,
    timestamp: 1591140517,
    clientToken: '426bfd96-e720-46d3-95cd-014e3ef12bb6',
  });
  expect(first['delta']).toBeUndefined();

  await at(1591141111);
  expect(world.get(bulb)).toEqual({
    state: { reported },
    metadata: { reported: reportedAt },
    version: 3,
    timestamp: 1591141111,
  });

  await at(1591141596);
  const clientToken = '21b21b21-bfd2-4279-8c65-e2f697ff4fab';
  const desiredAt = { ColorRGB: stamped(1591141596) };
  const wish = world.update(bulb, { desired: { ColorRGB: [255, 255, 0] } }, { clientToken });
  expect(wish['accepted']).toEqual({
    state: { desired: { ColorRGB: [255, 255, 0] } },
    metadata: { desired: desiredAt },
    version: 4,
    timestamp: 1591141596,
    clientToken,
  });
  expect(wish['delta']).toEqual({
    version: 4,
    timestamp: 1591141596,
    state: { ColorRGB: [255, 255, 0] },
    metadata: desiredAt,
    clientToken,
  });

  await at(1591142747);
  const token = 'a4dc2227-9213-4c6a-a6a5-053304f60258';
  const done = world.update(bulb, { reported: { ColorRGB: [255, 255, 0] } }, { clientToken: token });
  expect(done['accepted']).toEqual({
    state: { reported: { ColorRGB: [255, 255, 0] } },
    metadata: { reported: { ColorRGB: stamped(1591142747) } },
    version: 5,
    timestamp: 1591142747,
    clientToken: token,
  });
  expect(done['delta']).toBeUndefined();
  const current = {
    state: {
      desired: { ColorRGB: [255, 255, 0] },
      reported: { ID: 'SmartLamp21', ColorRGB: [255, 255, 0] },
    },
    metadata: {
      desired: desiredAt,
      reported: { ID: { timestamp: 1591140517 }, ColorRGB: stamped(1591142747) },
    },
    version: 5,
  };
  expect(done['documents']).toEqual({
    previous: {
      state: { desired: { ColorRGB: [255, 255, 0] }, reported },
      metadata: { desired: desiredAt, reported: reportedAt },
      version: 4,
    },
    current,
    timestamp: 1591142747,
    clientToken: token,
  });

  await at(1591143269);
  expect(world.get(bulb)).toEqual({ ...current, timestamp: 1591143269 });
});

describe('"Device Shadow service documents"', () => {
  test('"Delta state": what is desired and not reported, with the metadata of what is desired', () => {
    const world = new ShadowWorld();
    world.update(LAMP, { desired: { color: 'RED', state: 'STOP' }, reported: { color: 'GREEN', engine: 'ON' } });
    const timestamp = { timestamp: 1591140517 };
    expect(world.get(LAMP)).toEqual({
      state: {
        desired: { color: 'RED', state: 'STOP' },
        reported: { color: 'GREEN', engine: 'ON' },
        delta: { color: 'RED', state: 'STOP' },
      },
      metadata: {
        desired: { color: timestamp, state: timestamp },
        reported: { color: timestamp, engine: timestamp },
        delta: { color: timestamp, state: timestamp },
      },
      version: 1,
      timestamp: 1591140517,
    });
  });

  test('"Delta state": nested objects differ by the path to what differs', () => {
    const world = new ShadowWorld();
    const lights = (g: number): object => ({ lights: { color: { r: 255, g, b: 255 } } });
    world.update(LAMP, { desired: lights(255), reported: lights(0) });
    expect(world.get(LAMP)).toMatchObject({ state: { delta: { lights: { color: { g: 255 } } } } });
  });

  test.each([
    ['only reported', { reported: { temp: 55 } }, { reported: { temp: 55 } }],
    ['only desired', { desired: { color: 'RED' } }, { desired: { color: 'RED' }, delta: { color: 'RED' } }],
    ['neither', {}, {}],
  ])('"Empty shadow document properties": %s', (_case, state, expected) => {
    const world = new ShadowWorld();
    world.update(LAMP, state);
    expect(world.get(LAMP)['state']).toEqual(expected);
  });

  test('"Empty shadow document properties": desired is removed by null', () => {
    const world = new ShadowWorld();
    world.update(LAMP, { desired: { color: 'red' } });
    const { accepted, delta } = world.update(LAMP, { reported: { color: 'red' }, desired: null });
    expect(accepted).toMatchObject({ state: { reported: { color: 'red' }, desired: null }, version: 2 });
    expect(delta).toBeUndefined();
    expect(world.get(LAMP)).toMatchObject({
      state: { reported: { color: 'red' } },
      metadata: { reported: { color: { timestamp: 1591140517 } } },
    });
    expect(world.get(LAMP)['state']).not.toHaveProperty('desired');
  });

  test('"Array values in shadow documents": an update replaces the array', () => {
    const world = new ShadowWorld();
    world.update(LAMP, { desired: { colors: ['RED', 'GREEN', 'BLUE'] } });
    world.update(LAMP, { desired: { colors: ['RED'] } });
    expect(world.get(LAMP)).toMatchObject({
      state: { desired: { colors: ['RED'] } },
      metadata: { desired: { colors: [{ timestamp: 1591140517 }] } },
    });
  });

  test('"Array values in shadow documents": an array with null is rejected', () => {
    const world = new ShadowWorld();
    const request = { state: { desired: { colors: [null, 'RED', 'GREEN'] } } };
    expect(world.refusal('update', LAMP, request)).toEqual({ code: 400, message: 'State contains an invalid node' });
  });
});

describe('"Interacting with shadows"', () => {
  test('"Optimistic locking": an update of another version is rejected, one of this version accepted', () => {
    const world = new ShadowWorld();
    for (let version = 1; version <= 10; version++)
      world.update(LAMP, { desired: { colors: ['RED', 'GREEN', 'BLUE'] } });
    const state = { desired: { colors: ['BLUE'] } };
    const clientToken = '426bfd96-e720-46d3-95cd-014e3ef12bb6';
    expect(world.refusal('update', LAMP, { state, version: 9, clientToken })).toEqual({
      code: 409,
      message: 'Version conflict',
      clientToken,
    });
    expect(world.update(LAMP, state, { version: 10 })['accepted']).toMatchObject({ version: 11 });
    expect(world.get(LAMP)).toMatchObject({ state: { desired: { colors: ['BLUE'] } }, version: 11 });
  });

  test('"Deleting a property": null removes the member and nothing else', () => {
    const world = new ShadowWorld();
    world.update(LAMP, { desired: { color: { r: 10 }, engine: 'ON' } });
    expect(world.update(LAMP, { desired: { engine: null } })['accepted']).toMatchObject({
      state: { desired: { engine: null } },
    });
    expect(world.get(LAMP)['state']).toEqual({ desired: { color: { r: 10 } }, delta: { color: { r: 10 } } });
  });

  test('"Deleting a shadow": the answer is the version and the time', () => {
    const world = new ShadowWorld();
    for (let version = 1; version <= 4; version++) world.update(LAMP, { reported: { version } });
    expect(world.perform('delete', LAMP)).toEqual({ accepted: { version: 4, timestamp: 1591140517 } });
    expect(world.refusal('get', LAMP)).toEqual({ code: 404, message: "No shadow exists with name: 'lamp'" });
  });
});
