import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { IPublishPacket } from 'mqtt-packet';

import { ManualClock } from '../../../../twin/clock.ts';
import { openFrontDoor, type FrontDoor, type RawClient } from './front-door.ts';

let clock: ManualClock;
let door: FrontDoor;
beforeEach(async () => {
  clock = new ManualClock(Date.now());
  door = await openFrontDoor({ clock });
});
afterEach(() => door.close());

const publish = (packet: Partial<IPublishPacket>): IPublishPacket => ({
  cmd: 'publish',
  topic: 'dt/car',
  payload: 'x',
  qos: 1,
  messageId: 1,
  dup: false,
  retain: false,
  ...packet,
});

async function connected(protocolVersion: 4 | 5, clientId = 'car'): Promise<RawClient> {
  const client = await door.raw();
  await client.connect({ clientId, protocolVersion });
  return client;
}

describe('a refused PUBLISH', () => {
  beforeEach(() => void (door.authorize = (action) => action !== 'iot:Publish'));

  test('ends an MQTT 3.1.1 connection and names the action in the log', async () => {
    const client = await connected(4);
    client.write(publish({}));
    expect(await client.next()).toBe('closed');
    expect(door.log).toContainEqual(
      expect.objectContaining({
        reason: 'AUTHORIZATION_FAILED',
        topicName: 'dt/car',
        clientId: 'car',
        principalId: door.vehicle.certificateId,
      }),
    );
    expect(door.ingested.map(({ topic }) => topic)).not.toContain('dt/car');
    expect(door.broker.getConnection('car')).toMatchObject({ connected: false, disconnectReason: 'AUTH_ERROR' });
  });

  test('is answered with 0x87 in MQTT 5 at QoS 1, and the connection stays', async () => {
    const client = await connected(5);
    client.write(publish({ messageId: 9 }));
    expect(await client.expect('puback')).toMatchObject({ messageId: 9, reasonCode: 0x87 });
    await client.ping();
  });

  test('ends an MQTT 5 connection with 0x87 at QoS 0', async () => {
    const client = await connected(5);
    client.write(publish({ qos: 0 }));
    expect(await client.expect('disconnect')).toMatchObject({ reasonCode: 0x87 });
  });

  test('ends an MQTT 5 connection at QoS 1 too, where that is chosen', async () => {
    await door.close();
    door = await openFrontDoor({ clock, behaviour: { unauthorizedPublish: 'disconnect' } });
    door.authorize = () => false;
    const client = await connected(5);
    client.write(publish({}));
    expect(await client.expect('disconnect')).toMatchObject({ reasonCode: 0x87 });
  });
});

test('retaining needs iot:RetainPublish as well', async () => {
  door.authorize = (action) => action !== 'iot:RetainPublish';
  const client = await connected(5);
  client.write(publish({ messageId: 1, retain: true }));
  expect(await client.expect('puback')).toMatchObject({ reasonCode: 0x87 });
  client.write(publish({ messageId: 2 }));
  expect(await client.expect('puback')).toMatchObject({ reasonCode: 0 });
});

describe('reason codes of MQTT 5', () => {
  test.each<[string, Partial<IPublishPacket>, number]>([
    ['nine levels', { topic: 'a/b/c/d/e/f/g/h/i' }, 0x90],
    ['257 bytes of topic', { topic: 'x'.repeat(257) }, 0x90],
    ['a topic of $SYS', { topic: '$SYS/x' }, 0x90],
    ['a lifecycle topic', { topic: '$aws/events/presence/connected/x' }, 0x90],
    ['a payload over 128 KB', { payload: Buffer.alloc(131_073) }, 0x97],
    ['more than 8 KB of user properties', { properties: { userProperties: { a: 'x'.repeat(8193) } } }, 0x97],
    ['a content type of 257 bytes', { properties: { contentType: 'x'.repeat(257) } }, 0x97],
  ])('PUBACK for %s', async (_name, packet, reasonCode) => {
    const client = await connected(5);
    client.write(publish(packet));
    expect(await client.expect('puback')).toMatchObject({ reasonCode });
  });

  test.each<[string, Partial<IPublishPacket>, number]>([
    ['QoS 2', { qos: 2 }, 0x9b],
    ['a wildcard', { topic: 'a/#' }, 0x90],
    ['topic alias 9', { properties: { topicAlias: 9 } }, 0x94],
    ['an unknown topic alias', { topic: '', properties: { topicAlias: 3 } }, 0x82],
    ['a packet over 146 KB', { payload: Buffer.alloc(150_000) }, 0x97],
    ['a wildcard as response topic', { properties: { responseTopic: 'a/+' } }, 0x82],
    ['a reserved topic without a service', { topic: '$aws/things/car/jobs/get' }, 0x90],
  ])('DISCONNECT for %s', async (_name, packet, reasonCode) => {
    const client = await connected(5);
    client.write(publish(packet));
    expect(await client.expect('disconnect')).toMatchObject({ reasonCode });
  });
});

