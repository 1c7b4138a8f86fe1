import { request as httpsRequest } from 'node:https';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { nextMessage, openFrontDoor, type FrontDoor } from './front-door.ts';

let door: FrontDoor;
let port: number;
beforeEach(async () => {
  door = await openFrontDoor();
  const { server } = door.certificates;
  ({ port } = await door.broker.listenHttps({ port: 0, key: server.key, cert: server.cert, ca: door.certificates.ca }));
});
afterEach(() => door.close());

interface Answer {
  readonly status: number;
  readonly errorType: string | undefined;
  readonly body: { message: string; traceId: string };
}

async function post(
  path: string,
  options: {
    body?: Buffer | string;
    headers?: Record<string, string>;
    method?: string;
    at?: number;
    alpn?: string;
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: 'localhost',
        port: options.at ?? port,
        path,
        method: options.method ?? 'POST',
        headers: options.headers,
        ca: door.certificates.ca,
        cert: door.vehicle.cert,
        key: door.vehicle.key,
        agent: false,
        ...(options.alpn && { ALPNProtocols: [options.alpn] }),
      },
      (response) => {
        let text = '';
        response.on('data', (part) => (text += part));
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            errorType: response.headers['x-amzn-errortype'] as string,
            body: JSON.parse(text),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(options.body ?? '{}');
  });
}

describe('POST /topics/…', () => {
  test('publishes to subscribers and rules as the certificate’s principal', async () => {
    const client = await door.client('car', { protocolVersion: 5 });
    await client.subscribeAsync('dt/car/event', { qos: 1 });
    const message = nextMessage(client);
    const answer = await post(
      '/topics/dt%2Fcar%2Fevent?qos=1&contentType=text%2Fplain&messageExpiry=60&responseTopic=r',
      {
        body: 'hello',
        headers: {
          'x-amz-mqtt5-user-properties': Buffer.from('[{"a":"1"},{"a":"2"}]').toString('base64'),
          'x-amz-mqtt5-correlation-data': Buffer.from('c').toString('base64'),
          'x-amz-mqtt5-payload-format-indicator': 'UTF8_DATA',
        },
      },
    );
    expect(answer).toMatchObject({ status: 200, body: { message: 'OK', traceId: expect.any(String) } });
    expect(await message).toMatchObject({
      topic: 'dt/car/event',
      text: 'hello',
      packet: {
        qos: 1,
        properties: {
          contentType: 'text/plain',
          responseTopic: 'r',
          userProperties: { a: ['1', '2'] },
          payloadFormatIndicator: true,
        },
      },
    });
    expect(door.ingested.find(({ topic }) => topic === 'dt/car/event')).toMatchObject({
      source: { protocol: 'http', principal: door.vehicle.certificateId, sourceIp: '127.0.0.1' },
    });
    expect(door.admitted.at(-1)).toMatchObject({
      transport: 'https',
      certificate: { certificateId: door.vehicle.certificateId },
    });
  });

  test('answers after the rules', async () => {
    let finished = false;
    door.ingest = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      finished = true;
    };
    expect(await post('/topics/%24aws%2Frules%2Ftelemetry%2Fdt')).toMatchObject({ status: 200 });
    expect(finished).toBe(true);
  });

  test('retains when asked', async () => {
    await post('/topics/state?retain=true', { body: 'on' });
    expect(door.broker.getRetained('state')!.payload.toString()).toBe('on');
  });

  test.each<[string, string, object, number, string]>([
    ['another path', '/nothing', {}, 404, 'ResourceNotFoundException'],
    ['another method', '/topics/a', { method: 'PUT' }, 405, 'MethodNotAllowedException'],
    ['QoS 2', '/topics/a?qos=2', {}, 400, 'InvalidRequestException'],
    ['a wildcard', '/topics/a%2F%23', {}, 400, 'InvalidRequestException'],
    ['an empty topic', '/topics/', {}, 400, 'InvalidRequestException'],
    ['a broken escape', '/topics/%zz', {}, 400, 'InvalidRequestException'],
    ['nine levels', `/topics/${encodeURIComponent('a/b/c/d/e/f/g/h/i')}`, {}, 400, 'InvalidRequestException'],
    ['an unknown reserved topic', '/topics/%24aws%2Fnothing', {}, 400, 'InvalidRequestException'],
    ['a body over 128 KB', '/topics/a', { body: Buffer.alloc(131_073) }, 413, 'RequestEntityTooLargeException'],
    ['a content type of 257 bytes', `/topics/a?contentType=${'x'.repeat(257)}`, {}, 400, 'InvalidRequestException'],
    ['a broken expiry', '/topics/a?messageExpiry=soon', {}, 400, 'InvalidRequestException'],
    [
      'broken user properties',
      '/topics/a',
      { headers: { 'x-amz-mqtt5-user-properties': '!' } },
      400,
      'InvalidRequestException',
    ],
  ])('refuses %s', async (_name, path, options, status, errorType) => {
    expect(await post(path, options)).toMatchObject({ status, errorType });
  });

  test('refuses whom the gatekeeper or the policy refuses', async () => {
    door.authorize = () => false;
    expect(await post('/topics/a')).toMatchObject({ status: 403, errorType: 'ForbiddenException' });
    expect(door.log).toContainEqual(
      expect.objectContaining({ protocol: 'HTTP', reason: 'AUTHORIZATION_FAILED', topicName: 'a' }),
    );
    door.admit = () => ({ refused: 'NOT_AUTHORIZED', detail: '' });
    expect(await post('/topics/a')).toMatchObject({ status: 403 });
  });

  test('is served on the MQTT port under ALPN x-amzn-http-ca', async () => {
    expect(await post('/topics/a', { at: door.mqttPort, alpn: 'x-amzn-http-ca' })).toMatchObject({ status: 200 });
  });
});
