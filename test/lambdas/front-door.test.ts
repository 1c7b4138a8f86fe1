import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { IotFrontDoor } from '../../lambdas/shared/front-door.ts';

/** A front door that answers as told, and remembers how it was asked. */
let answer: { status: number; error?: string };
const asked: { url: string; body: string }[] = [];
let server: Server;
const before = { ...process.env };

beforeAll(async () => {
  server = createServer((request, response) => {
    void read(request).then((body) => {
      asked.push({ url: request.url!, body });
      response.writeHead(answer.status, answer.error ? { 'x-amzn-errortype': answer.error } : {});
      response.end('{"message":"m"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});

afterAll(async () => {
  process.env = before;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

describe('a direct message', () => {
  test('goes to one client, asks for confirmation and carries JSON', async () => {
    answer = { status: 200 };
    await new IotFrontDoor('unused.example').send('V1', 'cmd/V1/req/c1', { id: 'c1' });
    const { url, body } = asked.at(-1)!;
    expect(url.split('?')[0]).toBe('/connections/V1/messages');
    expect(Object.fromEntries(new URLSearchParams(url.split('?')[1]))).toMatchObject({
      topic: 'cmd/V1/req/c1',
      confirmation: 'true',
      timeout: '5',
    });
    expect(body).toBe('{"id":"c1"}');
  });

  test.each([
    [200, undefined, 'confirmed'],
    [404, 'ResourceNotFoundException', 'not-connected'],
    [403, 'ForbiddenException', 'refused'],
    [413, 'RequestEntityTooLargeException', 'refused'],
    [429, 'ThrottlingException', 'refused'],
    [504, 'GatewayTimeoutException', 'unconfirmed'],
    [500, 'InternalFailureException', 'unconfirmed'],
    [502, undefined, 'unconfirmed'],
  ])('answered with %i %p is %s, and is not repeated behind the ledger', async (status, error, delivery) => {
    answer = { status, ...(error && { error }) };
    const already = asked.length;
    expect(await new IotFrontDoor('unused.example').send('V1', 'cmd/V1/req/c1', {})).toMatchObject({ delivery });
    expect(asked.length - already).toBe(1);
  });

  test('is unconfirmed when the front door cannot be reached', async () => {
    const { AWS_ENDPOINT_URL } = process.env;
    process.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:1';
    const { delivery } = await new IotFrontDoor('unused.example').send('V1', 'cmd/V1/req/c1', {});
    process.env['AWS_ENDPOINT_URL'] = AWS_ENDPOINT_URL;
    expect(delivery).toBe('unconfirmed');
  });
});
