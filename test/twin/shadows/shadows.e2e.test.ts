import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import {
  CreateThingCommand,
  CreateTopicRuleCommand,
  IoTClient,
  UpdateEventConfigurationsCommand,
} from '@aws-sdk/client-iot';
import {
  ConflictException,
  DeleteThingShadowCommand,
  GetThingShadowCommand,
  InvalidRequestException,
  IoTDataPlaneClient,
  ListNamedShadowsForThingCommand,
  PublishCommand,
  RequestEntityTooLargeException,
  ResourceNotFoundException,
  UnsupportedDocumentEncodingException,
  UpdateThingShadowCommand,
} from '@aws-sdk/client-iot-data-plane';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectAsync, type MqttClient } from 'mqtt';

import { RunningFrontDoor } from './running-front-door.ts';

const ROLE = 'arn:aws:iam::000000000000:role/rules';
const folder = mkdtempSync(join(tmpdir(), 'iov-shadows-e2e-'));
let door: RunningFrontDoor;

beforeAll(async () => {
  door = await RunningFrontDoor.start(folder);
}, 60_000);
afterAll(async () => {
  await door.kill();
  rmSync(folder, { recursive: true });
});

const api = () => ({
  ...{ endpoint: door.addresses.awsUrl, region: 'us-east-1', maxAttempts: 1 },
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

async function connected(clientId: string): Promise<MqttClient> {
  const { mqttsPort, ca, identity } = door.addresses;
  const client = await connectAsync(`mqtts://localhost:${mqttsPort}`, {
    ca,
    ...identity,
    clientId,
    reconnectPeriod: 0,
  });
  client.on('error', () => undefined);
  return client;
}

/** The next message on a topic that the client has subscribed to. */
function next(client: MqttClient, topic: string): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    client.on('message', function take(arrived, payload) {
      if (arrived !== topic) return;
      client.off('message', take);
      resolve(JSON.parse(payload.toString()) as Record<string, unknown>);
    });
  });
}

describe("AWS's device SDK", () => {
  test.each(['mqtt5', 'mqtt311'])(
    'lives with named and classic shadows (%s)',
    async (protocol) => {
      const { mqttsPort, ca, identity } = door.addresses;
      const options = { protocol, host: 'localhost', port: mqttsPort, ca, ...identity, thingName: `sdk-${protocol}` };
      const program = fileURLToPath(new URL('./device-sdk-shadows.mjs', import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(options)], {
        env: { ...process.env, NODE_OPTIONS: '' },
        timeout: 30_000,
      });
      const state = { color: 'green', on: true };
      expect(JSON.parse(stdout)).toMatchObject({
        missing: { code: 404, message: "No shadow exists with name: 'climate'" },
        created: { state: { desired: state, reported: state }, version: 1 },
        got: { state: { desired: state, reported: state }, version: 1 },
        desired: { state: { desired: { color: 'blue' } }, version: 2 },
        delta: { state: { color: 'blue' }, version: 2 },
        documents: {
          previous: { state: { desired: state, reported: state }, version: 1 },
          current: { state: { desired: { color: 'blue', on: true }, reported: state }, version: 2 },
        },
        conflict: { code: 409, message: 'Version conflict' },
        reported: { version: 3 },
        settled: { state: { desired: { color: 'blue', on: true }, reported: { color: 'blue', on: true } }, version: 3 },
        deleted: { version: 3 },
        gone: { code: 404 },
        classic: { version: 1 },
        classicGot: { state: { reported: { online: true } } },
        classicDeleted: { version: 1 },
      });
    },
    40_000,
  );
});

