import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ISubscription } from 'mqtt-packet';

import { ManualClock } from '../../../../twin/clock.ts';
import { openFrontDoor, type FrontDoor, type RawClient } from './front-door.ts';

let clock: ManualClock;
let door: FrontDoor;
beforeEach(async () => {
  clock = new ManualClock(Date.now());
  door = await openFrontDoor({ clock });
});
afterEach(() => door.close());

async function connected(protocolVersion: 4 | 5, clientId = 'car'): Promise<RawClient> {
  const client = await door.raw();
  await client.connect({ clientId, protocolVersion });
  return client;
}

async function subscribe(client: RawClient, ...subscriptions: ISubscription[]): Promise<unknown> {
  client.write({ cmd: 'subscribe', messageId: 1, subscriptions });
  return (await client.expect('suback')).granted;
}

const publish = (
  topic: string,
  options: { qos?: 0 | 1; retain?: boolean; payload?: string; properties?: object } = {},
): Promise<void> =>
  door.broker.publish({
    topic,
    payload: Buffer.from(options.payload ?? 'x'),
    qos: options.qos ?? 1,
    retain: options.retain ?? false,
    properties: options.properties,
    source: { protocol: 'service' },
    receivedAt: clock.now(),
  });

describe('SUBACK', () => {
  test.each<[string, string, number, number]>([
    ['a plain filter', 'dt/#', 1, 1],
    ['lifecycle events', '$aws/events/#', 1, 1],
    ['Basic Ingest', '$aws/rules/telemetry/#', 0x80, 0x8f],
    ['$SYS', '$SYS/#', 0x80, 0x8f],
    ['a misplaced wildcard', 'a/#/b', 0x80, 0x8f],
    ['too many slashes', 'a/b/c/d/e/f/g/h/i', 0x80, 0x8f],
    ['a broken share', '$share//a', 0x80, 0x8f],
    ['a shared Basic Ingest topic', '$share/g/$aws/rules/telemetry/#', 0x80, 0x8f],
    ['what the policy denies', 'secret/#', 0x80, 0x87],
  ])('for %s (%s)', async (_name, topic, old, current) => {
    door.authorize = (action, resource) => !(action === 'iot:Subscribe' && resource.startsWith('secret'));
    expect(await subscribe(await connected(4, 'old'), { topic, qos: 1 })).toEqual([old]);
    expect(await subscribe(await connected(5, 'current'), { topic, qos: 1 })).toEqual([current]);
  });

  test('grants each filter on its own', async () => {
    door.authorize = (_action, resource) => resource !== 'no';
    const client = await connected(5);
    expect(await subscribe(client, { topic: 'a', qos: 0 }, { topic: 'no', qos: 1 }, { topic: 'b', qos: 1 })).toEqual([
      0, 0x87, 1,
    ]);
    expect(door.broker.listSubscriptions('car')).toEqual([
      { topicFilter: 'a', qos: 0 },
      { topicFilter: 'b', qos: 1 },
    ]);
    expect(door.log).toContainEqual(
      expect.objectContaining({ eventType: 'Subscribe', reason: 'AUTHORIZATION_FAILED', topicName: 'no' }),
    );
  });

  test('refuses a ninth filter in one packet, and a fifty-first on one connection', async () => {
    const client = await connected(5);
    const filters = (count: number, prefix: string): ISubscription[] =>
      Array.from({ length: count }, (_, index) => ({ topic: `${prefix}/${index}`, qos: 0 }));
    expect(await subscribe(client, ...filters(9, 'nine'))).toEqual(Array(9).fill(0x97));
    for (let packet = 0; packet < 6; packet += 1)
      expect(await subscribe(client, ...filters(8, `p${packet}`))).toEqual(Array(8).fill(0));
    expect(await subscribe(client, ...filters(3, 'last'))).toEqual([0, 0, 0x97]);
    expect(await subscribe(client, { topic: 'p0/0', qos: 1 })).toEqual([1]);
  });

  test('is missing for QoS 2 in MQTT 3.1.1', async () => {
    const client = await connected(4);
    client.write({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a', qos: 2 }] });
    await client.ping();
    expect(door.broker.listSubscriptions('car')).toEqual([]);
  });

  test('grants QoS 1 for QoS 2, where that is chosen', async () => {
    await door.close();
    door = await openFrontDoor({ clock, behaviour: { subscribeQos2: 'grant-1' } });
    expect(await subscribe(await connected(4), { topic: 'a', qos: 2 })).toEqual([1]);
  });
});

describe('DISCONNECT of MQTT 5', () => {
  test.each<[string, object, number]>([
    ['QoS 2', { subscriptions: [{ topic: 'a', qos: 2 }] }, 0x9b],
    [
      'a subscription identifier',
      { subscriptions: [{ topic: 'a', qos: 1 }], properties: { subscriptionIdentifier: 5 } },
      0xa1,
    ],
    ['No Local on a shared subscription', { subscriptions: [{ topic: '$share/g/a', qos: 1, nl: true }] }, 0x82],
  ])('answers %s', async (_name, packet, reasonCode) => {
    const client = await connected(5);
    client.write({ cmd: 'subscribe', messageId: 1, ...packet } as never);
    expect(await client.expect('disconnect')).toMatchObject({ reasonCode });
  });
});

describe('delivery', () => {
  test('asks iot:Receive for each message', async () => {
    door.authorize = (action, resource) => !(action === 'iot:Receive' && resource === 'dt/secret');
    const client = await connected(4);
    await subscribe(client, { topic: 'dt/+', qos: 1 });
    await publish('dt/secret');
    await publish('dt/open');
    expect(await client.expect('publish')).toMatchObject({ topic: 'dt/open' });
    expect(door.log).toContainEqual(
      expect.objectContaining({ eventType: 'Publish-Out', reason: 'AUTHORIZATION_FAILED', topicName: 'dt/secret' }),
    );
  });

  test('of overlapping filters happens once, at the higher QoS', async () => {
    const client = await connected(4);
    await subscribe(client, { topic: 'dt/#', qos: 0 }, { topic: 'dt/+', qos: 1 }, { topic: '#', qos: 0 });
    await publish('dt/a');
    expect(await client.expect('publish')).toMatchObject({ topic: 'dt/a', qos: 1 });
    await client.ping();
  });

  test('carries the properties of MQTT 5, and only the message to MQTT 3.1.1', async () => {
    const [current, old] = [await connected(5, 'current'), await connected(4, 'old')];
    await subscribe(current, { topic: 'a', qos: 1 });
    await subscribe(old, { topic: 'a', qos: 1 });
    const properties = {
      contentType: 'text/plain',
      responseTopic: 'r',
      correlationData: Buffer.from('c'),
      payloadFormatIndicator: true,
    };
    await publish('a', { properties: { ...properties, userProperties: [['k', 'v']], messageExpiryInterval: 60 } });
    expect((await current.expect('publish')).properties).toEqual({
      ...properties,
      userProperties: { __proto__: null, k: 'v' },
      messageExpiryInterval: 60,
    });
    const plain = await old.expect('publish');
    expect(plain.payload.toString()).toBe('x');
    expect(plain.properties).toBeUndefined();
  });

  test('leaves out the publisher with No Local', async () => {
    const client = await connected(5);
    await subscribe(client, { topic: 'a', qos: 1, nl: true });
    client.write({ cmd: 'publish', topic: 'a', payload: 'mine', qos: 0, dup: false, retain: false });
    await publish('a', { payload: 'theirs' });
    expect((await client.expect('publish')).payload.toString()).toBe('theirs');
  });

  test('respects the client’s receive maximum and packet size', async () => {
    const client = await door.raw();
    await client.connect({
      clientId: 'small',
      protocolVersion: 5,
      properties: { receiveMaximum: 2, maximumPacketSize: 50 },
    });
    await subscribe(client, { topic: 'a', qos: 1 });
    await publish('a', { payload: 'x'.repeat(60) });
    for (const payload of ['1', '2', '3']) await publish('a', { payload });
    const first = await client.expect('publish');
    expect(first.payload.toString()).toBe('1');
    expect((await client.expect('publish')).payload.toString()).toBe('2');
    await client.ping();
    client.write({ cmd: 'puback', messageId: first.messageId, reasonCode: 0 });
    expect((await client.expect('publish')).payload.toString()).toBe('3');
  });

  test('is repeated without DUP when there is no PUBACK', async () => {
    const client = await connected(4);
    await subscribe(client, { topic: 'a', qos: 1 });
    await publish('a');
    const first = await client.expect('publish');
    await clock.advance(31_000);
    expect(await client.expect('publish')).toMatchObject({ messageId: first.messageId, dup: false });
    client.write({ cmd: 'puback', messageId: first.messageId });
    await client.ping();
    await clock.advance(29_000);
    await client.ping();
    await clock.advance(5000);
    await client.ping();
  });

  test('stops after UNSUBSCRIBE', async () => {
    const client = await connected(5);
    await subscribe(client, { topic: 'a', qos: 1 });
    client.write({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a', 'never', 'b/#/c'] });
    expect((await client.expect('unsuback')).granted).toEqual([0, 0, 0x8f]);
    await publish('a');
    await client.ping();
  });
});

describe('retained messages', () => {
  test('greet a subscriber of the exact topic, with the flag set', async () => {
    await publish('status', { retain: true, payload: 'on' });
    const client = await connected(4);
    await subscribe(client, { topic: 'status', qos: 1 });
    expect(await client.expect('publish')).toMatchObject({ topic: 'status', retain: true, qos: 1 });
    await publish('status', { payload: 'live' });
    expect(await client.expect('publish')).toMatchObject({ retain: false });
  });

  test.each(['#', '+', 'stat/+', '$share/g/status'])('do not greet a subscriber of %s', async (topic) => {
    await publish('status', { retain: true });
    const client = await connected(4);
    await subscribe(client, { topic, qos: 1 });
    await client.ping();
    expect(door.broker.counters().messagesOut).toBe(0);
  });

  test.each([
    [0, true, true],
    [1, true, false],
    [2, false, false],
  ])('follow retain handling %i', async (rh, first, second) => {
    await publish('status', { retain: true });
    const client = await connected(5);
    for (const expected of [first, second]) {
      await subscribe(client, { topic: 'status', qos: 0, rh });
      if (expected) expect(await client.expect('publish')).toMatchObject({ retain: true });
      await client.ping();
    }
  });

  test('are listed, replaced after a second, deleted by an empty one, and expire', async () => {
    await publish('b', { retain: true, payload: 'one' });
    await publish('a', { retain: true, payload: 'two', properties: { messageExpiryInterval: 10 } });
    await publish('b', { retain: true, payload: 'too soon' });
    expect(door.broker.listRetained()).toEqual([
      { topic: 'a', payloadSize: 3, qos: 1, lastModifiedTime: clock.now() },
      { topic: 'b', payloadSize: 3, qos: 1, lastModifiedTime: clock.now() },
    ]);
    expect(door.broker.getRetained('b')!.payload.toString()).toBe('one');
    await clock.advance(10_000);
    await publish('b', { retain: true, payload: '' });
    expect(door.broker.listRetained()).toEqual([]);
    expect(door.broker.getRetained('b')).toBeUndefined();
  });

  test('do not exist on reserved topics', async () => {
    await publish('$aws/things/car/shadow/update/accepted', { retain: true });
    expect(door.broker.listRetained()).toEqual([]);
  });

  test('keep their flag for a subscriber that wants it as published', async () => {
    const client = await connected(5);
    await subscribe(client, { topic: 'status', qos: 0, rap: true });
    await publish('status', { retain: true });
    expect(await client.expect('publish')).toMatchObject({ retain: true });
  });
});
