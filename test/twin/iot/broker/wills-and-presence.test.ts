import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { ManualClock } from '../../../../twin/clock.ts';
import { openFrontDoor, type FrontDoor, type RawClient } from './front-door.ts';

let clock: ManualClock;
let door: FrontDoor;
beforeEach(async () => {
  clock = new ManualClock(Date.now());
  door = await openFrontDoor({ clock });
});
afterEach(() => door.close());

const WILL = { topic: 'lwt/car', payload: Buffer.from('gone'), qos: 1, retain: false } as const;

async function connected(protocolVersion: 4 | 5 = 5, clientId = 'car'): Promise<RawClient> {
  const client = await door.raw();
  await client.connect({ clientId, protocolVersion, keepalive: 30, will: WILL });
  return client;
}

const events = (): Record<string, unknown>[] =>
  door.ingested
    .filter(({ topic }) => topic.startsWith('$aws/events/'))
    .map(({ topic, payload }) => ({ topic, ...JSON.parse(payload.toString()) }));

const willsSent = (): string[] =>
  door.ingested.filter(({ topic }) => topic === WILL.topic).map(({ payload }) => payload.toString());

async function gone(): Promise<void> {
  while (door.broker.counters().connected > 0) await new Promise((resolve) => setImmediate(resolve));
}

describe('the end of a connection', () => {
  test.each<[string, string, number, (client: RawClient) => void | Promise<unknown>]>([
    [
      'the client leaves',
      'CLIENT_INITIATED_DISCONNECT',
      0,
      (client) => client.write({ cmd: 'disconnect', reasonCode: 0 }),
    ],
    [
      'the client leaves and wants its will',
      'CLIENT_INITIATED_DISCONNECT',
      1,
      (client) => client.write({ cmd: 'disconnect', reasonCode: 4 }),
    ],
    ['the network breaks', 'CONNECTION_LOST', 1, (client) => void client.socket.destroy()],
    ['the client falls silent', 'MQTT_KEEP_ALIVE_TIMEOUT', 1, () => clock.advance(47_000)],
    ['the client breaks the protocol', 'CLIENT_ERROR', 1, (client) => client.write(Buffer.from('f00100', 'hex'))],
    [
      'an unauthorized publish',
      'AUTH_ERROR',
      1,
      (client) => client.write({ cmd: 'publish', topic: 'no', payload: '', qos: 0, dup: false, retain: false }),
    ],
    ['the API ends it', 'API_INITIATED_DISCONNECT', 1, () => void door.broker.deleteConnection('car')],
    [
      'the API ends it without the will',
      'API_INITIATED_DISCONNECT',
      0,
      () => void door.broker.deleteConnection('car', { preventWillMessage: true }),
    ],
    [
      'its certificate is revoked',
      'FORBIDDEN_ACCESS',
      1,
      () => void door.broker.disconnectPrincipal(door.vehicle.certificateId),
    ],
  ])('because %s is %s and sends %i will', async (_name, disconnectReason, wills, end) => {
    door.authorize = (_action, resource) => resource !== 'no';
    const client = await connected();
    await end(client);
    await gone();
    expect(events().at(-1)).toMatchObject({
      topic: '$aws/events/presence/disconnected/car',
      eventType: 'disconnected',
      disconnectReason,
      clientInitiatedDisconnect: disconnectReason === 'CLIENT_INITIATED_DISCONNECT',
    });
    expect(willsSent()).toHaveLength(wills);
    expect(door.broker.getConnection('car')).toMatchObject({ connected: false, disconnectReason });
  });

  test('by takeover sends the first connection’s will', async () => {
    const first = await connected();
    const second = await connected();
    await first.expect('disconnect');
    expect(willsSent()).toEqual(['gone']);
    expect(
      events().map(({ eventType, disconnectReason, versionNumber }) => [eventType, disconnectReason, versionNumber]),
    ).toEqual([
      ['connected', undefined, 0],
      ['disconnected', 'DUPLICATE_CLIENTID', 0],
      ['connected', undefined, 1],
    ]);
    await second.ping();
  });

  test('sends no will that the policy denies', async () => {
    door.authorize = (_action, resource) => resource !== WILL.topic;
    (await connected()).socket.destroy();
    await gone();
    expect(willsSent()).toEqual([]);
    expect(door.log).toContainEqual(expect.objectContaining({ reason: 'AUTHORIZATION_FAILED', topicName: WILL.topic }));
  });

  test('sends a retained will with its properties', async () => {
    const client = await door.raw();
    await client.connect({
      clientId: 'car',
      protocolVersion: 5,
      will: {
        topic: 'state/car',
        payload: 'offline',
        qos: 1,
        retain: true,
        properties: { contentType: 'text', userProperties: { a: ['1', '2'], b: '3' } },
      },
    });
    client.socket.destroy();
    await gone();
    expect(door.ingested.find(({ topic }) => topic === 'state/car')).toMatchObject({
      retain: true,
      qos: 1,
      properties: {
        contentType: 'text',
        userProperties: [
          ['a', '1'],
          ['a', '2'],
          ['b', '3'],
        ],
      },
      source: { protocol: 'mqtt', clientId: 'car', principal: door.vehicle.certificateId },
    });
    expect(door.broker.getRetained('state/car')!.payload.toString()).toBe('offline');
  });
});

