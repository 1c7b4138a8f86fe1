import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import { AwsError } from './service.ts';

/** The parts of a Signature Version 4, from the Authorization header or a presigned query. */
export interface Signature {
  /** Absent for Signature Version 4. */
  readonly version?: 2;
  readonly accessKeyId: string;
  /** yyyymmdd */
  readonly date: string;
  readonly region: string;
  /** The signing name, e.g. `iotdata`. */
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** yyyymmddThhmmssZ */
  readonly time: string;
  readonly sessionToken: string | undefined;
  readonly presigned: boolean;
  /** Seconds that a presigned request stays valid; of version 2, seconds since the epoch. */
  readonly expires: number | undefined;
}

export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  /** Without the leading `?`, as it came. */
  readonly queryString: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const MAX_SKEW_MS = 15 * 60 * 1000;
const EMPTY_TIME = '19700101T000000Z';

/**
 * Reads a request's signature without verifying it; undefined when the request is unsigned.
 *
 * @throws AwsError IncompleteSignatureException when a part is missing
 */
export function readSignature(
  headers: Readonly<Record<string, string>>,
  query: URLSearchParams,
): Signature | undefined {
  const authorization = headers['authorization'];
  if (authorization?.startsWith(ALGORITHM)) return fromHeader(authorization, headers);
  if (query.get('X-Amz-Algorithm') === ALGORITHM) return fromQuery(query);
  return undefined;
}

function fromHeader(authorization: string, headers: Readonly<Record<string, string>>): Signature {
  const fields = new Map<string, string>();
  for (const field of authorization.slice(ALGORITHM.length).split(',')) {
    const separator = field.indexOf('=');
    if (separator > 0) fields.set(field.slice(0, separator).trim(), field.slice(separator + 1).trim());
  }
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !fields.get(name));
  if (missing.length > 0)
    throw incomplete(missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' '));
  return {
    ...credentialScope(fields.get('Credential')!),
    signedHeaders: fields.get('SignedHeaders')!.toLowerCase().split(';'),
    signature: fields.get('Signature')!,
    time: headers['x-amz-date'] ?? httpDateToBasic(headers['date']),
    sessionToken: headers['x-amz-security-token'],
    presigned: false,
    expires: undefined,
  };
}

function fromQuery(query: URLSearchParams): Signature {
  const names = ['X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date'];
  const missing = names.filter((name) => !query.get(name));
  if (missing.length > 0)
    throw incomplete(missing.map((name) => `AWS query-string parameters must include '${name}'.`).join(' '));
  const expires = Number(query.get('X-Amz-Expires') ?? 900);
  if (!Number.isInteger(expires) || expires < 0) throw incomplete('X-Amz-Expires must be a number of seconds.');
  return {
    ...credentialScope(query.get('X-Amz-Credential')!),
    signedHeaders: query.get('X-Amz-SignedHeaders')!.toLowerCase().split(';'),
    signature: query.get('X-Amz-Signature')!,
    time: query.get('X-Amz-Date')!,
    sessionToken: query.get('X-Amz-Security-Token') ?? undefined,
    presigned: true,
    expires,
  };
}

function credentialScope(credential: string): Pick<Signature, 'accessKeyId' | 'date' | 'region' | 'service'> {
  const parts = credential.split('/');
  if (parts.length !== 5 || parts[4] !== 'aws4_request') {
    throw incomplete(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential.slice(0, 200)}'`,
    );
  }
  return { accessKeyId: parts[0]!, date: parts[1]!, region: parts[2]!, service: parts[3]! };
}

/**
 * Verifies a signature with the secret of its access key.
 *
 * @throws AwsError InvalidSignatureException, with AWS's text, when it does not match or its time has passed
 */
