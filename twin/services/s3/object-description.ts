import { AwsError } from '../../endpoint/service.ts';
import type { OperationInput } from '../../endpoint/service.ts';
import { checkAcl } from './bucket.ts';
import type { Bucket } from './bucket.ts';
import { STORED_HEADERS } from './object-version.ts';
import type { ObjectDescription } from './object-version.ts';
import { tagsFromHeader } from './tags.ts';

const LARGEST_METADATA_BYTES = 2048;
const MOST_OBJECT_TAGS = 10;

/**
 * What a write says of its object.
 *
 * @throws AwsError MetadataTooLarge, InvalidTag, AccessControlListNotSupported; NotImplemented for keys of the client's
 */
export function descriptionFrom(input: OperationInput, bucket: Bucket): ObjectDescription {
  checkAcl(bucket, input['ACL']);
  if (input['SSECustomerAlgorithm'] !== undefined)
    throw new AwsError('NotImplemented', "The twin does not encrypt objects with a client's own key (SSE-C).", 501);
  const metadata = (input['Metadata'] as Record<string, string> | undefined) ?? {};
  const size = Object.entries(metadata).reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0);
  if (size > LARGEST_METADATA_BYTES)
    throw new AwsError('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', 400, {
      Size: size,
      MaxSizeAllowed: LARGEST_METADATA_BYTES,
    });
  const given = STORED_HEADERS.filter((name) => input[name] !== undefined).map((name) => [name, String(input[name])]);
  return {
    headers: { ContentType: 'binary/octet-stream', ...Object.fromEntries(given) },
    expires: (input['Expires'] as Date | undefined)?.getTime(),
    metadata,
    tags: tagsFromHeader(input['Tagging'], MOST_OBJECT_TAGS),
  };
}

/** The same as members of an answer. */
export function descriptionMembers({ headers, expires, metadata }: ObjectDescription): Record<string, unknown> {
  // S3 names the class only when it is not the usual one.
  const { StorageClass, ...others } = headers;
  return {
    ...others,
    StorageClass: StorageClass === 'STANDARD' ? undefined : StorageClass,
    Expires: expires,
    Metadata: metadata,
  };
}

/** How a version is encrypted, as an answer to its writer says it. */
export function encryptionMembers({ headers }: ObjectDescription): Record<string, unknown> {
  return { ServerSideEncryption: headers['ServerSideEncryption'], SSEKMSKeyId: headers['SSEKMSKeyId'] };
}
