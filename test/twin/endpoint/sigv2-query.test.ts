import { describe, expect, test } from '@jest/globals';

import { readQuerySignatureV2, verifyQuerySignatureV2 } from '../../../twin/endpoint/sigv2-query.ts';

/** Made by botocore 1.43 for the key KEY with the secret `sec`. */
const URL_OF_BOTOCORE =
  'http://127.0.0.1:1/b/a%20b/k?response-content-type=text%2Fx&AWSAccessKeyId=KEY&Signature=6QCxAFrbXtDBw%2Fg4B75EOjp9nZA%3D&Expires=1795403048';

function verify(url: string, { method = 'GET', secret = 'sec', now = 1_795_403_000_000 } = {}): void {
  const { pathname, search, searchParams, host } = new URL(url);
  const request = { method, path: pathname, queryString: search.slice(1), headers: { host }, body: Buffer.alloc(0) };
  verifyQuerySignatureV2(request, readQuerySignatureV2(searchParams)!, secret, now);
}

describe('a presigned URL in Signature Version 2', () => {
  test('of another client is verified', () => {
    expect(() => verify(URL_OF_BOTOCORE)).not.toThrow();
  });

  test('is the same with the bucket in the host', () => {
    expect(() => verify(URL_OF_BOTOCORE.replace('127.0.0.1:1/b/', 'b.s3.amazonaws.com/'))).not.toThrow();
  });

  test.each([
    ['another method', URL_OF_BOTOCORE, { method: 'DELETE' }],
    ['another secret', URL_OF_BOTOCORE, { secret: 'guess' }],
    ['another key', URL_OF_BOTOCORE.replace('/k?', '/l?'), {}],
    ['another time', URL_OF_BOTOCORE.replace('Expires=1795403048', 'Expires=1895403048'), {}],
    ['another override', URL_OF_BOTOCORE.replace('text%2Fx', 'text%2Fhtml'), {}],
  ])('is refused for %s', (_name, url, options) => {
    expect(() => verify(url, options)).toThrow('The request signature we calculated does not match');
  });

  test('is refused after its time', () => {
    expect(() => verify(URL_OF_BOTOCORE, { now: 1_795_403_049_000 })).toThrow('Request has expired');
  });
});

test.each([
  'Action=SendMessage',
  'AWSAccessKeyId=KEY&Signature=x',
  'AWSAccessKeyId=KEY&Signature=x&Expires=2026-01-01T00:00:00Z',
])('%s is no presigned URL of S3', (query) => {
  expect(readQuerySignatureV2(new URLSearchParams(query))).toBeUndefined();
});