test('QoS 2 of MQTT 3.1.1 is not answered', async () => {
  const client = await connected(4);
  client.write(publish({ qos: 2 }));
  await client.ping();
  expect(door.ingested.map(({ topic }) => topic)).not.toContain('dt/car');
});

test('a topic alias stands for its topic until it is set anew', async () => {
  const client = await connected(5);
  client.write(publish({ messageId: 1, topic: 'first', properties: { topicAlias: 8 } }));
  client.write(publish({ messageId: 2, topic: '', properties: { topicAlias: 8 } }));
  client.write(publish({ messageId: 3, topic: 'second', properties: { topicAlias: 8 } }));
  client.write(publish({ messageId: 4, topic: '', properties: { topicAlias: 8 } }));
  for (let index = 0; index < 4; index += 1) await client.expect('puback');
  expect(door.ingested.filter(({ source }) => source.protocol === 'mqtt').map(({ topic }) => topic)).toEqual([
    'first',
    'first',
    'second',
    'second',
  ]);
});

describe('PUBACK', () => {
  test('waits for the rules, in the order of the PUBLISHes', async () => {
    const finish = new Map<string, () => void>();
    door.ingest = ({ topic }) =>
      topic.startsWith('slow') ? new Promise((resolve) => finish.set(topic, resolve)) : undefined;
    const client = await connected(4);
    client.write(publish({ topic: 'slow/1', messageId: 1 }));
    client.write(publish({ topic: 'fast', messageId: 2 }));
    client.write(publish({ topic: 'slow/2', messageId: 3 }));
    await client.ping();
    finish.get('slow/2')!();
    await client.ping();
    finish.get('slow/1')!();
    for (const messageId of [1, 2, 3]) expect(await client.expect('puback')).toMatchObject({ messageId });
  });

  test('says 0x80 in MQTT 5 when the rules fail, and is missing in MQTT 3.1.1', async () => {
    door.ingest = ({ topic }) => (topic === 'dt/car' ? Promise.reject(new Error('engine stopped')) : undefined);
    const [current, old] = [await connected(5, 'a'), await connected(4, 'b')];
    current.write(publish({}));
    expect(await current.expect('puback')).toMatchObject({ reasonCode: 0x80 });
    old.write(publish({}));
    await old.ping();
    expect(door.log).toContainEqual(expect.objectContaining({ reason: 'SERVER_ERROR', clientId: 'b' }));
  });

  test.each([4, 5] as const)('is owed for at most 100 messages before reading stops (version %i)', async (version) => {
    const waiting: (() => void)[] = [];
    door.ingest = ({ topic }) => (topic === 'dt/car' ? new Promise((resolve) => waiting.push(resolve)) : undefined);
    await door.close();
    const busy = await openFrontDoor({ clock, quotas: 'off' });
    busy.ingest = door.ingest;
    door = busy;
    const client = await connected(version);
    for (let messageId = 1; messageId <= 150; messageId += 1) client.write(publish({ messageId }));
    while (waiting.length < 100) await new Promise((resolve) => setImmediate(resolve));
    waiting.splice(0, 1)[0]!();
    expect(await client.expect('puback')).toMatchObject({ messageId: 1 });
    let acknowledged = 1;
    while (acknowledged < 150) {
      while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
      expect(waiting.length).toBeLessThanOrEqual(100);
      waiting.shift()!();
      acknowledged += 1;
      expect(await client.expect('puback')).toMatchObject({ messageId: acknowledged });
    }
  });

  test('is replaced by DISCONNECT 0x93 past 100, where that is chosen', async () => {
    await door.close();
    door = await openFrontDoor({ clock, quotas: 'off', behaviour: { receiveMaximumExceeded: 'disconnect' } });
    door.ingest = ({ topic }) => (topic === 'dt/car' ? new Promise(() => undefined) : undefined);
    const client = await connected(5);
    for (let messageId = 1; messageId <= 101; messageId += 1) client.write(publish({ messageId }));
    expect(await client.expect('disconnect')).toMatchObject({ reasonCode: 0x93 });
  });
});

