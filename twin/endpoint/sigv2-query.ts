import { createHmac, timingSafeEqual } from 'node:crypto';

import { bucketAndKey } from './s3-routes.ts';
import { AwsError } from './service.ts';
import type { Signature, SignedRequest } from './sigv4.ts';

/** Parameters that are part of what is signed (S3 User Guide, "Signing and authenticating REST requests"). */
const SIGNED_PARAMETERS = new Set([
  ...['acl', 'lifecycle', 'location', 'logging', 'notification', 'partNumber', 'policy', 'requestPayment', 'tagging'],
  ...['torrent', 'uploadId', 'uploads', 'versionId', 'versioning', 'versions', 'website', 'delete', 'cors', 'restore'],
  ...['response-cache-control', 'response-content-disposition', 'response-content-encoding'],
  ...['response-content-language', 'response-content-type', 'response-expires'],
]);

/**
 * Reads a presigned URL of S3 in Signature Version 2, which boto3 and the AWS CLI 1 still make for us-east-1; undefined
 * when the request is not one.
 */
export function readQuerySignatureV2(query: URLSearchParams): Signature | undefined {
  const accessKeyId = query.get('AWSAccessKeyId');
  const signature = query.get('Signature');
  const expires = Number(query.get('Expires') ?? Number.NaN);
  if (accessKeyId === null || signature === null || !Number.isInteger(expires)) return undefined;
  return {
    version: 2,
    accessKeyId,
    date: '',
    region: 'us-east-1',
    service: 's3',
    signedHeaders: [],
    signature,
    time: '',
    sessionToken: query.get('x-amz-security-token') ?? undefined,
    presigned: true,
    expires,
  };
}

/** @throws AwsError AccessDenied when it has expired, InvalidSignatureException when it does not match */
export function verifyQuerySignatureV2(
  request: SignedRequest,
  signature: Signature,
  secretAccessKey: string,
  nowMs: number,
): void {
  if (nowMs > signature.expires! * 1000) throw new AwsError('AccessDenied', 'Request has expired', 403);
  const expected = createHmac('sha1', secretAccessKey).update(stringToSign(request, signature)).digest();
  const given = Buffer.from(signature.signature, 'base64');
  if (given.length === expected.length && timingSafeEqual(given, expected)) return;
  throw new AwsError(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    403,
  );
}

function stringToSign(request: SignedRequest, { expires, sessionToken }: Signature): string {
  const { method, headers, path, queryString } = request;
  const amazonHeaders = Object.entries(headers)
    .concat(sessionToken === undefined ? [] : [['x-amz-security-token', sessionToken]])
    .filter(([name]) => name.startsWith('x-amz-'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value.trim()}\n`);
  // A bucket in the host is signed as if it stood in the path.
  const { bucket: inHost } = bucketAndKey(headers['host'] ?? '', '/');
  const resource = inHost === '' ? path : `/${inHost}${path}`;
  const parameters = [...new URLSearchParams(queryString)]
    .filter(([name]) => SIGNED_PARAMETERS.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  return (
    [method, headers['content-md5'] ?? '', headers['content-type'] ?? '', String(expires), ''].join('\n') +
    amazonHeaders.join('') +
    resource +
    (parameters.length > 0 ? `?${parameters.join('&')}` : '')
  );
}
