import { once } from 'node:events';

import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import mqtt, { type MqttClient } from 'mqtt';
import { WebSocket } from 'ws';

import { ManualClock } from '../../../../twin/clock.ts';
import { nextMessage, openFrontDoor, type FrontDoor } from './front-door.ts';

let clock: ManualClock;
let door: FrontDoor;
let port: number;
const clients: (MqttClient | WebSocket)[] = [];

beforeEach(async () => {
  clock = new ManualClock(Date.now());
  door = await openFrontDoor({
    clock,
    signingCredentials: {
      lookup: async (accessKeyId) =>
        accessKeyId === 'AKIDEXAMPLE' ? { secretAccessKey: 'secret', principal: 'AROAEXAMPLE:app' } : undefined,
    },
  });
  const { server } = door.certificates;
  ({ port } = await door.broker.listenWebSocket({ port: 0, key: server.key, cert: server.cert }));
});
afterEach(async () => {
  for (const client of clients.splice(0))
    if (client instanceof WebSocket) client.terminate();
    else client.end(true);
  await door.close();
});

async function signedQuery(host: string, secretAccessKey = 'secret'): Promise<string> {
  const signer = new SignatureV4({
    service: 'iotdevicegateway',
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey },
    sha256: Sha256,
  });
  const request = {
    method: 'GET',
    protocol: 'wss:',
    hostname: 'localhost',
    path: '/mqtt',
    headers: { host },
    query: {},
  };
  const { query } = await signer.presign(request, { expiresIn: 60, signingDate: new Date(clock.now()) });
  return new URLSearchParams(query as Record<string, string>).toString();
}

async function connect(query: string, protocolVersion: 4 | 5 = 4): Promise<MqttClient> {
  const client = await mqtt.connectAsync(`wss://localhost:${port}/mqtt?${query}`, {
    clientId: 'app',
    protocolVersion,
    keepalive: 1200,
    reconnectPeriod: 0,
    wsOptions: { ca: door.certificates.ca },
  });
  clients.push(client);
  return client;
}

/** The status that the upgrade was refused with. */
async function refusal(path: string): Promise<number> {
  const socket = new WebSocket(`wss://localhost:${port}${path}`, ['mqtt'], { ca: door.certificates.ca });
  clients.push(socket);
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
  return response.statusCode;
}

describe('MQTT over WebSocket', () => {
  test.each([4, 5] as const)('with a signed URL connects, subscribes and publishes (version %i)', async (version) => {
    const client = await connect(await signedQuery(`localhost:${port}`), version);
    expect(door.admitted[0]).toMatchObject({
      transport: 'websocket',
      clientId: 'app',
      serverName: 'localhost',
      signature: { accessKeyId: 'AKIDEXAMPLE', principal: 'AROAEXAMPLE:app' },
    });
    expect(door.admitted[0]!.certificate).toBeUndefined();
    await client.subscribeAsync('a', { qos: 1 });
    const message = nextMessage(client);
    await client.publishAsync('a', 'x'.repeat(100_000), { qos: 1 });
    expect((await message).text).toHaveLength(100_000);
  });

  test('hands headers and query to the gatekeeper, for custom authorizers', async () => {
    await connect('x-amz-customauthorizer-name=phones&token=t');
    expect(door.admitted[0]).toMatchObject({
      http: {
        queryString: 'x-amz-customauthorizer-name=phones&token=t',
        headers: { host: `localhost:${port}`, 'sec-websocket-protocol': 'mqtt' },
      },
    });
    expect(door.admitted[0]!.signature).toBeUndefined();
  });

  test('with a wrong signature is refused with 403 before MQTT begins', async () => {
    expect(await refusal(`/mqtt?${await signedQuery(`localhost:${port}`, 'wrong')}`)).toBe(403);
    expect(door.admitted).toEqual([]);
    expect(door.log).toEqual([
      expect.objectContaining({ reason: 'AUTHENTICATION_FAILED', details: 'the signature does not match' }),
    ]);
  });

  test('is found at /mqtt only', async () => {
    expect(await refusal('/elsewhere')).toBe(404);
  });

  test('ends with a text frame', async () => {
    const socket = new WebSocket(`wss://localhost:${port}/mqtt`, ['mqtt'], { ca: door.certificates.ca });
    clients.push(socket);
    await once(socket, 'open');
    expect(socket.protocol).toBe('mqtt');
    socket.send('text');
    await once(socket, 'close');
    expect(door.admitted).toEqual([]);
  });

  test('lasts 24 hours', async () => {
    const client = await connect('');
    const closed = once(client as unknown as NodeJS.EventEmitter, 'close');
    for (let minutes = 0; minutes < 24 * 60 && door.broker.counters().connected > 0; minutes += 15) {
      await clock.advance(15 * 60_000);
      if (minutes + 15 < 24 * 60) await client.publishAsync('alive', '', { qos: 1 });
    }
    await closed;
    expect(door.broker.getConnection('app')).toMatchObject({ disconnectReason: 'WEBSOCKET_TTL_EXPIRATION' });
  });
});