describe('the iot-data API', () => {
  const update = (thingName: string, document: object | Buffer, shadowName?: string) =>
    new IoTDataPlaneClient(api()).send(
      new UpdateThingShadowCommand({
        ...{ thingName, shadowName },
        payload: Buffer.isBuffer(document) ? document : Buffer.from(JSON.stringify(document)),
      }),
    );
  const read = (payload: Uint8Array | undefined) =>
    JSON.parse(Buffer.from(payload!).toString()) as Record<string, unknown>;

  test('makes, reads, lists and deletes shadows, and tells subscribers', async () => {
    const client = new IoTDataPlaneClient(api());
    const app = await connected('app');
    await app.subscribeAsync('$aws/things/api/shadow/name/+/update/delta', { qos: 1 });
    const delta = next(app, '$aws/things/api/shadow/name/night/update/delta');
    const { payload } = await update('api', { state: { desired: { on: true } } }, 'night');
    expect(read(payload)).toMatchObject({ state: { desired: { on: true } }, version: 1 });
    expect(await delta).toMatchObject({ state: { on: true }, version: 1 });
    await update('api', { state: { reported: { on: true } } }, 'day');
    await update('api', { state: { reported: { on: true } } });
    const got = await client.send(new GetThingShadowCommand({ thingName: 'api', shadowName: 'night' }));
    expect(read(got.payload)).toMatchObject({ state: { delta: { on: true } } });
    expect(await client.send(new ListNamedShadowsForThingCommand({ thingName: 'api' }))).toMatchObject({
      results: ['day', 'night'],
      timestamp: expect.any(Number),
    });
    const deleted = await client.send(new DeleteThingShadowCommand({ thingName: 'api', shadowName: 'night' }));
    expect(read(deleted.payload)).toMatchObject({ version: 1, timestamp: expect.any(Number) });
    await app.endAsync();
  });

  test('fails with the exceptions of the SDK', async () => {
    const client = new IoTDataPlaneClient(api());
    const missing = client.send(new GetThingShadowCommand({ thingName: 'nobody' }));
    await expect(missing).rejects.toBeInstanceOf(ResourceNotFoundException);
    await expect(missing).rejects.toThrow("No shadow exists with name: 'nobody'");
    await expect(update('api', { state: {}, version: 7 }, 'none')).rejects.toBeInstanceOf(ConflictException);
    await expect(update('api', { state: [] })).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(update('a b', { state: {} })).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(update('api', { state: { desired: { a: 'x'.repeat(9000) } } })).rejects.toBeInstanceOf(
      RequestEntityTooLargeException,
    );
    await expect(update('api', Buffer.from([0x7b, 0xff, 0x7d]))).rejects.toBeInstanceOf(
      UnsupportedDocumentEncodingException,
    );
  });

  test('publishes requests to shadows, and to no other reserved topic', async () => {
    const client = new IoTDataPlaneClient(api());
    const payload = Buffer.from('{"state":{"reported":{"by":"publish"}}}');
    await client.send(new PublishCommand({ topic: '$aws/things/published/shadow/update', qos: 1, payload }));
    const { payload: document } = await client.send(new GetThingShadowCommand({ thingName: 'published' }));
    expect(read(document)).toMatchObject({ state: { reported: { by: 'publish' } } });
    await expect(
      client.send(new PublishCommand({ topic: '$aws/things/published/shadow/update/accepted', payload })),
    ).rejects.toThrow('reserved');
  });
});

test('rules see the messages of shadows and read shadows and the registry', async () => {
  const iot = new IoTClient(api());
  await iot.send(new CreateThingCommand({ thingName: 'ruled', attributePayload: { attributes: { room: 'hall' } } }));
  const thing = `get_registry_data('DescribeThing', topic(3), '${ROLE}')`;
  await iot.send(
    new CreateTopicRuleCommand({
      ruleName: 'shadows',
      topicRulePayload: {
        sql: `SELECT current.state.reported.on AS on, get_thing_shadow(topic(3), '${ROLE}').version AS version, ${thing}.attributes.room AS room FROM '$aws/things/+/shadow/update/documents'`,
        awsIotSqlVersion: '2016-03-23',
        actions: [{ republish: { topic: 'told/${topic(3)}', roleArn: ROLE, qos: 1 } }],
      },
    }),
  );
  const device = await connected('ruled');
  await device.subscribeAsync('told/ruled', { qos: 1 });
  const told = next(device, 'told/ruled');
  await device.publishAsync('$aws/things/ruled/shadow/update', '{"state":{"reported":{"on":true}}}', { qos: 1 });
  expect(await told).toEqual({ on: true, version: 1, room: 'hall' });
  await device.endAsync();
});

test('events of the registry reach subscribers once they are switched on', async () => {
  const iot = new IoTClient(api());
  const app = await connected('watcher');
  await app.subscribeAsync('$aws/events/thing/+/created', { qos: 1 });
  await iot.send(new CreateThingCommand({ thingName: 'silent' }));
  await iot.send(new UpdateEventConfigurationsCommand({ eventConfigurations: { THING: { Enabled: true } } }));
  const event = next(app, '$aws/events/thing/loud/created');
  const { thingId } = await iot.send(new CreateThingCommand({ thingName: 'loud' }));
  expect(await event).toMatchObject({ eventType: 'THING_EVENT', operation: 'CREATED', thingName: 'loud', thingId });
  await app.endAsync();
});

test('whatever was acknowledged before the process was killed is there afterwards', async () => {
  const topic = '$aws/things/survivor/shadow/update';
  let acknowledged = 0;
  for (let life = 0; life < 3; life++) {
    const device = await connected('survivor');
    const from = acknowledged;
    const dead = new Promise<void>((resolve) => device.once('close', resolve));
    const write = async (): Promise<void> => {
      for (let value = from + 1; ; value++) {
        await device.publishAsync(topic, JSON.stringify({ state: { reported: { value } }, version: value - 1 }), {
          qos: 1,
        });
        acknowledged = value;
      }
    };
    const writing = write().catch(() => undefined);
    while (acknowledged < from + 20 + life * 7) await new Promise((resolve) => setImmediate(resolve));
    await door.kill();
    await dead;
    device.end(true);
    await Promise.race([writing, new Promise((resolve) => setImmediate(resolve))]);
    door = await RunningFrontDoor.start(folder);
    const { payload } = await new IoTDataPlaneClient(api()).send(new GetThingShadowCommand({ thingName: 'survivor' }));
    const { state, version } = JSON.parse(Buffer.from(payload!).toString()) as {
      state: { reported: { value: number } };
      version: number;
    };
    expect(version).toBe(state.reported.value);
    // The update under way may have been written and not yet acknowledged.
    expect([acknowledged, acknowledged + 1]).toContain(version);
    acknowledged = version;
  }
}, 60_000);