test('rules that fall behind slow down QoS 0 as well', async () => {
  await door.close();
  door = await openFrontDoor({ clock, quotas: 'off' });
  const waiting: (() => void)[] = [];
  door.ingest = ({ topic }) => (topic === 'dt/car' ? new Promise((resolve) => waiting.push(resolve)) : undefined);
  const client = await connected(4);
  for (let index = 0; index < 150; index += 1) client.write(publish({ qos: 0 }));
  client.write({ cmd: 'pingreq' });
  while (waiting.length < 100) await new Promise((resolve) => setImmediate(resolve));
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(waiting).toHaveLength(100);
  for (const finish of waiting.splice(0)) finish();
  await client.expect('pingresp');
  expect(waiting).toHaveLength(50);
});

describe('quotas', () => {
  test('discard what a connection publishes past 100 a second', async () => {
    const client = await connected(5);
    for (let messageId = 1; messageId <= 101; messageId += 1) client.write(publish({ messageId }));
    for (let messageId = 1; messageId <= 100; messageId += 1)
      expect(await client.expect('puback')).toMatchObject({ reasonCode: 0 });
    expect(await client.expect('puback')).toMatchObject({ messageId: 101, reasonCode: 0x97 });
    await clock.advance(1000);
    client.write(publish({ messageId: 102 }));
    expect(await client.expect('puback')).toMatchObject({ reasonCode: 0 });
  });

  test('delay what a connection sends past 512 KB a second', async () => {
    const client = await connected(4);
    for (let messageId = 1; messageId <= 6; messageId += 1)
      client.write(publish({ messageId, payload: Buffer.alloc(120_000) }));
    let acknowledged = 0;
    void (async () => {
      while ((await client.next()) !== 'closed') acknowledged += 1;
    })();
    while (acknowledged < 4) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(acknowledged).toBeLessThan(6);
    while (acknowledged < 6) await clock.advance(200);
    expect(acknowledged).toBe(6);
  });

  test('are off altogether when switched off', async () => {
    await door.close();
    door = await openFrontDoor({ clock, quotas: 'off' });
    const client = await connected(5);
    client.write(publish({ messageId: 1, topic: 'a/b/c/d/e/f/g/h/i/j/k', payload: Buffer.alloc(200_000) }));
    expect(await client.expect('puback')).toMatchObject({ reasonCode: 0 });
    for (let messageId = 2; messageId <= 300; messageId += 1) client.write(publish({ messageId }));
    for (let messageId = 2; messageId <= 300; messageId += 1)
      expect(await client.expect('puback')).toMatchObject({ reasonCode: 0 });
  });
});

test('Basic Ingest reaches the rules and no subscriber', async () => {
  const subscriber = await connected(4, 'subscriber');
  subscriber.write({
    cmd: 'subscribe',
    messageId: 1,
    subscriptions: [
      { topic: '#', qos: 0 },
      { topic: 'dt/#', qos: 0 },
    ],
  });
  await subscriber.expect('suback');
  const client = await connected(4);
  client.write(publish({ topic: '$aws/rules/telemetry/dt/car' }));
  await client.expect('puback');
  await subscriber.ping();
  expect(door.ingested.map(({ topic }) => topic)).toContain('$aws/rules/telemetry/dt/car');
});

test('propagating attributes are added to every message of the thing', async () => {
  const admit = door.admit;
  door.admit = async (request) => ({
    ...(await admit(request)),
    principal: 'p',
    authorize: () => true,
    propagatedUserProperties: [['region', 'eu']],
  });
  const client = await connected(5);
  client.write(publish({ properties: { userProperties: { own: '1' } } }));
  await client.expect('puback');
  expect(door.ingested.at(-1)!.properties).toEqual({
    userProperties: [
      ['own', '1'],
      ['region', 'eu'],
    ],
  });
});

test('message expiry is kept within one second and seven days', async () => {
  const client = await connected(5);
  client.write(publish({ messageId: 1, properties: { messageExpiryInterval: 0 } }));
  client.write(publish({ messageId: 2, properties: { messageExpiryInterval: 999_999 } }));
  await client.expect('puback');
  await client.expect('puback');
  const published = door.ingested.filter(({ topic }) => topic === 'dt/car');
  expect(published.map(({ properties }) => properties?.messageExpiryInterval)).toEqual([1, 604_800]);
});
