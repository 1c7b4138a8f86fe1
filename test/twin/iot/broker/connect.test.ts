import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { ManualClock } from '../../../../twin/clock.ts';
import type { RefusalReason } from '../../../../twin/iot/broker/ports.ts';
import { openFrontDoor, type FrontDoor } from './front-door.ts';

let clock: ManualClock;
let door: FrontDoor;
beforeEach(async () => {
  clock = new ManualClock(Date.now());
  door = await openFrontDoor({ clock });
});
afterEach(() => door.close());

describe('CONNACK', () => {
  test('of MQTT 5 announces what IoT Core supports', async () => {
    const client = await door.raw();
    expect(await client.connect({ clientId: 'car', protocolVersion: 5, keepalive: 60 })).toMatchObject({
      reasonCode: 0,
      sessionPresent: false,
      properties: {
        maximumQoS: 1,
        receiveMaximum: 100,
        topicAliasMaximum: 8,
        maximumPacketSize: 149_504,
        retainAvailable: true,
        wildcardSubscriptionAvailable: true,
        sharedSubscriptionAvailable: true,
        subscriptionIdentifiersAvailable: false,
      },
    });
  });

  test.each([
    [10, 30],
    [0, 1200],
    [1300, 1200],
  ])('answers a keep-alive of %i s with %i s', async (keepalive, serverKeepAlive) => {
    const client = await door.raw();
    expect((await client.connect({ clientId: 'car', protocolVersion: 5, keepalive })).properties).toMatchObject({
      serverKeepAlive,
    });
  });

  test('limits the session expiry to the account’s', async () => {
    const client = await door.raw();
    const { properties } = await client.connect({
      clientId: 'car',
      protocolVersion: 5,
      properties: { sessionExpiryInterval: 0xffffffff },
    });
    expect(properties).toMatchObject({ sessionExpiryInterval: 3600 });
  });

  test('names an MQTT 5 client that left its id empty', async () => {
    const client = await door.raw();
    const { properties } = await client.connect({ clientId: '', protocolVersion: 5 });
    expect(properties?.assignedClientIdentifier).toBe(door.admitted[0]!.clientId);
    expect(properties?.assignedClientIdentifier).toMatch(/^\$GEN\//);
  });

  test.each<[RefusalReason, number, number]>([
    ['NOT_AUTHORIZED', 5, 0x87],
    ['BAD_CREDENTIALS', 4, 0x86],
    ['SERVER_UNAVAILABLE', 3, 0x80],
    ['CLIENT_ID_INVALID', 2, 0x85],
  ])('says %s as %i in MQTT 3.1.1 and %i in MQTT 5, and closes', async (refused, returnCode, reasonCode) => {
    door.admit = () => ({ refused, detail: 'because of the test' });
    const [old, current] = [await door.raw(), await door.raw()];
    expect(await old.connect({ clientId: 'car' })).toMatchObject({ returnCode });
    expect(await old.next()).toBe('closed');
    expect(await current.connect({ clientId: 'car', protocolVersion: 5 })).toMatchObject({ reasonCode });
    expect(await current.next()).toBe('closed');
    expect(door.log.at(-1)).toMatchObject({ eventType: 'Connect', status: 'Failure', details: 'because of the test' });
  });

  test('says that the server is unavailable when the gatekeeper fails', async () => {
    door.admit = () => Promise.reject(new Error('registry is gone'));
    const client = await door.raw();
    expect(await client.connect({ clientId: 'car' })).toMatchObject({ returnCode: 3 });
    expect(door.log.at(-1)!.details).toContain('registry is gone');
  });

  test.each([
    ['a client id of 129 bytes', { clientId: 'x'.repeat(129) }, 0x85],
    ['a will with QoS 2', { clientId: 'a', will: { topic: 't', payload: 'x', qos: 2 as const } }, 0x9b],
    ['a will on a wildcard', { clientId: 'a', will: { topic: 't/#', payload: 'x', qos: 1 as const } }, 0x90],
  ])('refuses %s', async (_name, options, reasonCode) => {
    const client = await door.raw();
    expect(await client.connect({ ...options, protocolVersion: 5 })).toMatchObject({ reasonCode });
    expect(door.admitted).toEqual([]);
  });

  test('refuses an MQTT 3.1.1 client that wants to keep a session without a name', async () => {
    const client = await door.raw();
    const connect = Buffer.from('100c00044d5154540400003c0000', 'hex');
    client.write(connect);
    expect(await client.expect('connack')).toMatchObject({ returnCode: 2 });
  });

  test.each([
    ['MQTT 3.1', '101000064d51497364700302003c000463617231'],
    ['level 6', '100f00044d5154540602003c0003636172'],
    ['a bridge', '100f00044d5154548402003c0003636172'],
  ])('refuses %s with return code 1', async (_name, connect) => {
    const client = await door.raw();
    client.write(Buffer.from(connect, 'hex'));
    expect(await client.expect('connack')).toMatchObject({ returnCode: 1 });
    expect(await client.next()).toBe('closed');
  });
});

describe('a connection', () => {
  test('asks the gatekeeper with the will and the wish for a lasting session', async () => {
    const client = await door.raw();
    await client.connect({
      clientId: 'car',
      clean: false,
      username: 'u',
      password: Buffer.from('p'),
      will: { topic: 'lwt', payload: 'x', qos: 1, retain: true },
    });
    expect(door.admitted[0]).toMatchObject({
      transport: 'tls',
      clientId: 'car',
      cleanStart: false,
      persistent: true,
      username: 'u',
      password: Buffer.from('p'),
      lastWill: { topic: 'lwt', retain: true },
    });
    expect(door.admitted[0]!.certificate!.pem).toContain('BEGIN CERTIFICATE');
  });

  test('without a server name is refused, and the log says why', async () => {
    const client = await door.raw({ serverName: '' });
    expect(await client.next()).toBe('closed');
    expect(door.log).toEqual([expect.objectContaining({ details: expect.stringContaining('SNI') })]);
  });

  test('needs no certificate as far as TLS goes: the gatekeeper decides', async () => {
    const client = await door.raw({ identity: null });
    expect(await client.connect({ clientId: 'phone' })).toMatchObject({ returnCode: 0 });
    expect(door.admitted[0]!.certificate).toBeUndefined();
  });

  test.each([[['x-amzn-mqtt-ca']], [['mqtt']]])('speaks MQTT under ALPN %j', async (alpn) => {
    const client = await door.raw({ alpn });
    expect(await client.connect({ clientId: 'car' })).toMatchObject({ returnCode: 0 });
    expect(client.socket.alpnProtocol).toBe(alpn[0]);
  });

  test('that sends no CONNECT is closed', async () => {
    const client = await door.raw();
    await clock.advance(15_000);
    expect(await client.next()).toBe('closed');
  });

  test('is taken over by the same client id with 0x8E', async () => {
    const first = await door.raw();
    await first.connect({ clientId: 'car', protocolVersion: 5 });
    const second = await door.raw();
    await second.connect({ clientId: 'car' });
    expect(await first.expect('disconnect')).toMatchObject({ reasonCode: 0x8e });
    expect(await first.next()).toBe('closed');
    await second.ping();
    expect(door.broker.counters().connected).toBe(1);
  });

  test('silent for one and a half keep-alives ends with 0x8D', async () => {
    const client = await door.raw();
    await client.connect({ clientId: 'car', protocolVersion: 5, keepalive: 30 });
    await clock.advance(44_000);
    await client.ping();
    await clock.advance(44_000);
    await client.ping();
    await clock.advance(48_000);
    expect(await client.expect('disconnect')).toMatchObject({ reasonCode: 0x8d });
  });

  test('ends when its authorization does', async () => {
    const admit = door.admit;
    door.admit = async (request) => ({
      ...(await admit(request)),
      principal: 'p',
      authorize: () => true,
      expiresAt: clock.now() + 300_000,
    });
    const client = await door.raw();
    await client.connect({ clientId: 'phone', protocolVersion: 5, keepalive: 1200 });
    await clock.advance(299_000);
    await client.ping();
    await clock.advance(2000);
    expect(await client.expect('disconnect')).toMatchObject({ reasonCode: 0x98 });
    expect(door.broker.getConnection('phone')).toMatchObject({ disconnectReason: 'CUSTOMAUTH_TTL_EXPIRATION' });
  });

  test('of a revoked certificate is ended', async () => {
    const client = await door.raw();
    await client.connect({ clientId: 'car', protocolVersion: 5 });
    expect(door.broker.disconnectPrincipal('another')).toBe(0);
    expect(door.broker.disconnectPrincipal(door.vehicle.certificateId)).toBe(1);
    expect(await client.expect('disconnect')).toMatchObject({ reasonCode: 0x87 });
  });

  test('is throttled after ten attempts of one client id in a second', async () => {
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const client = await door.raw();
      expect(await client.connect({ clientId: 'storm', protocolVersion: 5 })).toMatchObject({ reasonCode: 0 });
    }
    const client = await door.raw();
    expect(await client.connect({ clientId: 'storm', protocolVersion: 5 })).toMatchObject({ reasonCode: 0x97 });
  });
});
