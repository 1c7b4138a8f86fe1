import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { IConnectPacket } from 'mqtt-packet';

import { ManualClock } from '../../../../twin/clock.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { openFrontDoor, type FrontDoor, type RawClient } from './front-door.ts';

let clock: ManualClock;
let door: FrontDoor;
beforeEach(async () => {
  clock = new ManualClock(Date.now());
  door = await openFrontDoor({ clock });
});
afterEach(() => door.close());

async function connected(
  options: Partial<IConnectPacket> & { clientId: string },
): Promise<{ client: RawClient; sessionPresent: boolean }> {
  const client = await door.raw();
  const { sessionPresent } = await client.connect({ clean: false, ...options });
  return { client, sessionPresent };
}

async function subscribed(clientId: string, filter: string, options: Partial<IConnectPacket> = {}): Promise<RawClient> {
  const { client } = await connected({ clientId, ...options });
  client.write({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos: 1 }] });
  await client.expect('suback');
  return client;
}

async function leave(client: RawClient): Promise<void> {
  client.write({ cmd: 'disconnect', reasonCode: 0 });
  expect(await client.next()).toBe('closed');
}

const publish = (payload: string, properties?: object, qos: 0 | 1 = 1): Promise<void> =>
  door.broker.publish({
    topic: 'cmd/car',
    payload: Buffer.from(payload),
    qos,
    retain: false,
    properties,
    source: { protocol: 'service' },
    receivedAt: clock.now(),
  });

describe('a persistent session', () => {
  test.each([
    [4, {}],
    [5, { properties: { sessionExpiryInterval: 600 } }],
  ] as const)('of MQTT %i receives what came while it was away, in order', async (protocolVersion, options) => {
    await leave(await subscribed('car', 'cmd/#', { protocolVersion, ...options }));
    await publish('dropped', undefined, 0);
    for (const payload of ['1', '2', '3']) await publish(payload);
    const { client, sessionPresent } = await connected({ clientId: 'car', protocolVersion, ...options });
    expect(sessionPresent).toBe(true);
    for (const payload of ['1', '2', '3']) expect((await client.expect('publish')).payload.toString()).toBe(payload);
    await publish('4');
    expect((await client.expect('publish')).payload.toString()).toBe('4');
  });

  test('gets ten stored messages a second', async () => {
    await leave(await subscribed('car', 'cmd/#'));
    for (let index = 0; index < 25; index += 1) await publish(String(index));
    const { client } = await connected({ clientId: 'car' });
    const received: number[] = [];
    void (async () => {
      for (;;) {
        const packet = await client.next();
        if (packet === 'closed') return;
        if (packet.cmd === 'publish') {
          received.push(Number(packet.payload));
          client.write({ cmd: 'puback', messageId: packet.messageId });
        }
      }
    })();
    const settle = async (): Promise<void> => {
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    };
    await settle();
    expect(received).toHaveLength(10);
    await clock.advance(1000);
    await settle();
    expect(received).toHaveLength(20);
    await clock.advance(1000);
    await settle();
    expect(received).toEqual(Array.from({ length: 25 }, (_, index) => index));
  });

  test('sends again what was not acknowledged before the connection broke', async () => {
    const client = await subscribed('car', 'cmd/#');
    await publish('1');
    await client.expect('publish');
    client.socket.destroy();
    while (door.broker.counters().connected > 0) await new Promise((resolve) => setImmediate(resolve));
    await publish('2');
    const { client: back } = await connected({ clientId: 'car' });
    expect(await back.expect('publish')).toMatchObject({ payload: Buffer.from('1'), dup: false });
    expect(await back.expect('publish')).toMatchObject({ payload: Buffer.from('2') });
  });

  test('does not send what expired meanwhile, and counts down what did not', async () => {
    const options = { protocolVersion: 5, properties: { sessionExpiryInterval: 3600 } } as const;
    await leave(await subscribed('car', 'cmd/#', options));
    await publish('short', { messageExpiryInterval: 10 });
    await publish('long', { messageExpiryInterval: 100 });
    await clock.advance(30_000);
    const { client } = await connected({ clientId: 'car', ...options });
    expect(await client.expect('publish')).toMatchObject({
      payload: Buffer.from('long'),
      properties: { messageExpiryInterval: 70 },
    });
  });

  test('ends after an hour away', async () => {
    await leave(await subscribed('car', 'cmd/#'));
    await clock.advance(3_599_000);
    expect(door.broker.listSubscriptions('car')).toHaveLength(1);
    await clock.advance(2000);
    expect(door.broker.listSubscriptions('car')).toBeUndefined();
    expect((await connected({ clientId: 'car' })).sessionPresent).toBe(false);
  });

  test('ends with a clean start', async () => {
    await leave(await subscribed('car', 'cmd/#'));
    await publish('1');
    const { client, sessionPresent } = await connected({ clientId: 'car', clean: true });
    expect(sessionPresent).toBe(false);
    await client.ping();
  });

  test('cannot be resumed in another version of MQTT', async () => {
    await leave(await subscribed('car', 'cmd/#'));
    const { sessionPresent } = await connected({
      clientId: 'car',
      protocolVersion: 5,
      properties: { sessionExpiryInterval: 60 },
    });
    expect(sessionPresent).toBe(false);
  });

  test('of MQTT 5 changes its expiry when the client leaves', async () => {
    const client = await subscribed('car', 'cmd/#', { protocolVersion: 5, properties: { sessionExpiryInterval: 600 } });
    client.write({ cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 0 } });
    expect(await client.next()).toBe('closed');
    expect(door.broker.listSubscriptions('car')).toBeUndefined();
  });

  test('cannot begin when an MQTT 5 client leaves', async () => {
    const { client } = await connected({ clientId: 'car', protocolVersion: 5, clean: true });
    client.write({ cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 10 } });
    expect(await client.expect('disconnect')).toMatchObject({ reasonCode: 0x82 });
  });
});

