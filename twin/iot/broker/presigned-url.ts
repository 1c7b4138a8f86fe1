import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import type { Clock } from '../../clock.ts';
import type { SigningCredentials, VerifiedSignature } from './ports.ts';
import { unusable } from './signing-credentials.ts';

/** Signing name of MQTT over WebSocket (developer guide, "MQTT over the WebSocket protocol"). */
const SIGNING_NAME = 'iotdevicegateway';
const CLOCK_SKEW_MS = 5 * 60_000;
const EMPTY_HASH = createHash('sha256').update('').digest('hex');

export type SignatureCheck = VerifiedSignature | { readonly invalid: string } | undefined;

/**
 * Checks the Signature Version 4 query of a WebSocket URL.
 *
 * @returns undefined when the URL is not signed
 */
export async function verifyPresignedUrl(
  path: string,
  queryString: string,
  headers: Readonly<Record<string, string>>,
  credentials: SigningCredentials | undefined,
  clock: Clock,
): Promise<SignatureCheck> {
  const parameters = rawParameters(queryString);
  const value = (name: string): string | undefined => {
    const raw = parameters.find(([key]) => key === name)?.[1];
    return raw === undefined ? undefined : decode(raw);
  };
  const signature = value('X-Amz-Signature');
  if (signature === undefined) return undefined;
  if (!credentials) return { invalid: 'signed URLs are not accepted here' };
  if (value('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') return { invalid: 'X-Amz-Algorithm is not AWS4-HMAC-SHA256' };
  const [accessKeyId, date, region, service, terminator, ...more] = (value('X-Amz-Credential') ?? '').split('/');
  if (
    !accessKeyId ||
    !date ||
    !region ||
    service !== SIGNING_NAME ||
    terminator !== 'aws4_request' ||
    more.length > 0
  ) {
    return { invalid: `X-Amz-Credential does not name the service ${SIGNING_NAME}` };
  }
  const signedAt = value('X-Amz-Date') ?? '';
  const expired = expiry(signedAt, date, value('X-Amz-Expires'), clock.now());
  if (expired) return { invalid: expired };
  const credential = await credentials.lookup(accessKeyId);
  if (!credential) return { invalid: `access key ${accessKeyId} does not exist` };
  const wrong = unusable(credential, value('X-Amz-Security-Token'), { headers }, clock.now());
  if (wrong) return { invalid: wrong };
  const { secretAccessKey, principal } = credential;
  if (secretAccessKey === undefined) return { accessKeyId, principal };
  const signedHeaders = value('X-Amz-SignedHeaders') ?? 'host';
  const scope = `${date}/${region}/${SIGNING_NAME}/aws4_request`;
  const key = [region, SIGNING_NAME, 'aws4_request'].reduce<Buffer>(
    (previous, part) => hmac(previous, part),
    hmac(Buffer.from(`AWS4${secretAccessKey}`), date),
  );
  // The token is added after signing by some clients of IoT Core and before by others; both are accepted there.
  const accepted = [true, false].some((withToken) => {
    const unsigned = withToken ? ['X-Amz-Signature'] : ['X-Amz-Signature', 'X-Amz-Security-Token'];
    const canonical = canonicalRequest(path, parameters, unsigned, headers, signedHeaders);
    const text = ['AWS4-HMAC-SHA256', signedAt, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
    return sameText(hmac(key, text).toString('hex'), signature);
  });
  return accepted ? { accessKeyId, principal } : { invalid: 'the signature does not match' };
}

function rawParameters(queryString: string): [key: string, value: string][] {
  return queryString
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      return equals === -1 ? [decode(part), ''] : [decode(part.slice(0, equals)), part.slice(equals + 1)];
    });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function canonicalRequest(
  path: string,
  parameters: [string, string][],
  unsigned: string[],
  headers: Readonly<Record<string, string>>,
  signedHeaders: string,
): string {
  const query = parameters
    .filter(([key]) => !unsigned.includes(key))
    .map(([key, value]) => `${encode(key)}=${encode(decode(value))}`)
    .sort()
    .join('&');
  const names = signedHeaders.split(';');
  const canonicalHeaders = names
    .map((name) => `${name}:${(headers[name] ?? '').trim().replace(/\s+/g, ' ')}\n`)
    .join('');
  return ['GET', path, query, canonicalHeaders, signedHeaders, EMPTY_HASH].join('\n');
}

function expiry(signedAt: string, date: string, expires: string | undefined, now: number): string | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(signedAt);
  if (!match || !signedAt.startsWith(date)) return 'X-Amz-Date is missing or does not agree with X-Amz-Credential';
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const signedMs = Date.UTC(year, month - 1, day, hour, minute, second);
  if (signedMs > now + CLOCK_SKEW_MS) return 'X-Amz-Date lies in the future';
  const lifetimeSeconds = expires === undefined ? 300 : Number(expires);
  if (!(lifetimeSeconds > 0 && lifetimeSeconds <= 604_800)) return 'X-Amz-Expires is not from 1 to 604800';
  return now > signedMs + lifetimeSeconds * 1000 + CLOCK_SKEW_MS ? 'the signature has expired' : undefined;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sameText(expected: string, given: string): boolean {
  const left = Buffer.from(expected);
  const right = Buffer.from(given);
  return left.length === right.length && timingSafeEqual(left, right);
}
