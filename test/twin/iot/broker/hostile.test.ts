import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import mqttPacket, { type Packet } from 'mqtt-packet';

import { ManualClock } from '../../../../twin/clock.ts';
import { createBroker, type BrokerOptions } from '../../../../twin/iot/broker/broker.ts';
import { decodeControl } from '../../../../twin/iot/broker/control-packet.ts';
import { ProtocolViolation } from '../../../../twin/iot/broker/frames.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { openFrontDoor, type FrontDoor } from './front-door.ts';

let clock: ManualClock;
let door: FrontDoor;
beforeEach(async () => {
  clock = new ManualClock(Date.now());
  door = await openFrontDoor({ clock });
});
afterEach(() => door.close());

const generate = (packet: object, protocolVersion = 5): Buffer =>
  mqttPacket.generate(packet as Packet, { protocolVersion });

const VALID: Buffer[] = [
  generate({
    cmd: 'publish',
    topic: 'a/b',
    payload: 'x',
    qos: 1,
    messageId: 1,
    dup: false,
    retain: true,
    properties: { userProperties: { a: 'b' }, topicAlias: 1 },
  }),
  generate({
    cmd: 'subscribe',
    messageId: 2,
    subscriptions: [
      { topic: 'a/+', qos: 1 },
      { topic: '$share/g/b', qos: 0 },
    ],
    properties: { userProperties: { a: 'b' } },
  }),
  generate({ cmd: 'unsubscribe', messageId: 3, unsubscriptions: ['a/+'] }),
  generate({ cmd: 'puback', messageId: 1, reasonCode: 0x10 }),
  generate({ cmd: 'pingreq' }),
  generate({ cmd: 'disconnect', reasonCode: 4, properties: { sessionExpiryInterval: 9, reasonString: 'bye' } }),
  generate({ cmd: 'auth', reasonCode: 0 }),
  generate({ cmd: 'pubrel', messageId: 1 }),
  generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 5,
    clientId: 'z',
    clean: true,
    keepalive: 9,
    will: { topic: 't', payload: 'w', qos: 1, retain: false, properties: { contentType: 'x' } },
  }),
];

const mutated = fc
  .tuple(fc.constantFrom(...VALID), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat(), fc.boolean())
  .map(([packet, changes, cut, cuts]) => {
    const bytes = Buffer.from(packet);
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return cuts ? bytes.subarray(0, 1 + (cut % bytes.length)) : bytes;
  });
const stream = fc
  .array(
    fc.oneof(
      mutated,
      fc.constantFrom(...VALID),
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => Buffer.concat(parts));

describe('hostile bytes', () => {
  test('in control packets are violations and nothing else', () => {
    fc.assert(
      fc.property(mutated, fc.constantFrom(3, 4, 5), (bytes, version) => {
        try {
          decodeControl(bytes, version);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolViolation);
        }
      }),
      { numRuns: 5000 },
    );
    expect(decodeControl(generate({ cmd: 'pingreq' }), 5)).toMatchObject({ cmd: 'pingreq' });
  });

  test('after CONNECT end their own connection at most', async () => {
    const bystander = await door.raw();
    await bystander.connect({ clientId: 'bystander', keepalive: 1200 });
    let number = 0;
    await fc.assert(
      fc.asyncProperty(stream, fc.constantFrom(4, 5), fc.boolean(), async (bytes, protocolVersion, first) => {
        const client = await door.raw();
        number += 1;
        if (!first) await client.connect({ clientId: `hostile-${number}`, protocolVersion: protocolVersion as 4 });
        client.write(bytes);
        await bystander.ping();
        client.socket.destroy();
      }),
      { numRuns: 150 },
    );
    expect(door.log.filter(({ disconnectReason }) => disconnectReason === 'SERVER_ERROR')).toEqual([]);
    await bystander.ping();
  }, 20_000);

  test.each<[string, string]>([
    ['a packet that is not CONNECT', 'c000'],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex')],
    ['a reserved packet type', '0000'],
    ['a length of five bytes', '10ffffffffff'],
    ['a CONNECT of 200 MB', '10ffffff5f'],
    ['a CONNECT with the reserved flag', '100f00044d5154540403003c0003636172'],
    ['a CONNECT cut short', '100400044d51'],
  ])('%s instead of CONNECT close the connection', async (_name, digits) => {
    const client = await door.raw();
    client.write(Buffer.from(digits, 'hex'));
    expect(await client.next()).toBe('closed');
    expect(door.admitted).toEqual([]);
  });

  test.each<[string, string, number]>([
    ['a second CONNECT', '100d00044d5154540402003c000161', 0x82],
    ['PUBREL', '62020001', 0x82],
    ['AUTH', 'f000', 0x81],
    ['a SUBSCRIBE without filters', '8203000100', 0x82],
    ['a SUBSCRIBE without a packet identifier', '8207000000000161' + '00', 0x82],
    ['wrong header flags', '80080001000003612f6200', 0x81],
    ['SUBACK, which servers send', '9003000100', 0x82],
  ])('%s ends an MQTT 5 connection with a reason', async (_name, digits, reasonCode) => {
    const client = await door.raw();
    await client.connect({ clientId: 'car', protocolVersion: 5 });
    client.write(Buffer.from(digits, 'hex'));
    const packet = await client.expect('disconnect');
    expect([0x81, 0x82]).toContain(packet.reasonCode);
    expect(packet.reasonCode).toBe(reasonCode);
    expect(await client.next()).toBe('closed');
  });

  test('may come one at a time', async () => {
    const client = await door.raw();
    const connect = generate(
      { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'slow', clean: true, keepalive: 60 },
      4,
    );
    for (const byte of connect) client.write(Buffer.from([byte]));
    expect(await client.expect('connack')).toMatchObject({ returnCode: 0 });
    for (const byte of generate(
      { cmd: 'publish', topic: 'a', payload: 'xyz', qos: 1, messageId: 1, dup: false, retain: false },
      4,
    ))
      client.write(Buffer.from([byte]));
    expect(await client.expect('puback')).toMatchObject({ messageId: 1 });
  });

  test('sent before the CONNACK wait for it', async () => {
    const client = await door.raw();
    let open: () => void = () => undefined;
    const admit = door.admit;
    door.admit = async (request) => {
      await new Promise<void>((resolve) => (open = resolve));
      return admit(request);
    };
    client.write(
      Buffer.concat([
        generate(
          { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'eager', clean: true, keepalive: 60 },
          4,
        ),
        generate({ cmd: 'pingreq' }, 4),
      ]),
    );
    while (door.admitted.length === 0) await new Promise((resolve) => setImmediate(resolve));
    open();
    expect(await client.expect('connack')).toMatchObject({ returnCode: 0 });
    await client.expect('pingresp');
  });
});

