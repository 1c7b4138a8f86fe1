import type { Readable } from 'node:stream';

import { AwsError } from '../../endpoint/service.ts';
import type { OperationContext, OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { bucketArn } from './bucket.ts';
import { checksumMembers, verifyBody } from './checksums.ts';
import { checkReadConditions, checkWriteConditions, parseRange } from './conditions.ts';
import type { ByteRange } from './conditions.ts';
import { descriptionFrom, descriptionMembers, encryptionMembers } from './object-description.ts';
import { NULL_VERSION } from './object-version.ts';
import type { ObjectDescription, ObjectVersion } from './object-version.ts';
import { objectResource, ofObject, ofVersion } from './permissions.ts';
import type { S3 } from './s3.ts';
import { tagList, tagsFromList } from './tags.ts';
import type { Tag } from './tags.ts';

const MOST_OBJECT_TAGS = 10;

export const bucketOf = (input: OperationInput): string => String(input['Bucket']);
export const keyOf = (input: OperationInput): string => String(input['Key']);
const versionOf = (input: OperationInput): string | undefined => input['VersionId'] as string | undefined;

/** The members that tell a client which version it deals with. */
export function versionMembers(version: ObjectVersion): Record<string, unknown> {
  return { VersionId: version.versionId === NULL_VERSION ? undefined : version.versionId };
}

/** S3's operations on single objects. */
export function objectOperations(s3: S3): Record<string, OperationDefinition> {
  return {
    PutObject: ofObject(async (input, context) => {
      authorizeTags(input, context);
      const body = (input['Body'] as Buffer | undefined) ?? Buffer.alloc(0);
      const checksum = verifyBody(input, body);
      const version = await s3.put(bucketOf(input), keyOf(input), body, {
        description: descriptionFrom(input, s3.bucket(bucketOf(input))),
        checksum,
        condition: (current) => checkWriteConditions(input, current),
      });
      return {
        ETag: version.etag,
        ...encryptionMembers(version),
        ...checksumMembers(checksum),
        ...versionMembers(version),
      };
    }),
    GetObject: ofVersion('GetObject', (input, context) => {
      const version = readable(s3, input, context);
      const range = rangeOf(input, version);
      const body: Readable | Buffer = s3.stream(version, range?.first, range?.last);
      return { ...describe(input, version, range), Body: body };
    }),
    HeadObject: ofVersion('GetObject', (input, context) => {
      const version = withoutBody(() => readable(s3, input, context));
      return describe(input, version, rangeOf(input, version));
    }),
    GetObjectAttributes: ofVersion('GetObjectAttributes', (input) => {
      const version = s3.version(bucketOf(input), keyOf(input), versionOf(input));
      const wanted = input['ObjectAttributes'] as string[];
      const { Checksum, ObjectParts, ...others } = {
        ETag: version.etag.replaceAll('"', ''),
        Checksum: version.checksum && checksumMembers(version.checksum),
        ObjectParts: version.partSizes && { TotalPartsCount: version.partSizes.length },
        StorageClass: version.headers['StorageClass'] ?? 'STANDARD',
        ObjectSize: version.size,
      };
      const chosen = Object.entries({ ...others, Checksum, ObjectParts }).filter(([name]) => wanted.includes(name));
      return { ...Object.fromEntries(chosen), LastModified: version.lastModified, ...versionMembers(version) };
    }),
    DeleteObject: ofVersion('DeleteObject', async (input) => {
      const removed = await s3.delete(bucketOf(input), keyOf(input), versionOf(input));
      if (!removed) return { VersionId: versionOf(input) };
      return { DeleteMarker: removed.deleteMarker || undefined, ...versionMembers(removed) };
    }),
    DeleteObjects: { resources: () => [], run: (input, context) => deleteObjects(s3, input, context) },
    CopyObject: ofObject((input, context) => copyObject(s3, input, context), 'PutObject'),
    GetObjectTagging: ofVersion('GetObjectTagging', (input) => {
      const version = s3.version(bucketOf(input), keyOf(input), versionOf(input));
      return { TagSet: tagList(version.tags), ...versionMembers(version) };
    }),
    PutObjectTagging: ofVersion('PutObjectTagging', (input) => {
      const tags = tagsFromList((input['Tagging'] as { TagSet: Tag[] }).TagSet, MOST_OBJECT_TAGS);
      return versionMembers(s3.setTags(bucketOf(input), keyOf(input), versionOf(input), tags));
    }),
    DeleteObjectTagging: ofVersion('DeleteObjectTagging', (input) =>
      versionMembers(s3.setTags(bucketOf(input), keyOf(input), versionOf(input), {})),
    ),
    GetObjectAcl: ofVersion('GetObjectAcl', (input) => {
      s3.version(bucketOf(input), keyOf(input), versionOf(input));
      const owner = { ID: s3.account.accountId, DisplayName: s3.account.accountId };
      return { Owner: owner, Grants: [{ Grantee: { Type: 'CanonicalUser', ...owner }, Permission: 'FULL_CONTROL' }] };
    }),
  };
}

/** The version to read, its conditions met. Who may not list learns nothing of missing keys (API reference, GetObject). */
function readable(s3: S3, input: OperationInput, context: OperationContext): ObjectVersion {
  if (!s3.current(bucketOf(input), keyOf(input)) && versionOf(input) === undefined)
    context.authorize('s3:ListBucket', bucketArn(s3.account, bucketOf(input)));
  const version = s3.version(bucketOf(input), keyOf(input), versionOf(input));
  checkReadConditions(input, version);
  return version;
}

// HEAD has no body for S3's own codes, so clients know only what the status tells.
function withoutBody<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof AwsError && error.statusCode === 404) throw new AwsError('NotFound', 'Not Found', 404);
    throw error;
  }
}

