import { Sha256 } from '@aws-crypto/sha256-js';
import { describe, expect, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';

import { readSignature, verifySignature } from '../../../twin/endpoint/sigv4.ts';
import type { SignedRequest } from '../../../twin/endpoint/sigv4.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const NOW = Date.UTC(2026, 10, 23, 2, 0, 0);

function signer(service: string): SignatureV4 {
  return new SignatureV4({
    service,
    region: 'us-east-1',
    credentials: { accessKeyId: 'ASIATWIN', secretAccessKey: SECRET, sessionToken: 'token' },
    sha256: Sha256,
    uriEscapePath: service !== 's3',
  });
}

interface Plan {
  readonly method?: string;
  readonly path?: string;
  readonly query?: Record<string, string | string[]>;
  readonly body?: string;
  readonly service?: string;
}

async function signed({
  method = 'POST',
  path = '/',
  query = {},
  body = '',
  service = 'iot',
}: Plan): Promise<SignedRequest> {
  const request = {
    method,
    protocol: 'http:',
    hostname: '127.0.0.1',
    path,
    query,
    headers: { host: '127.0.0.1:4566', 'content-type': 'application/json' },
    body,
  };
  const { headers } = await signer(service).sign(request, { signingDate: new Date(NOW) });
  const queryString = Object.entries(query)
    .flatMap(([name, values]) =>
      [values].flat().map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
    )
    .join('&');
  return {
    method,
    path,
    queryString,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: Buffer.from(body),
  };
}

function check(request: SignedRequest, now = NOW, secret = SECRET): void {
  const signature = readSignature(request.headers, new URLSearchParams(request.queryString));
  verifySignature(request, signature!, secret, now);
}

describe('a signature that the SDK made', () => {
  test.each<[string, Plan]>([
    ['a body', { body: '{"a":"ü"}' }],
    [
      'a query with several values and odd characters',
      { method: 'GET', query: { b: ['2', '1'], a: "x y*'()", empty: '' } },
    ],
    ['an encoded slash in the path', { path: '/topics/dt%2Fvehicle%2FVIN%201' }],
    ['S3, whose path is encoded once', { service: 's3', method: 'GET', path: '/bucket/a%20b/c%2Bd' }],
  ])('of %s is verified', async (_name, plan) => {
    const request = await signed(plan);
    expect(() => check(request)).not.toThrow();
    expect(() => check(request, NOW, `${SECRET}x`)).toThrow('The request signature we calculated does not match');
  });

  test('of a presigned request is valid until it expires', async () => {
    const request = {
      method: 'GET',
      protocol: 'http:',
      hostname: '127.0.0.1',
      path: '/things',
      query: { maxResults: '5' },
      headers: { host: '127.0.0.1:4566' },
    };
    const { query } = await signer('iot').presign(request, { signingDate: new Date(NOW), expiresIn: 3600 });
    const queryString = Object.entries(query ?? {})
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
      .join('&');
    const presigned = {
      method: 'GET',
      path: '/things',
      queryString,
      headers: { host: '127.0.0.1:4566' },
      body: Buffer.alloc(0),
    };
    expect(() => check(presigned, NOW + 3_599_000)).not.toThrow();
    expect(() => check(presigned, NOW + 3_601_000)).toThrow('Signature expired');
    expect(() => check({ ...presigned, queryString: queryString.replace('maxResults=5', 'maxResults=6') })).toThrow(
      'does not match',
    );
  });

  test.each<[string, (request: SignedRequest) => SignedRequest]>([
    ['another body', (request) => ({ ...request, body: Buffer.from('{}') })],
    ['another path', (request) => ({ ...request, path: '/things' })],
    ['another query', (request) => ({ ...request, queryString: 'a=1' })],
    ['another method', (request) => ({ ...request, method: 'PUT' })],
    ['another signed header', (request) => ({ ...request, headers: { ...request.headers, host: 'elsewhere' } })],
  ])('is refused with %s', async (_name, change) => {
    const request = await signed({ body: '{"a":1}' });
    expect(() => check(change(request))).toThrow(/does not match/);
  });

  test.each([
    [
      '16 minutes later',
      16,
      'Signature expired: 20261123T020000Z is now earlier than 20261123T020100Z (20261123T021600Z - 15 min.)',
    ],
    ['16 minutes earlier', -16, 'Signature not yet current'],
  ])('is refused %s', async (_name, minutes, message) => {
    const request = await signed({});
    expect(() => check(request, NOW + minutes * 60_000)).toThrow(message);
  });
});

test.each([
  [
    'a header without its signature',
    { authorization: 'AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host' },
    "Authorization header requires 'Signature' parameter.",
  ],
  [
    'a credential with four parts',
    { authorization: 'AWS4-HMAC-SHA256 Credential=a/b/c/aws4_request, SignedHeaders=host, Signature=0' },
    'Credential must have exactly 5 slash-delimited elements',
  ],
])('%s is incomplete', (_name, headers, message) => {
  expect(() => readSignature(headers, new URLSearchParams())).toThrow(message);
});
