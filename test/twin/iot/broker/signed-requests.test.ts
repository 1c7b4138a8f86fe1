import { once } from 'node:events';
import { Agent, request as httpsRequest } from 'node:https';

import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import mqtt, { type MqttClient } from 'mqtt';
import { WebSocket } from 'ws';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import { localAdministrator } from '../../../../twin/iot/broker/signing-credentials.ts';
import { openFrontDoor, type FrontDoor } from './front-door.ts';

const ISSUED = { accessKeyId: 'ASIAISSUED', secretAccessKey: 'secret', sessionToken: 'token' };
const FOREIGN = { accessKeyId: 'test', secretAccessKey: 'anything' };
const ADMINISTRATOR = `arn:aws:iam::${DEFAULT_ACCOUNT.accountId}:root`;

let clock: ManualClock;
let door: FrontDoor;
let port: number;
let expiration: number | undefined;
const opened: { destroy(): void }[] = [];

beforeEach(async () => {
  clock = new ManualClock(Date.now());
  expiration = undefined;
  door = await openFrontDoor({
    clock,
    signingCredentials: {
      lookup: async (accessKeyId) =>
        accessKeyId === ISSUED.accessKeyId
          ? { secretAccessKey: 'secret', sessionToken: 'token', principal: 'AROAEXAMPLE:app', expiration }
          : localAdministrator(DEFAULT_ACCOUNT),
    },
  });
  door.admit = ({ signature }) =>
    signature
      ? { principal: signature.principal, authorize: () => true }
      : { refused: 'BAD_CREDENTIALS', detail: 'not signed' };
  const { server } = door.certificates;
  ({ port } = await door.broker.listenHttps({ port: 0, key: server.key, cert: server.cert }));
});
afterEach(async () => {
  for (const each of opened.splice(0)) each.destroy();
  await door.close();
});

function dataPlane(credentials: object): IoTDataPlaneClient {
  const httpsAgent = new Agent({ ca: door.certificates.ca });
  const client = new IoTDataPlaneClient({
    region: 'us-east-1',
    endpoint: `https://localhost:${port}`,
    credentials: credentials as typeof ISSUED,
    requestHandler: { httpsAgent },
    maxAttempts: 1,
  });
  opened.push(client, httpsAgent);
  return client;
}

const publish = (credentials: object, topic = 'dt/car 1/event'): Promise<unknown> =>
  dataPlane(credentials).send(new PublishCommand({ topic, payload: Buffer.from('{"a":1}'), qos: 1, retain: false }));

describe("HTTPS publish with the AWS SDK's signature", () => {
  test('comes in as the session that the twin gave the key to', async () => {
    await publish(ISSUED);
    expect(door.ingested[0]).toMatchObject({
      topic: 'dt/car 1/event',
      qos: 1,
      source: { protocol: 'http', principal: 'AROAEXAMPLE:app' },
    });
    expect(door.ingested[0]!.payload.toString()).toBe('{"a":1}');
  });

  test('comes in as the local administrator with any other key', async () => {
    await publish(FOREIGN);
    expect(door.ingested[0]!.source).toMatchObject({ principal: ADMINISTRATOR });
  });

  test.each<[string, object, RegExp]>([
    ['another secret', { ...ISSUED, secretAccessKey: 'guess' }, /signature we calculated does not match/],
    ['another session token', { ...ISSUED, sessionToken: 'old' }, /security token is missing or wrong/],
  ])('is refused with %s', async (_what, credentials, reason) => {
    await expect(publish(credentials)).rejects.toMatchObject({
      name: 'ForbiddenException',
      $metadata: { httpStatusCode: 403 },
    });
    expect(door.log.at(-1)).toMatchObject({ reason: 'AUTHENTICATION_FAILED', details: expect.stringMatching(reason) });
    expect(door.ingested).toEqual([]);
  });

  test('is refused when the session has ended', async () => {
    expiration = clock.now();
    await expect(publish(ISSUED)).rejects.toThrow();
    expect(door.log.at(-1)!.details).toContain('expired');
  });

  test('is refused when it was signed for another service, or is not a signature', async () => {
    const authorization = (service: string) =>
      `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=00`;
    for (const header of [authorization('s3'), 'AWS4-HMAC-SHA256 nonsense']) {
      expect(await status('/topics/a', { authorization: header })).toBe(403);
    }
    expect(await status('/topics/a', {})).toBe(403);
    expect(door.ingested).toEqual([]);
  });

  function status(path: string, headers: Record<string, string>): Promise<number> {
    return new Promise((resolve, reject) => {
      const options = {
        host: 'localhost',
        port,
        path,
        method: 'POST',
        headers,
        ca: door.certificates.ca,
        agent: false,
      };
      httpsRequest(options, (response) => resolve(response.resume().statusCode!))
        .on('error', reject)
        .end('x');
    });
  }
});

describe('a WebSocket URL that is signed with a key of the user’s own', () => {
  async function url(credentials: { accessKeyId: string; secretAccessKey: string }): Promise<string> {
    const signer = new SignatureV4({ service: 'iotdevicegateway', region: 'us-east-1', credentials, sha256: Sha256 });
    const request = {
      method: 'GET',
      protocol: 'wss:',
      hostname: 'localhost',
      path: '/mqtt',
      headers: { host: `localhost:${port}` },
      query: {},
    };
    const { query } = await signer.presign(request, { expiresIn: 60, signingDate: new Date(clock.now()) });
    return `wss://localhost:${port}/mqtt?${new URLSearchParams(query as Record<string, string>)}`;
  }

  const connect = async (headers?: Record<string, string>): Promise<MqttClient> => {
    const wsOptions = { ca: door.certificates.ca, headers };
    const client = await mqtt.connectAsync(await url(FOREIGN), { clientId: 'app', reconnectPeriod: 0, wsOptions });
    opened.push({ destroy: () => void client.end(true) });
    return client;
  };

  test.each([undefined, { origin: 'http://localhost:3000' }, { origin: 'http://127.0.0.1' }])(
    'connects as the local administrator (%j)',
    async (headers) => {
      const client = await connect(headers);
      await client.publishAsync('a', 'x', { qos: 1 });
      expect(door.ingested.find(({ topic }) => topic === 'a')!.source).toMatchObject({ principal: ADMINISTRATOR });
    },
  );

  test.each(['https://example.com', 'http://localhost.example.com', 'null'])(
    'is refused from a page of %s',
    async (origin) => {
      const socket = new WebSocket(await url(FOREIGN), ['mqtt'], { ca: door.certificates.ca, origin });
      socket.on('error', () => undefined);
      opened.push({ destroy: () => socket.terminate() });
      const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
      expect(response.statusCode).toBe(403);
      expect(door.log.at(-1)!.details).toContain('did not sign with a key of the twin');
    },
  );
});