function rangeOf(input: OperationInput, version: ObjectVersion): ByteRange | undefined {
  const part = input['PartNumber'] as number | undefined;
  if (part === undefined) return parseRange(input['Range'] as string | undefined, version.size);
  const sizes = version.partSizes ?? [version.size];
  if (part < 1 || part > sizes.length)
    throw new AwsError('InvalidPartNumber', 'The requested partnumber is not satisfiable', 416);
  const first = sizes.slice(0, part - 1).reduce((sum, size) => sum + size, 0);
  return { first, last: first + sizes[part - 1]! - 1 };
}

function describe(
  input: OperationInput,
  version: ObjectVersion,
  range: ByteRange | undefined,
): Record<string, unknown> {
  const checksums = input['ChecksumMode'] === 'ENABLED' && !range ? checksumMembers(version.checksum) : {};
  const overrides = [
    'CacheControl',
    'ContentDisposition',
    'ContentEncoding',
    'ContentLanguage',
    'ContentType',
    'Expires',
  ];
  const asked = overrides
    .filter((name) => input[`Response${name}`] !== undefined)
    .map((name) => [name, input[`Response${name}`]]);
  return {
    ...descriptionMembers(version),
    ...Object.fromEntries(asked),
    AcceptRanges: 'bytes',
    LastModified: version.lastModified,
    ETag: version.etag,
    ContentLength: range ? range.last - range.first + 1 : version.size,
    ContentRange: range && `bytes ${range.first}-${range.last}/${version.size}`,
    PartsCount: input['PartNumber'] === undefined ? undefined : version.partSizes?.length,
    TagCount: Object.keys(version.tags).length || undefined,
    ...checksums,
    ...versionMembers(version),
  };
}

/** Tags in a write are a permission of their own. */
function authorizeTags(input: OperationInput, context: OperationContext): void {
  if (input['Tagging'] !== undefined)
    context.authorize('s3:PutObjectTagging', objectResource(input, context.account)[0]!);
}

