import { Sha256 } from '@aws-crypto/sha256-js';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';

import { AwsError } from '../../../../twin/endpoint/service.ts';
import type { Caller } from '../../../../twin/endpoint/service.ts';
import { startS3 } from './s3-fixture.ts';
import type { S3Fixture } from './s3-fixture.ts';

const credentials = { accessKeyId: 'ASIAISSUED', secretAccessKey: 'secret' };
const caller: Caller = {
  kind: 'role',
  arn: 'arn:aws:sts::000000000000:assumed-role/writer/s',
  roleName: 'writer',
  sessionName: 's',
};
const denied = new Set<string>();
let fixture: S3Fixture;
let client: S3Client;

beforeAll(async () => {
  fixture = await startS3({
    credentials: { find: (id) => (id === credentials.accessKeyId ? { secretAccessKey: 'secret', caller } : undefined) },
    authorize: (_caller, { action, resource }) => {
      if (denied.has(action))
        throw new AwsError(
          'AccessDeniedException',
          `User is not authorized to perform: ${action} on resource: ${resource}`,
          403,
        );
    },
  });
  // A key of the twin's is verified against real time.
  await fixture.clock.advance(Date.now() - fixture.clock.now());
  client = new S3Client({
    endpoint: fixture.endpoint.url,
    region: 'us-east-1',
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
  });
  fixture.s3.createBucket('signed');
});
afterAll(async () => {
  client.destroy();
  await fixture.close();
});

async function presign(method: string, path: string, expiresIn: number, secretAccessKey = 'secret'): Promise<string> {
  const { hostname, port, host } = new URL(fixture.endpoint.url);
  const signer = new SignatureV4({
    service: 's3',
    region: 'us-east-1',
    sha256: Sha256,
    uriEscapePath: false,
    credentials: { ...credentials, secretAccessKey },
  });
  const unsigned = {
    method,
    protocol: 'http:',
    hostname,
    port: Number(port),
    path,
    headers: { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    query: {},
  };
  const { query } = await signer.presign(unsigned, {
    expiresIn,
    signingDate: new Date(fixture.clock.now()),
    unsignableHeaders: new Set(['content-type']),
  });
  return `${fixture.endpoint.url}${path}?${new URLSearchParams(query as Record<string, string>).toString().replaceAll('+', '%20')}`;
}

describe("the twin's own keys", () => {
  test('sign requests, with keys that need encoding', async () => {
    await client.send(new PutObjectCommand({ Bucket: 'signed', Key: "a b/'ü'(1)+*.txt", Body: 'x' }));
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'signed', Key: "a b/'ü'(1)+*.txt" }));
    expect(await Body!.transformToString()).toBe('x');
  });

  test('with a wrong secret are refused', async () => {
    const forger = new S3Client({
      endpoint: fixture.endpoint.url,
      region: 'us-east-1',
      credentials: { ...credentials, secretAccessKey: 'guess' },
      forcePathStyle: true,
      maxAttempts: 1,
    });
    await expect(forger.send(new CreateBucketCommand({ Bucket: 'forged' }))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    });
    forger.destroy();
  });

  test('may do what their policies allow', async () => {
    denied.add('s3:PutObject');
    const refused = client.send(new PutObjectCommand({ Bucket: 'signed', Key: 'k', Body: 'x' }));
    await expect(refused).rejects.toMatchObject({
      name: 'AccessDenied',
      message: 'User is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::signed/k',
    });
    denied.clear();
  });

  test('need other permissions for versions and for tags', async () => {
    await client.send(new PutObjectCommand({ Bucket: 'signed', Key: 'k', Body: 'x' }));
    denied.add('s3:GetObjectVersion').add('s3:PutObjectTagging');
    await client.send(new GetObjectCommand({ Bucket: 'signed', Key: 'k' }));
    const version = new GetObjectCommand({ Bucket: 'signed', Key: 'k', VersionId: 'null' });
    await expect(client.send(version)).rejects.toMatchObject({ name: 'AccessDenied' });
    const tagged = new PutObjectCommand({ Bucket: 'signed', Key: 'k', Body: 'x', Tagging: 'a=1' });
    await expect(client.send(tagged)).rejects.toMatchObject({ name: 'AccessDenied' });
    denied.clear();
  });

  test('who may not list learn nothing of missing keys', async () => {
    denied.add('s3:ListBucket');
    await expect(client.send(new GetObjectCommand({ Bucket: 'signed', Key: 'none' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    denied.clear();
  });
});

describe('a presigned URL', () => {
  test('writes and reads without credentials', async () => {
    const written = await fetch(await presign('PUT', '/signed/by-url', 60), {
      method: 'PUT',
      body: 'from a browser',
      headers: { 'content-type': 'text/plain' },
    });
    expect(written.status).toBe(200);
    const read = await fetch(await presign('GET', '/signed/by-url', 60));
    expect(await read.text()).toBe('from a browser');
    expect(read.headers.get('content-type')).toBe('text/plain');
  });

  test('is good for its method and its time, and with its signature', async () => {
    fixture.s3.createBucket('limits');
    const url = await presign('GET', '/limits/k', 60);
    await fixture.s3.putObject('limits', 'k', 'x');
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);
    const forged = await fetch(await presign('GET', '/limits/k', 60, 'guess'));
    expect(await forged.text()).toContain('<Code>SignatureDoesNotMatch</Code>');
    await fixture.clock.advance(61_000);
    const late = await fetch(url);
    expect(late.status).toBe(403);
    expect(await late.text()).toContain('<Message>Request has expired</Message>');
  });

  test('and nothing else opens a bucket to who has no key', async () => {
    const anonymous = await fetch(`${fixture.endpoint.url}/signed/by-url`);
    expect(anonymous.status).toBe(403);
  });
});

describe('a web page that the user visits', () => {
  const forged =
    'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=x%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0';

  test.each<[string, Record<string, string>]>([
    ['a form', { origin: 'https://elsewhere.example' }],
    ['an image', { 'sec-fetch-site': 'cross-site' }],
  ])('cannot act by %s with a key that nobody issued', async (_name, headers) => {
    await fixture.s3.putObject('signed', 'page', 'x');
    const answer = await fetch(`${fixture.endpoint.url}/signed/page?${forged}`, { headers });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('<Code>InvalidToken</Code>');
  });
});
