import { request as httpsRequest } from 'node:https';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MqttClient } from 'mqtt';

import { composeReservedTopics } from '../../../../twin/iot/reserved-topics.ts';
import { ShadowDeviceApi } from '../../../../twin/iot/shadows/device-api.ts';
import { ShadowApi } from '../../../../twin/iot/shadows/shadow-api.ts';
import { openFrontDoor, type FrontDoor } from '../broker/front-door.ts';
import { ShadowWorld } from './shadow-world.ts';

let world: ShadowWorld;
let door: FrontDoor;
let port: number;
/** What the policy allows, as `action resource`. */
let allowed: (question: string) => boolean;

beforeEach(async () => {
  world = new ShadowWorld();
  const api = new ShadowApi(world.requests, (publication) => door.broker.publish(publication), world.clock);
  allowed = () => true;
  door = await openFrontDoor({
    reservedTopics: composeReservedTopics([world.topics]),
    deviceApi: new ShadowDeviceApi(api),
  });
  door.authorize = (action, resource) => allowed(`${action} ${resource}`);
  const { server, ca } = door.certificates;
  ({ port } = await door.broker.listenHttps({ port: 0, key: server.key, cert: server.cert, ca }));
});
afterEach(() => door.close());

/** The messages that a client gets, each as its topic and document. */
function inbox(client: MqttClient): { next(count: number): Promise<[string, Record<string, unknown>][]> } {
  const arrived: [string, Record<string, unknown>][] = [];
  let wake: () => void = () => undefined;
  client.on('message', (topic, payload) => {
    arrived.push([topic, JSON.parse(payload.toString() || '{}') as Record<string, unknown>]);
    wake();
  });
  return {
    async next(count) {
      while (arrived.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return arrived.splice(0, count);
    },
  };
}

interface Answer {
  readonly status: number;
  readonly errorType: unknown;
  readonly body: Record<string, unknown>;
}

function ask(method: string, path: string, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { ca } = door.certificates;
    const { cert, key } = door.vehicle;
    const request = httpsRequest({ host: 'localhost', port, method, path, ca, cert, key, agent: false }, (response) => {
      let text = '';
      response.on('data', (part) => (text += part));
      response.on('end', () => {
        const errorType = response.headers['x-amzn-errortype'];
        resolve({ status: response.statusCode!, errorType, body: JSON.parse(text) as Record<string, unknown> });
      });
    });
    request.on('error', reject);
    // Node does not frame the body of other methods.
    request.end(method === 'POST' ? body : undefined);
  });
}

describe('over MQTT', () => {
  test('requests and answers are seen by whoever subscribed, and by rules', async () => {
    const app = await door.client('app');
    const received = inbox(app);
    await app.subscribeAsync('$aws/things/lamp/shadow/#', { qos: 1 });
    const device = await door.client('lamp');
    await device.publishAsync('$aws/things/lamp/shadow/update', '{"state":{"desired":{"on":true}}}', { qos: 1 });
    const messages = await received.next(4);
    expect(messages.map(([topic]) => topic)).toEqual([
      '$aws/things/lamp/shadow/update',
      '$aws/things/lamp/shadow/update/accepted',
      '$aws/things/lamp/shadow/update/delta',
      '$aws/things/lamp/shadow/update/documents',
    ]);
    expect(messages[2]![1]).toMatchObject({ version: 1, state: { on: true } });
    const ingested = door.ingested.map(({ topic }) => topic).filter((topic) => topic.includes('/shadow/'));
    expect(ingested).toEqual(messages.map(([topic]) => topic));
  });

  test('answers keep the order of the requests, however long rules take', async () => {
    let first = true;
    door.ingest = async ({ topic }) => {
      if (!topic.endsWith('/update') || !first) return;
      first = false;
      while (door.ingested.filter((each) => each.topic === topic).length < 2)
        await new Promise((resolve) => setImmediate(resolve));
    };
    const device = await door.client('lamp');
    const received = inbox(device);
    await device.subscribeAsync('$aws/things/lamp/shadow/update/accepted', { qos: 1 });
    const update = (at: number) =>
      device.publishAsync('$aws/things/lamp/shadow/update', JSON.stringify({ state: { reported: { at } } }), {
        qos: 1,
      });
    await Promise.all([update(1), update(2)]);
    expect((await received.next(2)).map(([, { version }]) => version)).toEqual([1, 2]);
  });

  test('a last will on a shadow topic is seen by rules and ignored by the shadow', async () => {
    const topic = '$aws/things/lamp/shadow/update';
    const device = await door.client('lamp', {
      will: { topic, payload: Buffer.from('{"state":{"reported":{"connected":false}}}'), qos: 1, retain: false },
    });
    device.stream.destroy();
    while (!door.ingested.some((each) => each.topic === topic)) await new Promise((resolve) => setImmediate(resolve));
    expect(world.shadows.namesOf('lamp')).toEqual([]);
    expect(() => world.get({ thingName: 'lamp' })).toThrow('No shadow exists');
  });

  test('nobody but the service answers', async () => {
    const device = await door.client('lamp');
    const closed = new Promise((resolve) => device.on('close', () => resolve('closed')));
    device.publish('$aws/things/lamp/shadow/update/accepted', '{}', { qos: 0 });
    expect(await closed).toBe('closed');
  });

  test('what a rule republishes to a shadow reaches it', async () => {
    const app = await door.client('app');
    const received = inbox(app);
    await app.subscribeAsync('$aws/things/lamp/shadow/update/+', { qos: 1 });
    const payload = Buffer.from('{"state":{"reported":{"connected":"false"}}}');
    const topic = '$aws/things/lamp/shadow/update';
    await door.broker.publish({
      topic,
      payload,
      qos: 1,
      retain: false,
      source: { protocol: 'service' },
      receivedAt: 0,
    });
    expect((await received.next(2)).map(([each]) => each)).toEqual([`${topic}/accepted`, `${topic}/documents`]);
  });

  test('an answer to a rule keeps the source by which rules that go in circles are found out', async () => {
    const topic = '$aws/things/lamp/shadow/update';
    const source = { protocol: 'service' } as const;
    const payload = Buffer.from('{"state":{}}');
    await door.broker.publish({ topic, payload, qos: 1, retain: false, source, receivedAt: 0 });
    const answers = door.ingested.filter((each) => each.topic.startsWith(`${topic}/`));
    expect(answers).toHaveLength(2);
    for (const answer of answers) expect(answer.source).toBe(source);
  });
});

