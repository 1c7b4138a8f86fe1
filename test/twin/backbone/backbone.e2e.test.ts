import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';

import { DeviceStorage, type Identity } from '../../../fleet/identity.ts';
import { provisionByClaim } from '../../../fleet/provisioning.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import { readTopic } from './kafka-reader.ts';
import { RunningBackbone, until } from './running-backbone.ts';

jest.setTimeout(120_000);

const uplink = (thing: string, of = thing): string => `$aws/rules/telemetry/dt/vehicle/${of}/telemetry`;

describe('the backbone in the twin', () => {
  let backbone: RunningBackbone;
  let fleet: Fleet;

  beforeAll(async () => {
    backbone = await RunningBackbone.start();
    fleet = await backbone.fleet(3);
  });
  afterAll(() => backbone.stop());

  async function device(thing: string): Promise<Identity> {
    const storage = new DeviceStorage(`${backbone.folder}/devices`, thing);
    const known = storage.identity();
    if (known) return known;
    const identity = await provisionByClaim(backbone.frontDoor, await backbone.claim(), {
      ThingName: thing,
      SerialNumber: `TCU-${thing}`,
    });
    storage.keepIdentity(identity);
    return identity;
  }

  async function connected(
    thing: string,
    options: { clientId?: string; protocolVersion?: 4 | 5 } = {},
  ): Promise<MqttClient> {
    const identity = await device(thing);
    const client = await connectAsync(backbone.frontDoor.url, {
      ...{ clientId: thing, protocolVersion: 5, reconnectPeriod: 0, ca: backbone.frontDoor.ca },
      ...{ cert: identity.certificatePem, key: identity.privateKeyPem },
      ...options,
    });
    client.on('error', () => undefined);
    return client;
  }

  const recordsOf = async (thing: string) =>
    (await readTopic(backbone.twin.kafka.bootstrapBrokers().plaintext, 'iov.telemetry')).filter(
      ({ key }) => key === thing,
    );
  const command = (thing: string, order: object, headers?: Record<string, string>) =>
    backbone.api('POST', `/v1/vehicles/${thing}/commands`, order, headers);
  const stateOf = async (thing: string, id: unknown): Promise<string> =>
    (await backbone.api('GET', `/v1/vehicles/${thing}/commands/${String(id)}`)).body['state'] as string;

  test('executes every resource type that the templates hold, or says that it has no local behaviour', () => {
    const { table } = backbone.twin.deployment;
    expect(table.filter(({ liveness }) => liveness === 'unsupported')).toEqual([]);
    expect(table.find(({ type }) => type === 'AWS::IoT::TopicRule')?.liveness).toBe('live');
  });

  test("puts a vehicle's bytes into Kafka as they are, with its name as key and the headers of the design", async () => {
    const client = await connected('SENDER');
    const payload = '{"odd":  "spacing",\n "n": 1.50}';
    await client.publishAsync(uplink('SENDER'), payload, { qos: 1 });
    const [record] = await until('the record', async () => {
      const records = await recordsOf('SENDER');
      return records.length > 0 ? records : undefined;
    });
    expect(record).toMatchObject({
      value: payload,
      headers: {
        mqtt_topic: 'dt/vehicle/SENDER/telemetry',
        thing: 'SENDER',
        received_at: expect.stringMatching(/^\d{13}$/),
        trace: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    });
    await client.endAsync();
  });

  test('refuses a vehicle that publishes as another: 0x87 in MQTT 5, a closed connection in MQTT 3.1.1, nothing in Kafka', async () => {
    const five = await connected('INTRUDER');
    await expect(five.publishAsync(uplink('INTRUDER', 'VICTIM'), 'x', { qos: 1 })).rejects.toThrow(
      /Not authorized|135/i,
    );
    await five.endAsync();
    const four = await connected('INTRUDER', { protocolVersion: 4 });
    const closed = new Promise<void>((resolve) => four.once('close', () => resolve()));
    four.publish(uplink('INTRUDER', 'VICTIM'), 'x', { qos: 1 });
    await closed;
    await four.endAsync(true);
    expect(await recordsOf('VICTIM')).toEqual([]);
  });

  test('refuses a vehicle under the name of another', async () => {
    await expect(connected('INTRUDER', { clientId: 'VICTIM' })).rejects.toThrow(/Not authorized/i);
  });

  test('executes a command of an app within two seconds', async () => {
    const { thing } = fleet.vehicles[0]!;
    const { status, body } = await command(thing, { command: 'location.get' });
    expect(status).toBe(202);
    await until('SUCCEEDED', async () => (await stateOf(thing, body['id'])) === 'SUCCEEDED' || undefined, 2_000);
    const { body: done } = await backbone.api('GET', `/v1/vehicles/${thing}/commands/${String(body['id'])}`);
    expect(done['result']).toMatchObject({ latitude: expect.any(Number), longitude: expect.any(Number) });
  });

  test.each([
    ['an unknown command', { command: 'engine.explode' }, 400],
    ['wrong arguments', { command: 'horn.honk', arguments: { times: 99 } }, 400],
    ['a body that is not JSON', 'not json', 400],
  ])('answers %s with a problem document', async (_what, order, expected) => {
    const { thing } = fleet.vehicles[0]!;
    const { status, body } = await backbone.api('POST', `/v1/vehicles/${thing}/commands`, order);
    expect(status).toBe(expected);
    expect(body).toMatchObject({ type: expect.any(String), title: expect.any(String), status: expected });
  });

  test('knows no command for a vehicle that does not exist', async () => {
    expect((await command('NOBODY', { command: 'doors.lock' })).status).toBe(404);
  });

  test('keeps the command of an offline vehicle, and delivers it when the vehicle comes', async () => {
    await device('SLEEPER');
    const { body } = await command('SLEEPER', { command: 'doors.lock', timeToLive: 60 });
    expect(await stateOf('SLEEPER', body['id'])).toBe('QUEUED');
    const received: string[] = [];
    const client = await connected('SLEEPER');
    client.on('message', (topic) => received.push(topic));
    await until('the request', () => received.includes(`cmd/SLEEPER/req/${String(body['id'])}`) || undefined);
    await client.publishAsync(
      `$aws/rules/command_status/cmd/SLEEPER/res/${String(body['id'])}`,
      JSON.stringify({ status: 'SUCCEEDED', result: { locked: true } }),
      { qos: 1 },
    );
    await until('SUCCEEDED', async () => (await stateOf('SLEEPER', body['id'])) === 'SUCCEEDED' || undefined);
    await client.endAsync();
  });

  test('lets a command expire that never left, and says UNKNOWN of one that did', async () => {
    await device('GONE');
    const expired = await command('GONE', { command: 'horn.honk', timeToLive: 1 });
    const silent = await connected('SILENT');
    const unknown = await command('SILENT', { command: 'horn.honk', timeToLive: 1 });
    const final = (thing: string, id: unknown): Promise<string> =>
      until('a final state', async () => {
        const state = await stateOf(thing, id);
        return ['QUEUED', 'SENT', 'DELIVERED', 'RUNNING'].includes(state) ? undefined : state;
      });
    expect(await final('GONE', expired.body['id'])).toBe('EXPIRED');
    expect(await final('SILENT', unknown.body['id'])).toBe('UNKNOWN');
    await silent.endAsync();
  });

  test('creates one command for one idempotency key', async () => {
    const { thing } = fleet.vehicles[1]!;
    const answers = await Promise.all(
      [1, 2, 3].map(() => command(thing, { command: 'horn.honk' }, { 'idempotency-key': 'once' })),
    );
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
  });

  async function runDeviceSdk(thing: string, csr?: { pem: string; key: string }): Promise<{ thingName: string }> {
    const { template, certificatePem, privateKeyPem } = await backbone.claim();
    const { stdout } = await promisify(execFile)(process.execPath, [
      fileURLToPath(new URL('./device-sdk-device.mjs', import.meta.url)),
      JSON.stringify({
        ...{ host: 'localhost', port: backbone.ports.mqtts, ca: backbone.frontDoor.ca, template, thing },
        ...{ certificate: certificatePem, privateKey: privateKeyPem, csr: csr?.pem, csrKey: csr?.key },
      }),
    ]);
    return JSON.parse(stdout) as { thingName: string };
  }

  async function signingRequest(): Promise<{ pem: string; key: string }> {
    // AWS's client takes RSA keys on every platform.
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
    const request = await x509.Pkcs10CertificateRequestGenerator.create({
      name: 'CN=BY-CSR',
      keys: {
        privateKey: privateKey.toCryptoKey(algorithm, true, ['sign']),
        publicKey: publicKey.toCryptoKey(algorithm, true, ['verify']),
      },
      signingAlgorithm: algorithm,
    });
    return { pem: request.toString('pem'), key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
  }

  test.each([
    ['new keys', 'SDK-KEYS', false],
    ['a signing request', 'SDK-CSR', true],
  ])(
    "provisions AWS's own device SDK by %s, which then publishes with its certificate",
    async (_how, thing, byRequest) => {
      expect(await runDeviceSdk(thing, byRequest ? await signingRequest() : undefined)).toMatchObject({
        thingName: thing,
        configuration: { deviceClass: 'vehicle' },
      });
      const [record] = await until('the record', async () => {
        const records = await recordsOf(thing);
        return records.length > 0 ? records : undefined;
      });
      expect(record!.value).toBe('{"from":"the device SDK"}');
    },
  );

  test('loses nothing of what it acknowledged while Kafka is killed and comes back, and keeps each vehicle in order', async () => {
    const things = ['STREAM-1', 'STREAM-2', 'STREAM-3', 'STREAM-4'];
    const clients = await Promise.all(things.map((thing) => connected(thing)));
    const acknowledged = new Map<string, number[]>(things.map((thing) => [thing, []]));
    const perVehicle = 300;
    let killed: Promise<void> | undefined;
    await Promise.all(
      clients.map(async (client, index) => {
        const thing = things[index]!;
        const sent: Promise<unknown>[] = [];
        for (let number = 0; number < perVehicle; number++) {
          if (index === 0 && number === perVehicle / 3) killed = backbone.twin.kafka.kill();
          const publish = client.publishAsync(
            uplink(thing),
            JSON.stringify({ sequence: number, fill: 'x'.repeat(1_000) }),
            { qos: 1 },
          );
          sent.push(publish.then(() => acknowledged.get(thing)!.push(number)));
          if (sent.length % 50 === 0) await Promise.all(sent);
        }
        await Promise.all(sent);
      }),
    );
    await killed;
    const records = await until(
      'Kafka',
      async () => readTopic(backbone.twin.kafka.bootstrapBrokers().plaintext, 'iov.telemetry').catch(() => undefined),
      60_000,
    );
    const queued = await errorQueue();
    for (const thing of things) {
      const numbers = records
        .filter(({ key }) => key === thing)
        .map(({ value }) => (JSON.parse(value) as { sequence: number }).sequence);
      const inQueue = queued.filter(({ topic }) => topic.includes(`/${thing}/`)).map(({ sequence }) => sequence);
      expect(acknowledged.get(thing)).toHaveLength(perVehicle);
      expect(new Set([...numbers, ...inQueue]).size).toBe(perVehicle);
      expect([...numbers].sort((a, b) => a - b)).toEqual(numbers);
    }
    await Promise.all(clients.map((client) => client.endAsync()));
  });

  async function errorQueue(): Promise<{ topic: string; sequence: number }[]> {
    const found: { topic: string; sequence: number }[] = [];
    for (;;) {
      const messages = await backbone.twin.cloud.sqs.receiveMessages(backbone.output('ErrorQueueUrl'), {
        maxMessages: 10,
      });
      if (messages.length === 0) return found;
      for (const { body } of messages) {
        const { topic, base64OriginalPayload } = JSON.parse(body) as { topic: string; base64OriginalPayload: string };
        found.push({
          topic,
          sequence: (JSON.parse(Buffer.from(base64OriginalPayload, 'base64').toString()) as { sequence: number })
            .sequence,
        });
      }
    }
  }

  test('knows its vehicles, commands and rules again after a restart', async () => {
    await device('SLEEPER');
    const { body } = await command('SLEEPER', { command: 'doors.lock', timeToLive: 300 });
    await backbone.restart();
    expect(await stateOf('SLEEPER', body['id'])).toBe('QUEUED');
    const client = await connected('SLEEPER');
    const received = new Promise<string>((resolve) => client.once('message', resolve));
    expect(await received).toBe(`cmd/SLEEPER/req/${String(body['id'])}`);
    await client.publishAsync(uplink('SLEEPER'), '{"after":"restart"}', { qos: 1 });
    await until('the record', async () =>
      (await recordsOf('SLEEPER')).some(({ value }) => value.includes('restart')) ? true : undefined,
    );
    await client.endAsync();
  });
});