describe('a slow reader', () => {
  test('loses QoS 0, keeps QoS 1 in its session, and holds up nobody', async () => {
    await door.close();
    door = await openFrontDoor({ clock, quotas: 'off' });
    const [slow, quick] = [await door.raw(), await door.raw()];
    for (const [client, clientId] of [
      [slow, 'slow'],
      [quick, 'quick'],
    ] as const) {
      await client.connect({ clientId, keepalive: 1200 });
      client.write({
        cmd: 'subscribe',
        messageId: 1,
        subscriptions: [
          { topic: 'qos0', qos: 0 },
          { topic: 'qos1', qos: 1 },
        ],
      });
      await client.expect('suback');
    }
    slow.socket.pause();
    const payload = Buffer.alloc(100_000);
    const publish = (topic: string, qos: 0 | 1): Promise<void> =>
      door.broker.publish({
        topic,
        payload,
        qos,
        retain: false,
        source: { protocol: 'service' },
        receivedAt: clock.now(),
      });
    for (let index = 0; index < 300; index += 1) {
      await publish('qos0', 0);
      await quick.expect('publish');
    }
    for (let index = 0; index < 20; index += 1) {
      await publish('qos1', 1);
      quick.write({ cmd: 'puback', messageId: (await quick.expect('publish')).messageId });
    }
    expect(door.broker.counters().droppedOut).toBeGreaterThan(100);
    slow.socket.resume();
    let [zero, one] = [0, 0];
    while (one < 20) {
      const packet = await slow.expect('publish');
      if (packet.qos === 0) zero += 1;
      else {
        one += 1;
        slow.write({ cmd: 'puback', messageId: packet.messageId });
      }
    }
    expect(zero).toBe(300 - door.broker.counters().droppedOut);
  });
});

describe('half-open connections', () => {
  test('of 300 clients that send part of a handshake do not keep another out, and end after ten seconds', async () => {
    const sockets: Socket[] = [];
    for (let index = 0; index < 300; index += 1) {
      const socket = connectTcp(door.mqttPort, '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      if (index % 2 === 0) socket.write(Buffer.from('160301020001', 'hex'));
      sockets.push(socket);
    }
    const client = await door.raw();
    expect(await client.connect({ clientId: 'car' })).toMatchObject({ returnCode: 0 });
    const closed = sockets.map((socket) => once(socket.resume(), 'close'));
    await clock.advance(9000);
    for (const socket of sockets) socket.write(Buffer.from([0]));
    expect(sockets.filter((socket) => socket.closed)).toEqual([]);
    await clock.advance(2000);
    await Promise.all(closed);
    await client.ping();
  });
});

test('an expired client certificate is refused during the handshake', async () => {
  clock = new ManualClock(Date.now() + 10 * 86_400_000);
  await door.close();
  door = await openFrontDoor({ clock });
  const client = await door.raw();
  expect(await client.next()).toBe('closed');
  expect(door.log).toEqual([expect.objectContaining({ details: expect.stringContaining('expired') })]);
});

test('a taken port is an error of the catalogue', async () => {
  const { server } = door.certificates;
  const options: BrokerOptions = {
    gatekeeper: { admit: async () => ({ refused: 'NOT_AUTHORIZED', detail: '' }) },
    sink: { ingest: () => undefined },
    clock,
    store: openStore(':memory:'),
  };
  const second = createBroker(options);
  await expect(second.listenTls({ port: door.mqttPort, key: server.key, cert: server.cert })).rejects.toMatchObject({
    code: 'IOV_PORT_TAKEN',
  });
  await second.close();
});