describe('over HTTPS', () => {
  test('a shadow is made, read, listed and deleted', async () => {
    expect(await ask('GET', '/things/lamp/shadow')).toEqual({
      status: 404,
      errorType: 'ResourceNotFoundException',
      body: { code: 404, message: "No shadow exists with name: 'lamp'", traceId: expect.any(String) },
    });
    const update = '{"state":{"desired":{"on":true}},"clientToken":"t"}';
    expect(await ask('POST', '/things/lamp/shadow?name=night', update)).toMatchObject({
      status: 200,
      body: { state: { desired: { on: true } }, version: 1, clientToken: 't' },
    });
    expect(await ask('GET', '/things/lamp/shadow?name=night')).toMatchObject({
      status: 200,
      body: { state: { delta: { on: true } } },
    });
    expect(await ask('GET', '/api/things/shadow/ListNamedShadowsForThing/lamp?pageSize=1')).toMatchObject({
      status: 200,
      body: { results: ['night'] },
    });
    expect(await ask('DELETE', '/things/lamp/shadow?name=night')).toMatchObject({ status: 200, body: { version: 1 } });
    expect(await ask('DELETE', '/things/lamp/shadow?name=night')).toMatchObject({ status: 404 });
  });

  test('changes are announced as if they had come by MQTT, refusals are not', async () => {
    const app = await door.client('app');
    const received = inbox(app);
    await app.subscribeAsync('$aws/things/lamp/shadow/#', { qos: 1 });
    await ask('POST', '/things/lamp/shadow', '{}');
    await ask('POST', '/things/lamp/shadow', '{"state":{"desired":{"on":true}}}');
    await ask('GET', '/things/lamp/shadow');
    await ask('DELETE', '/things/lamp/shadow');
    expect((await received.next(4)).map(([topic]) => topic)).toEqual([
      '$aws/things/lamp/shadow/update/accepted',
      '$aws/things/lamp/shadow/update/delta',
      '$aws/things/lamp/shadow/update/documents',
      '$aws/things/lamp/shadow/delete/accepted',
    ]);
  });

  test.each<[string, string, string]>([
    ['GET', '/things/lamp/shadow', 'iot:GetThingShadow lamp'],
    ['GET', '/things/lamp/shadow?name=night', 'iot:GetThingShadow lamp/night'],
    ['POST', '/things/lamp/shadow', 'iot:UpdateThingShadow lamp'],
    ['DELETE', '/things/lamp/shadow', 'iot:DeleteThingShadow lamp'],
    ['GET', '/api/things/shadow/ListNamedShadowsForThing/lamp', 'iot:ListNamedShadowsForThing lamp'],
  ])('%s %s needs %s', async (method, path, needed) => {
    allowed = (question) => question !== needed;
    expect(await ask(method, path, '{"state":{}}')).toMatchObject({
      status: 403,
      errorType: 'ForbiddenException',
      body: { code: 403, message: 'Forbidden' },
    });
    allowed = (question) => question === needed;
    expect((await ask(method, path, '{"state":{}}')).status).not.toBe(403);
  });

  test.each<[string, string, string, number, string]>([
    ['PUT', '/things/lamp/shadow', '{}', 405, 'MethodNotAllowedException'],
    ['POST', '/api/things/shadow/ListNamedShadowsForThing/lamp', '', 405, 'MethodNotAllowedException'],
    ['GET', '/things/%E0%A4%A/shadow', '', 400, 'InvalidRequestException'],
    ['GET', '/things/lamp/shadow?name=', '', 400, 'InvalidRequestException'],
    ['GET', '/api/things/shadow/ListNamedShadowsForThing/lamp?pageSize=many', '', 400, 'InvalidRequestException'],
    ['POST', '/things/lamp/shadow', '{"state":{},"version":7}', 409, 'ConflictException'],
    ['POST', '/things/lamp/shadow', ' '.repeat(140_000), 413, 'RequestEntityTooLargeException'],
    ['GET', '/things/lamp', '', 404, 'ResourceNotFoundException'],
  ])('%s %s is refused', async (method, path, body, status, errorType) => {
    expect(await ask(method, path, body)).toMatchObject({ status, errorType });
  });
});
