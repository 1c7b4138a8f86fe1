import { request } from 'node:http';
import { connect } from 'node:net';

import { DynamoDBClient, GetItemCommand, ListBackupsCommand } from '@aws-sdk/client-dynamodb';
import { GetTopicRuleCommand, IoTClient, ListThingsCommand, UpdateThingCommand } from '@aws-sdk/client-iot';
import { IoTDataPlaneClient, ListRetainedMessagesCommand, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import type { Endpoint } from '../../../twin/endpoint/endpoint.ts';
import { AwsError } from '../../../twin/endpoint/service.ts';
import type { AwsService, OperationInput } from '../../../twin/endpoint/service.ts';
import { clientConfiguration, startEndpoint } from './test-endpoint.ts';

const seen: { operation: string; input: OperationInput }[] = [];
const faults: unknown[] = [];
const asked: { action: string; resource: string }[] = [];

function record(operation: string, output: Record<string, unknown> = {}) {
  return {
    run: (input: OperationInput) => {
      seen.push({ operation, input });
      return output;
    },
  };
}

const createdAt = Date.UTC(2026, 0, 2, 3, 4, 5);
const services: AwsService[] = [
  {
    signingNames: ['iot'],
    iamPrefix: 'iot',
    model: () => import('@aws-sdk/client-iot'),
    operations: {
      ListThings: record('ListThings', { things: [{ thingName: 'VIN1', version: 3, attributes: { a: 'b' } }] }),
      UpdateThing: { ...record('UpdateThing'), resources: (input) => [`thing/${String(input['thingName'])}`] },
      GetTopicRule: { run: () => ({ rule: { ruleName: 'r', createdAt, sql: 'SELECT 1' } }) },
      DescribeThing: {
        run: () => {
          throw new AwsError('ResourceNotFoundException', 'Thing x not found.', 404);
        },
      },
      DescribeEndpoint: {
        run: () => {
          throw new TypeError('a fault with a secret in it');
        },
      },
    },
  },
  {
    signingNames: ['iotdata', 'iotdevicegateway'],
    iamPrefix: 'iot',
    model: () => import('@aws-sdk/client-iot-data-plane'),
    operations: {
      Publish: record('Publish'),
      ListRetainedMessages: record('ListRetainedMessages', { retainedTopics: [{ topic: 't', lastModifiedTime: 5 }] }),
    },
  },
  {
    signingNames: ['dynamodb'],
    iamPrefix: 'dynamodb',
    wireValues: true,
    model: () => import('@aws-sdk/client-dynamodb'),
    operations: { GetItem: record('GetItem', { Item: { b: { B: 'AAE=' } } }) },
  },
];

let endpoint: Endpoint;
let iot: IoTClient;
let iotData: IoTDataPlaneClient;

beforeAll(async () => {
  endpoint = await startEndpoint(services, {
    report: (error) => faults.push(error),
    authorize: (_caller, request) => {
      asked.push(request);
      if (request.resource === 'thing/forbidden')
        throw new AwsError('AccessDeniedException', 'User: x is not authorized to perform: iot:UpdateThing', 403);
    },
  });
  iot = new IoTClient(clientConfiguration(endpoint));
  iotData = new IoTDataPlaneClient(clientConfiguration(endpoint));
});

afterAll(async () => {
  iot.destroy();
  iotData.destroy();
  await endpoint.close();
});

function authorization(service: string): Record<string, string> {
  return {
    authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=00`,
  };
}

describe('a REST request', () => {
  test('reaches its operation with query members of their types', async () => {
    const { things } = await iot.send(
      new ListThingsCommand({ maxResults: 5, attributeName: 'a b', usePrefixAttributeValue: true }),
    );
    expect(things).toEqual([{ thingName: 'VIN1', version: 3, attributes: { a: 'b' } }]);
    expect(seen.at(-1)).toEqual({
      operation: 'ListThings',
      input: { maxResults: 5, attributeName: 'a b', usePrefixAttributeValue: true },
    });
  });

  test('reaches its operation with labels and body', async () => {
    await iot.send(
      new UpdateThingCommand({ thingName: 'a:b_c', attributePayload: { attributes: { k: 'v' }, merge: true } }),
    );
    expect(seen.at(-1)).toEqual({
      operation: 'UpdateThing',
      input: { thingName: 'a:b_c', attributePayload: { attributes: { k: 'v' }, merge: true } },
    });
    expect(asked.at(-1)).toMatchObject({ action: 'iot:UpdateThing', resource: 'thing/a:b_c' });
  });

  test('keeps slashes in a label, bytes in a payload and JSON in a header', async () => {
    const userProperties = JSON.stringify([{ k: 'ü' }]);
    await iotData.send(
      new PublishCommand({
        topic: 'dt/vehicle/VIN 1',
        qos: 1,
        retain: true,
        payload: Buffer.from([0, 255]),
        userProperties,
        messageExpiry: 7,
      }),
    );
    expect(seen.at(-1)!.input).toEqual({
      topic: 'dt/vehicle/VIN 1',
      qos: 1,
      retain: true,
      payload: Buffer.from([0, 255]),
      userProperties,
      messageExpiry: 7,
    });
  });

  test('gets its timestamps as seconds', async () => {
    const { rule } = await iot.send(new GetTopicRuleCommand({ ruleName: 'r' }));
    expect(rule!.createdAt).toEqual(new Date(createdAt));
  });

  test('goes to the service of its signing name, where paths are alike', async () => {
    const { retainedTopics } = await iotData.send(new ListRetainedMessagesCommand({}));
    expect(retainedTopics).toEqual([{ topic: 't', lastModifiedTime: 5 }]);
    const wrong = await fetch(`${endpoint.url}/retainedMessage`, { headers: authorization('iot') });
    expect([wrong.status, wrong.headers.get('x-amzn-errortype')]).toEqual([404, 'UnknownOperationException']);
  });
});

describe('an awsJson request', () => {
  test('sees the values of the wire where the service wants them so', async () => {
    const client = new DynamoDBClient(clientConfiguration(endpoint));
    const { Item: item } = await client.send(
      new GetItemCommand({ TableName: 'commands', Key: { b: { B: Buffer.from([0, 1]) } } }),
    );
    expect(Buffer.from(item!['b']!.B!)).toEqual(Buffer.from([0, 1]));
    expect(seen.at(-1)!.input).toEqual({ TableName: 'commands', Key: { b: { B: 'AAE=' } } });
    client.destroy();
  });

  test('without a signature is known by its target', async () => {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'DynamoDB_20120810.GetItem' },
      body: '{"TableName":"t","Key":{}}',
    });
    expect(response.status).toBe(200);
  });

  test.each([
    [
      'a missing member',
      '{"TableName":"t"}',
      'ValidationException',
      "1 validation error detected: Value null at 'key' failed to satisfy constraint: Member must not be null",
    ],
    [
      'a member of another type',
      '{"TableName":5,"Key":{}}',
      'SerializationException',
      "The value at 'tableName' must be a string.",
    ],
    ['broken JSON', '{', 'SerializationException', 'The body is not valid JSON.'],
    ['a body that is no object', '[]', 'SerializationException', 'The body must be an object.'],
  ])('with %s is refused', async (_name, body, type, message) => {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'DynamoDB_20120810.GetItem', ...authorization('dynamodb') },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: expect.stringContaining(type), message });
  });
});

describe('an error', () => {
  test('has code, status and request id where REST clients look for them', async () => {
    const response = await fetch(`${endpoint.url}/things/x`, { headers: authorization('iot') });
    expect([response.status, response.headers.get('x-amzn-errortype'), await response.json()]).toEqual([
      404,
      'ResourceNotFoundException',
      { message: 'Thing x not found.' },
    ]);
    expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('names an operation that the twin does not execute', async () => {
    const client = new DynamoDBClient(clientConfiguration(endpoint));
    await expect(client.send(new ListBackupsCommand({}))).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'The twin does not execute dynamodb:ListBackups.',
      $metadata: { httpStatusCode: 501 },
    });
    client.destroy();
  });

  test('names a service that the twin does not have', async () => {
    const response = await fetch(endpoint.url, { headers: authorization('ec2') });
    expect(response.status).toBe(501);
    expect(await response.text()).toContain("no service with the signing name 'ec2'");
  });

  test('of permission comes before the operation runs', async () => {
    const before = seen.length;
    await expect(iot.send(new UpdateThingCommand({ thingName: 'forbidden' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 403 },
    });
    expect(seen).toHaveLength(before);
  });

  test('of the twin itself tells the client nothing of it', async () => {
    const response = await fetch(`${endpoint.url}/endpoint`, { headers: authorization('iot') });
    expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining('secret')]);
    expect(faults).toHaveLength(1);
  });

  test('meets a request without a signature, a target or a known host, and one from a web page', async () => {
    expect((await fetch(endpoint.url)).status).toBe(403);
    const fromPage = await fetch(endpoint.url, {
      method: 'POST',
      headers: { origin: 'https://example.com', 'x-amz-target': 'DynamoDB_20120810.GetItem' },
      body: '{"TableName":"t","Key":{}}',
    });
    expect(fromPage.status).toBe(403);
  });

  test('meets a body over ten megabytes', async () => {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'DynamoDB_20120810.GetItem', ...authorization('dynamodb') },
      body: Buffer.alloc(10 * 1024 * 1024 + 1),
    });
    expect(response.status).toBe(413);
  });
});

/** Sends the path as it is, which `fetch` would tidy up. */
function send(
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request(endpoint.url, { method, path, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    });
    outgoing.once('error', reject).end(method === 'GET' ? undefined : body);
  });
}

describe('whatever is sent', () => {
  const header = fc.string({ unit: 'grapheme-ascii', maxLength: 60 });
  const anything = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH'),
    path: fc.oneof(
      fc.webPath(),
      fc.constantFrom('/things/%zz', '/things/%', '/topics/a%2Fb', '//', '/things/..%2f', '/?Action=ListThings'),
    ),
    service: fc.constantFrom('iot', 'iotdata', 'dynamodb', 'unknown', ''),
    target: fc.option(fc.oneof(header, fc.constant('DynamoDB_20120810.GetItem'), fc.constant('x.__proto__')), {
      nil: undefined,
    }),
    authorization: fc.option(header, { nil: undefined }),
    body: fc.oneof(
      fc.string(),
      fc.json(),
      fc.constant('{"__proto__":{"TableName":1},"TableName":{"a":1}}'),
      fc.constant('a.1.1.1.1=2&Action=GetItem'),
    ),
  });

  test('is answered, and never by a fault of the twin', async () => {
    faults.length = 0;
    await fc.assert(
      fc.asyncProperty(anything, async ({ method, path, service, target, authorization: other, body }) => {
        const headers: Record<string, string> = other === undefined ? authorization(service) : { authorization: other };
        if (target !== undefined) headers['x-amz-target'] = target;
        const status = await send(method, path, headers, body);
        // DescribeEndpoint fails on purpose.
        return status !== 500 || path === '/endpoint';
      }),
      { numRuns: 300 },
    );
    expect(faults).toEqual([]);
  });

  test.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['a broken length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
  ])('is refused when it is %s, and the next request is served', async (_name, text) => {
    const socket = connect(Number(new URL(endpoint.url).port), '127.0.0.1');
    const answer = await new Promise<string>((resolve) => {
      let received = '';
      socket.on('data', (data) => (received += data.toString())).on('close', () => resolve(received));
      socket.write(text);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect((await fetch(`${endpoint.url}/things`, { headers: authorization('iot') })).status).toBe(200);
  });
});