describe('lifecycle events', () => {
  test('have AWS’s members', async () => {
    const admit = door.admit;
    door.admit = async (request) => ({
      ...(await admit(request)),
      principal: 'c0ffee',
      authorize: () => true,
      exclusiveThingName: 'thing-1',
    });
    const client = await connected();
    client.write({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [
        { topic: 'a', qos: 0 },
        { topic: 'b', qos: 1 },
      ],
    });
    await client.expect('suback');
    client.write({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a'] });
    await client.expect('unsuback');
    client.write({ cmd: 'disconnect', reasonCode: 0 });
    await gone();
    const common = {
      clientId: 'car',
      thingName: 'thing-1',
      timestamp: clock.now(),
      principalIdentifier: 'c0ffee',
      sessionIdentifier: expect.any(String),
    };
    expect(events()).toEqual([
      {
        topic: '$aws/events/presence/connected/car',
        ...common,
        eventType: 'connected',
        ipAddress: '127.0.0.1',
        versionNumber: 0,
      },
      { topic: '$aws/events/subscriptions/subscribed/car', ...common, eventType: 'subscribed', topics: ['a', 'b'] },
      { topic: '$aws/events/subscriptions/unsubscribed/car', ...common, eventType: 'unsubscribed', topics: ['a'] },
      {
        topic: '$aws/events/presence/disconnected/car',
        ...common,
        eventType: 'disconnected',
        clientInitiatedDisconnect: true,
        disconnectReason: 'CLIENT_INITIATED_DISCONNECT',
        versionNumber: 0,
      },
    ]);
    expect(new Set(events().map(({ sessionIdentifier }) => sessionIdentifier)).size).toBe(1);
  });

  test('reach subscribers', async () => {
    const watcher = await connected(4, 'watcher');
    watcher.write({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [{ topic: '$aws/events/presence/connected/+', qos: 1 }],
    });
    await watcher.expect('suback');
    await connected(4, 'car');
    expect((await watcher.expect('publish')).topic).toBe('$aws/events/presence/connected/car');
  });

  test('count connections of a client until it was away for an hour', async () => {
    const versions: unknown[] = [];
    for (const away of [0, 3_599_000, 3_600_000]) {
      await clock.advance(away);
      const client = await connected();
      versions.push(events().at(-1)!['versionNumber']);
      client.write({ cmd: 'disconnect', reasonCode: 0 });
      await gone();
    }
    expect(versions).toEqual([0, 1, 0]);
  });

  test('are not sent for client ids with wildcards', async () => {
    await connected(4, 'car#1');
    expect(events()).toEqual([]);
  });

  test('tell of a connection that the policies refused', async () => {
    door.admit = () => ({ refused: 'NOT_AUTHORIZED', detail: 'no statement allows iot:Connect' });
    const client = await door.raw();
    await client.connect({ clientId: 'car' });
    expect(events()).toEqual([
      expect.objectContaining({
        topic: '$aws/events/presence/connect_failed/car',
        eventType: 'connect_failed',
        connectFailureReason: 'AUTHORIZATION_FAILED',
        principalIdentifier: door.vehicle.certificateId,
      }),
    ]);
  });
});

describe('GetConnection', () => {
  test('describes a connection, and for half an hour one that ended', async () => {
    const client = await connected();
    expect(door.broker.getConnection('car')).toEqual({
      clientId: 'car',
      connected: true,
      thingName: 'car',
      cleanSession: true,
      sourceIp: '127.0.0.1',
      sourcePort: client.socket.localPort,
      keepAliveDuration: 30,
      connectedSince: clock.now(),
      sessionExpiry: 0,
    });
    client.write({ cmd: 'disconnect', reasonCode: 0 });
    await gone();
    await clock.advance(29 * 60_000);
    expect(door.broker.getConnection('car')).toMatchObject({ connected: false });
    await clock.advance(60_000);
    expect(door.broker.getConnection('car')).toBeUndefined();
  });

  test('knows nothing of a client that never came', () => {
    expect(door.broker.getConnection('nobody')).toBeUndefined();
    expect(door.broker.deleteConnection('nobody')).toBe(false);
  });
});

test('DeleteConnection can forget the session', async () => {
  const client = await door.raw();
  await client.connect({ clientId: 'car', clean: false });
  expect(door.broker.deleteConnection('car')).toBe(true);
  expect(door.broker.listSubscriptions('car')).toEqual([]);
  expect(door.broker.deleteConnection('car', { cleanSession: true })).toBe(true);
  expect(door.broker.listSubscriptions('car')).toBeUndefined();
});