export function verifySignature(
  request: SignedRequest,
  signature: Signature,
  secretAccessKey: string,
  nowMs: number,
): void {
  const signedAt = basicTimeToMs(signature.time);
  if (Number.isNaN(signedAt))
    throw invalid(`Date must be in ISO-8601 'basic format'. Got '${signature.time.slice(0, 40)}'.`);
  if (!signature.time.startsWith(signature.date)) {
    throw invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${signature.date}' != '${signature.time.slice(0, 8)}'.`,
    );
  }
  const validUntil = signedAt + (signature.expires === undefined ? MAX_SKEW_MS : signature.expires * 1000);
  if (nowMs > validUntil && signature.presigned && signature.service === 's3') {
    throw new AwsError('AccessDenied', 'Request has expired', 403);
  }
  if (nowMs > validUntil)
    throw invalid(
      `Signature expired: ${signature.time} is now earlier than ${basicTime(nowMs - MAX_SKEW_MS)} (${basicTime(nowMs)} - 15 min.)`,
    );
  if (signedAt > nowMs + MAX_SKEW_MS)
    throw invalid(
      `Signature not yet current: ${signature.time} is still later than ${basicTime(nowMs + MAX_SKEW_MS)} (${basicTime(nowMs)} + 15 min.)`,
    );
  if (!signature.signedHeaders.includes('host'))
    throw invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.");

  const declaredHash = request.headers['x-amz-content-sha256'];
  if (declaredHash !== undefined && /^[0-9a-f]{64}$/.test(declaredHash) && declaredHash !== sha256(request.body)) {
    throw invalid('The provided x-amz-content-sha256 header does not match what was computed.');
  }
  const expected = sign(request, signature, secretAccessKey);
  const given = Buffer.from(signature.signature, 'utf8');
  const computed = Buffer.from(expected, 'utf8');
  if (given.length !== computed.length || !timingSafeEqual(given, computed)) {
    throw invalid(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
}

function sign(request: SignedRequest, signature: Signature, secretAccessKey: string): string {
  const scope = `${signature.date}/${signature.region}/${signature.service}/aws4_request`;
  const stringToSign = [ALGORITHM, signature.time, scope, sha256(canonicalRequest(request, signature))].join('\n');
  let key: string | Buffer = `AWS4${secretAccessKey}`;
  for (const part of [signature.date, signature.region, signature.service, 'aws4_request']) key = hmac(key, part);
  return createHmac('sha256', key).update(stringToSign).digest('hex');
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function canonicalRequest(request: SignedRequest, signature: Signature): string {
  const headers = signature.signedHeaders.map(
    (name) => `${name}:${(request.headers[name] ?? '').trim().replace(/\s+/g, ' ')}\n`,
  );
  const payloadHash =
    request.headers['x-amz-content-sha256'] ??
    (signature.presigned && signature.service === 's3' ? 'UNSIGNED-PAYLOAD' : sha256(request.body));
  return [
    request.method,
    canonicalPath(request.path, signature.service),
    canonicalQuery(request.queryString),
    headers.join(''),
    signature.signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

// Every service but S3 signs the path encoded once more than it is sent.
function canonicalPath(path: string, service: string): string {
  if (service === 's3') return path;
  const normalized = path.replace(/\/{2,}/g, '/');
  return normalized.split('/').map(encodeRfc3986).join('/');
}

function canonicalQuery(queryString: string): string {
  return queryString
    .split('&')
    .filter((pair) => pair !== '' && !pair.startsWith('X-Amz-Signature='))
    .map((pair) => {
      const separator = pair.indexOf('=');
      const name = separator < 0 ? pair : pair.slice(0, separator);
      const value = separator < 0 ? '' : pair.slice(separator + 1);
      return [encodeRfc3986(decode(name)), encodeRfc3986(decode(value))] as const;
    })
    .sort(([a, aValue], [b, bValue]) => compare(a, b) || compare(aValue, bValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    return text;
  }
}

function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function basicTimeToMs(time: string): number {
  const parts = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(time);
  return parts ? Date.parse(`${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}:${parts[6]}Z`) : Number.NaN;
}

function basicTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function httpDateToBasic(date: string | undefined): string {
  const ms = Date.parse(date ?? '');
  return Number.isNaN(ms) ? EMPTY_TIME : basicTime(ms);
}

function incomplete(message: string): AwsError {
  return new AwsError('IncompleteSignatureException', message, 400);
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidSignatureException', message, 403);
}
