import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, test } from '@jest/globals';

import { ManualClock } from '../../../../twin/clock.ts';
import { verifyPresignedUrl } from '../../../../twin/iot/broker/presigned-url.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const CREDENTIALS = {
  lookup: async (accessKeyId: string) =>
    accessKeyId === 'AKIDEXAMPLE'
      ? { secretAccessKey: 'secret', principal: 'AROAEXAMPLE:app' }
      : accessKeyId === 'ASIAEXAMPLE'
        ? { secretAccessKey: 'secret', sessionToken: 'token/+=', principal: 'AROAEXAMPLE:session' }
        : undefined,
};

async function presign(accessKeyId: string, service = 'iotdevicegateway', sessionToken?: string): Promise<string> {
  const signer = new SignatureV4({
    service,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: 'secret', sessionToken },
    sha256: Sha256,
  });
  const request = {
    method: 'GET',
    protocol: 'wss:',
    hostname: 'localhost',
    port: 9443,
    path: '/mqtt',
    headers: { host: 'localhost:9443' },
    query: {},
  };
  const { query } = await signer.presign(request, { expiresIn: 60, signingDate: new Date(NOW) });
  return Object.entries(query ?? {})
    .map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`)
    .join('&');
}

const verify = (query: string, at = NOW, host = 'localhost:9443') =>
  verifyPresignedUrl('/mqtt', query, { host }, CREDENTIALS, new ManualClock(at));

describe('a signed WebSocket URL', () => {
  test('is accepted as AWS’s own signer makes it', async () => {
    expect(await verify(await presign('AKIDEXAMPLE'))).toEqual({
      accessKeyId: 'AKIDEXAMPLE',
      principal: 'AROAEXAMPLE:app',
    });
  });

  test('is accepted with the session token signed, and with the token added afterwards', async () => {
    const signedToken = await presign('ASIAEXAMPLE', 'iotdevicegateway', 'token/+=');
    expect(await verify(signedToken)).toEqual({ accessKeyId: 'ASIAEXAMPLE', principal: 'AROAEXAMPLE:session' });
    const tokenAfter = `${await presign('ASIAEXAMPLE')}&X-Amz-Security-Token=${encodeURIComponent('token/+=')}`;
    expect(await verify(tokenAfter)).toEqual({ accessKeyId: 'ASIAEXAMPLE', principal: 'AROAEXAMPLE:session' });
  });

  test('is absent on an unsigned URL', async () => {
    expect(await verify('x-amz-customauthorizer-name=a')).toBeUndefined();
  });

  test.each<[string, () => Promise<unknown>]>([
    ['another host', async () => verify(await presign('AKIDEXAMPLE'), NOW, 'elsewhere:9443')],
    ['a later time', async () => verify(await presign('AKIDEXAMPLE'), NOW + 3_600_000)],
    ['an earlier time', async () => verify(await presign('AKIDEXAMPLE'), NOW - 3_600_000)],
    ['another service', async () => verify(await presign('AKIDEXAMPLE', 'iot'))],
    ['an unknown key', async () => verify(await presign('AKIDUNKNOWN'))],
    ['a missing token', async () => verify(await presign('ASIAEXAMPLE'))],
    [
      'a changed signature',
      async () => verify((await presign('AKIDEXAMPLE')).replace(/X-Amz-Signature=./, 'X-Amz-Signature=x')),
    ],
    ['a broken date', async () => verify((await presign('AKIDEXAMPLE')).replace(/X-Amz-Date=[^&]*/, 'X-Amz-Date=now'))],
    ['broken percent signs', async () => verify(`${await presign('AKIDEXAMPLE')}&x=%zz`)],
  ])('is refused with %s', async (_name, check) => {
    expect(await check()).toEqual({ invalid: expect.any(String) });
  });

  test('is refused where nobody knows secrets', async () => {
    expect(
      await verifyPresignedUrl(
        '/mqtt',
        await presign('AKIDEXAMPLE'),
        { host: 'localhost:9443' },
        undefined,
        new ManualClock(NOW),
      ),
    ).toEqual({
      invalid: expect.any(String),
    });
  });
});
