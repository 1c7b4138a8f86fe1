import { AwsError } from '../../endpoint/service.ts';
import type { OperationInput } from '../../endpoint/service.ts';
import { STORED_HEADERS } from './object-version.ts';
import type { ObjectDescription } from './object-version.ts';
import { tagsFromHeader } from './tags.ts';

const LARGEST_METADATA_BYTES = 2048;
const MOST_OBJECT_TAGS = 10;

/** What a write says of its object. @throws AwsError MetadataTooLarge, InvalidTag */
export function descriptionFrom(input: OperationInput): ObjectDescription {
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
