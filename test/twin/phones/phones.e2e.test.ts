import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { IoTClient, TestInvokeAuthorizerCommand } from '@aws-sdk/client-iot';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { connectAsync, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';

import { ownerTopic, PHONE_AUTHORIZER, phoneClientId, phoneTopics, phoneUserId } from '../../../contracts/phones.ts';
import { topics } from '../../../contracts/topics.ts';
import { readTopic } from '../backbone/kafka-reader.ts';
import { until } from '../backbone/running-backbone.ts';
import { PhoneBackbone } from './phone-backbone.ts';

jest.setTimeout(120_000);

/** MQTT 5, sections 2.4 and 3.14.2.1. */
const NOT_AUTHORIZED = 0x87;
const ADMINISTRATIVE_ACTION = 0x98;

let backbone: PhoneBackbone;
let vehicle: MqttClient;
const opened: MqttClient[] = [];

beforeAll(async () => {
  backbone = await PhoneBackbone.start();
  const identity = await backbone.vehicle('ANNAS-CAR');
  vehicle = await connectAsync(`mqtts://localhost:${backbone.ports.mqtts}`, {
    ...{ clientId: 'ANNAS-CAR', protocolVersion: 5, keepalive: 1200, reconnectPeriod: 0, ca: backbone.ca },
    ...{ cert: identity.certificatePem, key: identity.privateKeyPem },
  });
  vehicle.on('error', () => undefined);
  await backbone.own('anna', 'ANNAS-CAR');
  await backbone.own('bob', 'BOBS-CAR');
});
afterEach(() => {
  for (const client of opened.splice(0)) client.end(true);
});
afterAll(async () => {
  vehicle?.end(true);
  await backbone.stop();
});

const clientIdOf = (subject: string, installation = '1') =>
  phoneClientId(phoneUserId(backbone.provider.issuer, subject), installation);

interface PhoneOptions extends IClientOptions {
  /** Takes the place of a good token as the password; `none` leaves the password out. */
  readonly token?: string;
  /** With its question mark. */
  readonly urlQuery?: string;
}

/** A phone with MQTT.js: over WebSocket, its user's token as password. */
async function phone(subject: string, { token, urlQuery = '', ...options }: PhoneOptions = {}): Promise<MqttClient> {
  const client = await connectAsync(`wss://localhost:${backbone.ports.wss}/mqtt${urlQuery}`, {
    clientId: clientIdOf(subject),
    username: `?x-amz-customauthorizer-name=${PHONE_AUTHORIZER}`,
    password: token === 'none' ? undefined : (token ?? (await backbone.provider.token(subject))),
    protocolVersion: 5,
    keepalive: 1200,
    reconnectPeriod: 0,
    ...options,
    wsOptions: { ca: backbone.ca, ...options.wsOptions },
  });
  client.on('error', () => undefined);
  opened.push(client);
  return client;
}

async function nextMessage(client: MqttClient): Promise<{ topic: string; text: string }> {
  const [topic, payload] = (await once(client as unknown as NodeJS.EventEmitter, 'message')) as [
    string,
    Buffer,
    IPublishPacket,
  ];
  return { topic, text: payload.toString() };
}

const refusalOf = (connecting: Promise<MqttClient>): Promise<number | undefined> =>
  connecting.then(
    () => undefined,
    (error: { code?: number }) => error.code,
  );

const eventsOf = async (thing: string) =>
  (await readTopic(backbone.twin.kafka.bootstrapBrokers().plaintext, 'iov.events')).filter(({ key }) => key === thing);

describe("a phone with its user's token", () => {
  test("receives its own vehicle's messages, which reach Kafka too", async () => {
    const client = await phone('anna');
    await client.subscribeAsync(ownerTopic('ANNAS-CAR'), { qos: 1 });
    const message = nextMessage(client);
    await vehicle.publishAsync(ownerTopic('ANNAS-CAR'), '{"charging":"finished"}', { qos: 1 });
    expect(await message).toEqual({ topic: 'dt/vehicle/ANNAS-CAR/event', text: '{"charging":"finished"}' });
    await until('the record', async () => (await eventsOf('ANNAS-CAR')).length > 0 || undefined);
  });

  test.each<[string, () => Promise<PhoneOptions>]>([
    [
      'in the query of its WebSocket URL, at an endpoint with a default authorizer',
      async () => ({ urlQuery: `?token=${await backbone.provider.token('anna')}`, username: undefined, token: 'none' }),
    ],
    [
      'in a header',
      async () => ({
        wsOptions: { headers: { token: await backbone.provider.token('anna') } },
        username: undefined,
        token: 'none',
      }),
    ],
    ['in its user name', async () => ({ username: `?token=${await backbone.provider.token('anna')}`, token: 'none' })],
  ])('is let in with the token %s', async (_where, options) => {
    const client = await phone('anna', await options());
    expect(client.connected).toBe(true);
  });

  test("is refused another's vehicle", async () => {
    const client = await phone('anna');
    await expect(client.subscribeAsync(ownerTopic('BOBS-CAR'), { qos: 1 })).rejects.toThrow(/Not authorized|0x87|135/i);
    await expect(client.publishAsync(ownerTopic('ANNAS-CAR'), 'x', { qos: 1 })).rejects.toMatchObject({
      code: NOT_AUTHORIZED,
    });
    await expect(client.publishAsync(topics.commandRequest('ANNAS-CAR', '1'), 'x', { qos: 1 })).rejects.toMatchObject({
      code: NOT_AUTHORIZED,
    });
  });

  test("is refused under another user's name", async () => {
    expect(await refusalOf(phone('anna', { clientId: clientIdOf('bob') }))).toBe(NOT_AUTHORIZED);
    expect(await refusalOf(phone('anna', { clientId: 'ANNAS-CAR' }))).toBe(NOT_AUTHORIZED);
  });

  test('hears broadcasts to all and to its area, and none of another area', async () => {
    const client = await phone('anna', { username: '?area=u33d' });
    await client.subscribeAsync([topics.broadcastAll(), topics.broadcastArea('u33dc')], { qos: 1 });
    const heard: string[] = [];
    client.on('message', (topic) => heard.push(topic));
    for (const topic of [topics.broadcastArea('u33dc'), topics.broadcastAll()])
      await backbone.twin.iot.broker.publish({
        topic,
        payload: Buffer.from('!'),
        qos: 1,
        retain: false,
        source: { protocol: 'service' },
        receivedAt: 0,
      });
    await until('both', () => heard.length === 2 || undefined);
    await expect(client.subscribeAsync(topics.broadcastArea('u281z'))).rejects.toThrow();
    await expect(client.subscribeAsync('bc/area/#')).rejects.toThrow();
  });

  test.each<[string, () => Promise<string>]>([
    ['that is no token', async () => 'nonsense'],
    ['for another audience', () => backbone.provider.token('anna', { aud: 'other' })],
    ['that has expired', () => backbone.provider.token('anna', { exp: Math.floor(Date.now() / 1000) - 60 })],
    ['of another issuer', () => backbone.provider.token('anna', { iss: 'https://login.example.com' })],
  ])('is refused with a token %s', async (_what, token) => {
    expect(await refusalOf(phone('anna', { token: await token() }))).toBe(NOT_AUTHORIZED);
  });

  test('publishes over HTTPS as itself, into Kafka, and as nobody else', async () => {
    const clientId = clientIdOf('anna', 'https');
    expect(await post(phoneTopics.event(clientId), '{"parked":true}')).toBe(200);
    expect(await post(phoneTopics.event(clientIdOf('bob')), '{}')).toBe(403);
    expect(await post(phoneTopics.event(clientId), '{}', 'nonsense')).toBe(403);
    const [record] = await until('the record', async () => {
      const records = await eventsOf(clientId);
      return records.length > 0 ? records : undefined;
    });
    expect(record).toMatchObject({ value: '{"parked":true}', headers: { thing: clientId } });
  });

  async function post(topic: string, body: string, given?: string): Promise<number> {
    const token = given ?? (await backbone.provider.token('anna'));
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        {
          ...{ host: 'localhost', port: backbone.ports.https, method: 'POST', ca: backbone.ca, agent: false },
          path: `/topics/${encodeURIComponent(topic)}?qos=1`,
          headers: { authorization: `Bearer ${token}`, 'x-amz-customauthorizer-name': PHONE_AUTHORIZER },
        },
        (response) => resolve(response.resume().statusCode!),
      );
      request.on('error', reject);
      request.end(body);
    });
  }

  test('can be tried without a phone: TestInvokeAuthorizer', async () => {
    const iot = new IoTClient({
      endpoint: backbone.awsUrl,
      region: backbone.twin.account.region,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    const token = await backbone.provider.token('anna');
    const answer = await iot.send(new TestInvokeAuthorizerCommand({ authorizerName: PHONE_AUTHORIZER, token }));
    expect(answer).toMatchObject({
      isAuthenticated: true,
      principalId: phoneUserId(backbone.provider.issuer, 'anna'),
      refreshAfterInSeconds: 300,
    });
    expect(answer.policyDocuments!.join()).toContain('dt/vehicle/ANNAS-CAR/event');
  });

  describe("with AWS's device SDK", () => {
    async function runDeviceSdk(more: object): Promise<{ reasonCode?: number; refused?: unknown }> {
      const { stdout } = await promisify(execFile)(process.execPath, [
        fileURLToPath(new URL('./device-sdk-phone.mjs', import.meta.url)),
        JSON.stringify({ host: 'localhost', ca: backbone.ca, authorizer: PHONE_AUTHORIZER, ...more }),
      ]);
      return JSON.parse(stdout) as { reasonCode?: number; refused?: unknown };
    }

    test.each(['custom-mqtt', 'custom-websocket'])('is let in and bound by its policies (%s)', async (way) => {
      const clientId = clientIdOf('anna', way);
      const port = way === 'custom-mqtt' ? backbone.ports.mqtts : backbone.ports.wss;
      const common = { way, port, clientId, topic: phoneTopics.event(clientId) };
      const password = await backbone.provider.token('anna');
      expect(await runDeviceSdk({ ...common, password })).toMatchObject({ reasonCode: 0 });
      expect(await runDeviceSdk({ ...common, password, topic: 'elsewhere' })).toMatchObject({
        reasonCode: NOT_AUTHORIZED,
      });
      expect(await runDeviceSdk({ ...common, password: 'nonsense' })).toEqual({ refused: NOT_AUTHORIZED });
    });

    test('is the local administrator with a key of its own', async () => {
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
      const port = backbone.ports.wss;
      const answer = await runDeviceSdk({
        way: 'sigv4-websocket',
        port,
        clientId: 'any',
        topic: 'any/topic',
        credentials,
      });
      expect(answer).toMatchObject({ reasonCode: 0 });
    });
  });

  // The last ones move time, which the others need not know.
  test('loses a vehicle that was sold within five minutes, without connecting again', async () => {
    await backbone.own('anna', 'OLD-CAR');
    const client = await phone('anna');
    await client.subscribeAsync(ownerTopic('OLD-CAR'), { qos: 1 });
    await backbone.disown('anna', 'OLD-CAR');
    backbone.clock.move(300_000);
    await until('the refusal', async () =>
      client.subscribeAsync(ownerTopic('OLD-CAR'), { qos: 1 }).then(
        () => undefined,
        () => true,
      ),
    );
    expect(client.connected).toBe(true);
  });

  test('is disconnected when its token expires', async () => {
    const client = await phone('anna');
    const disconnected = once(client as unknown as NodeJS.EventEmitter, 'disconnect') as Promise<
      [{ reasonCode: number }]
    >;
    backbone.clock.move(590_000);
    await client.publishAsync(phoneTopics.event(clientIdOf('anna')), '{}', { qos: 1 });
    backbone.clock.move(11_000);
    const [{ reasonCode }] = await disconnected;
    expect(reasonCode).toBe(ADMINISTRATIVE_ACTION);
    expect(backbone.twin.iot.broker.getConnection(clientIdOf('anna'))).toMatchObject({
      disconnectReason: 'CUSTOMAUTH_TTL_EXPIRATION',
    });
  });
});