async function deleteObjects(
  s3: S3,
  input: OperationInput,
  context: OperationContext,
): Promise<Record<string, unknown>> {
  const bucket = bucketOf(input);
  const { Objects, Quiet } = input['Delete'] as { Objects: { Key: string; VersionId?: string }[]; Quiet?: boolean };
  if (Objects.length > 1000)
    throw new AwsError(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  s3.bucket(bucket);
  const Deleted: unknown[] = [];
  const Errors: unknown[] = [];
  for (const { Key, VersionId } of Objects) {
    try {
      context.authorize(
        VersionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion',
        `${bucketArn(s3.account, bucket)}/${Key}`,
      );
      const removed = await s3.delete(bucket, Key, VersionId);
      const marker = removed?.deleteMarker ? { DeleteMarker: true, DeleteMarkerVersionId: removed.versionId } : {};
      Deleted.push({ Key, VersionId, ...marker });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const denied = error.code === 'AccessDeniedException';
      Errors.push({ Key, VersionId, Code: denied ? 'AccessDenied' : error.code, Message: error.message });
    }
  }
  return { Deleted: Quiet ? [] : Deleted, Errors };
}

/** Bucket, key and version of `x-amz-copy-source`. @throws AwsError InvalidArgument */
export function copySource(header: unknown): { bucket: string; key: string; versionId: string | undefined } {
  const [path = '', query] = String(header).split('?versionId=', 2);
  const match = /^\/?([^/]+)\/(.+)$/s.exec(decodeURIComponent(path));
  if (!match)
    throw new AwsError('InvalidArgument', 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey');
  return { bucket: match[1]!, key: match[2]!, versionId: query };
}

/** The version that a copy reads, with permission and conditions checked. */
export function copiedVersion(s3: S3, input: OperationInput, context: OperationContext): ObjectVersion {
  const source = copySource(input['CopySource']);
  const action = source.versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
  context.authorize(action, `${bucketArn(s3.account, source.bucket)}/${source.key}`);
  const version = s3.version(source.bucket, source.key, source.versionId);
  checkReadConditions(input, version, 'CopySource');
  return version;
}

async function copyObject(s3: S3, input: OperationInput, context: OperationContext): Promise<Record<string, unknown>> {
  const source = copySource(input['CopySource']);
  const original = copiedVersion(s3, input, context);
  const replaceMetadata = input['MetadataDirective'] === 'REPLACE';
  if (
    source.bucket === bucketOf(input) &&
    source.key === keyOf(input) &&
    source.versionId === undefined &&
    !replaceMetadata &&
    input['StorageClass'] === undefined
  )
    throw new AwsError(
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  const given = descriptionFrom(input, s3.bucket(bucketOf(input)));
  const version = await s3.put(bucketOf(input), keyOf(input), await s3.blobs.read(original.blob!), {
    description: {
      ...(replaceMetadata
        ? given
        : { headers: copiedHeaders(original, given), expires: original.expires, metadata: original.metadata }),
      tags: input['TaggingDirective'] === 'REPLACE' ? given.tags : original.tags,
    },
    checksum: original.checksum?.type === 'FULL_OBJECT' ? original.checksum : undefined,
    condition: (current) => checkWriteConditions(input, current),
    eventName: 'ObjectCreated:Copy',
  });
  return {
    CopyObjectResult: { ETag: version.etag, LastModified: version.lastModified, ...checksumMembers(version.checksum) },
    CopySourceVersionId: original.versionId === NULL_VERSION ? undefined : original.versionId,
    ...encryptionMembers(version),
    ...versionMembers(version),
  };
}

// Class and encryption are the copy's own (API reference, CopyObject); the rest comes from the source.
function copiedHeaders(original: ObjectVersion, given: ObjectDescription): Record<string, string> {
  const own = ['StorageClass', 'ServerSideEncryption', 'SSEKMSKeyId'];
  return {
    ...Object.fromEntries(Object.entries(original.headers).filter(([name]) => !own.includes(name))),
    ...Object.fromEntries(Object.entries(given.headers).filter(([name]) => own.includes(name))),
  };
}