test('a session that is not persistent leaves nothing', async () => {
  const client = await subscribed('car', 'cmd/#', { clean: true });
  await leave(client);
  expect(door.broker.listSubscriptions('car')).toBeUndefined();
});

describe('a restart', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'broker-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  async function restart(kill: boolean): Promise<void> {
    // A killed twin gets no chance to tidy up: its broker is closed only after the next one has read the file.
    const previous = door;
    if (!kill) await previous.close();
    door = await openFrontDoor({ clock, store: openStore(join(folder, 'state.db')) });
    if (kill) await previous.close();
  }

  test.each([false, true])('keeps sessions, queues and retained messages (killed: %p)', async (kill) => {
    await door.close();
    door = await openFrontDoor({ clock, store: openStore(join(folder, 'state.db')) });
    await leave(await subscribed('car', 'cmd/#'));
    const online = await subscribed('van', 'cmd/+');
    await publish('while away', { correlationData: Buffer.from([1, 2]), contentType: 'x' });
    await online.expect('publish');
    await door.broker.publish({
      topic: 'bc/all',
      payload: Buffer.from('kept'),
      qos: 1,
      retain: true,
      source: { protocol: 'service' },
      receivedAt: clock.now(),
    });

    await restart(kill);
    expect(door.broker.getRetained('bc/all')!.payload.toString()).toBe('kept');
    for (const clientId of ['car', 'van']) {
      const { client, sessionPresent } = await connected({ clientId });
      expect(sessionPresent).toBe(true);
      expect(await client.expect('publish')).toMatchObject({ topic: 'cmd/car', payload: Buffer.from('while away') });
      client.write({ cmd: 'puback', messageId: 1 });
      await client.ping();
    }
    await publish('afterwards');

    await restart(kill);
    const { client } = await connected({ clientId: 'car' });
    expect(await client.expect('publish')).toMatchObject({ payload: Buffer.from('afterwards') });
  });

  test('keeps what waits in a shared subscription', async () => {
    await door.close();
    door = await openFrontDoor({ clock, store: openStore(join(folder, 'state.db')) });
    await leave(await subscribed('worker', '$share/workers/cmd/#'));
    await publish('job');
    await restart(false);
    const { client } = await connected({ clientId: 'worker' });
    expect(await client.expect('publish')).toMatchObject({ payload: Buffer.from('job') });
  });
});

describe('the queue quota of the account', () => {
  test('is 500 messages a second', async () => {
    await leave(await subscribed('car', 'cmd/#'));
    for (let index = 0; index < 510; index += 1) await publish(String(index));
    expect(door.broker.counters()).toMatchObject({ throttled: 10, droppedOut: 10 });
  });
});
