import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { decodeAwsChunked } from './aws-chunked.ts';
import type { WireRequest } from './protocol.ts';
import { AwsError } from './service.ts';

const LARGEST_UNZIPPED_BYTES = 64 * 1024 * 1024;

/**
 * The request with its body as the operation means it. SDKs compress large PutMetricData and PutLogEvents bodies; what
 * S3 stores with a content encoding stays as it is.
 *
 * @throws AwsError when the body is not in the encoding that it claims
 */
export async function plainBody<T extends WireRequest>(request: T): Promise<T> {
  const decoded = decodeAwsChunked(request);
  const isRpc = request.headers['x-amz-target'] !== undefined || request.headers['smithy-protocol'] !== undefined;
  if (!isRpc || decoded.headers['content-encoding'] !== 'gzip') return decoded;
  try {
    return { ...decoded, body: await promisify(gunzip)(decoded.body, { maxOutputLength: LARGEST_UNZIPPED_BYTES }) };
  } catch {
    throw new AwsError('SerializationException', 'The body is not valid gzip.');
  }
}
