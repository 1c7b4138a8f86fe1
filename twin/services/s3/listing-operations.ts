import { AwsError } from '../../endpoint/service.ts';
import type { OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { listKeys } from './listing.ts';
import type { ObjectVersion } from './object-version.ts';
import { bucketResource } from './permissions.ts';
import type { S3 } from './s3.ts';

const LARGEST_PAGE = 1000;

/** ListObjects, ListObjectsV2 and ListObjectVersions. */
export function listingOperations(s3: S3): Record<string, OperationDefinition> {
  const listing = (run: OperationDefinition['run'], iamAction: string): OperationDefinition => ({
    run,
    iamAction,
    resources: bucketResource,
    conditionKeys: (input) => ({
      's3:prefix': String(input['Prefix'] ?? ''),
      's3:delimiter': String(input['Delimiter'] ?? ''),
    }),
  });
  const liveKeys = (bucket: string): string[] => s3.keys(bucket).filter((key) => s3.current(bucket, key));
  const contentOf = (bucket: string, key: string, encode: Encode, withOwner: boolean): Record<string, unknown> => {
    const version = s3.current(bucket, key)!;
    return { Key: encode(key), ...versionMembers(version), ...(withOwner && { Owner: { ID: s3.account.accountId } }) };
  };

  return {
    ListObjectsV2: listing((input) => {
      const bucket = String(input['Bucket']);
      const token = input['ContinuationToken'] as string | undefined;
      const after = token === undefined ? String(input['StartAfter'] ?? '') : decodeToken(token);
      const most = pageSize(input);
      const { keys, commonPrefixes, next } = listKeys(liveKeys(bucket), { ...queryOf(input), after, most });
      const encode = encoding(input);
      return {
        ...echo(input, encode),
        Name: bucket,
        MaxKeys: most,
        KeyCount: keys.length + commonPrefixes.length,
        IsTruncated: next !== undefined,
        Contents: keys.map((key) => contentOf(bucket, key, encode, input['FetchOwner'] === true)),
        CommonPrefixes: commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
        ContinuationToken: token,
        StartAfter: input['StartAfter'] === undefined ? undefined : encode(String(input['StartAfter'])),
        NextContinuationToken: next === undefined ? undefined : Buffer.from(next).toString('base64url'),
      };
    }, 'ListBucket'),

    ListObjects: listing((input) => {
      const bucket = String(input['Bucket']);
      const most = pageSize(input);
      const after = String(input['Marker'] ?? '');
      const { keys, commonPrefixes, next } = listKeys(liveKeys(bucket), { ...queryOf(input), after, most });
      const encode = encoding(input);
      return {
        ...echo(input, encode),
        Name: bucket,
        Marker: encode(after),
        MaxKeys: most,
        IsTruncated: next !== undefined,
        Contents: keys.map((key) => contentOf(bucket, key, encode, true)),
        CommonPrefixes: commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
        NextMarker: next !== undefined && input['Delimiter'] !== undefined ? encode(next) : undefined,
      };
    }, 'ListBucket'),

    ListObjectVersions: listing((input) => {
      const bucket = String(input['Bucket']);
      const most = pageSize(input);
      const encode = encoding(input);
      const marker = {
        key: String(input['KeyMarker'] ?? ''),
        versionId: input['VersionIdMarker'] as string | undefined,
      };
      const page = versionsPage(s3, bucket, queryOf(input), marker, most);
      const entries = page.versions.map(({ key, version, latest }) => ({
        version,
        members: {
          Key: encode(key),
          VersionId: version.versionId,
          IsLatest: latest,
          Owner: { ID: s3.account.accountId },
          ...versionMembers(version),
        },
      }));
      return {
        ...echo(input, encode),
        Name: bucket,
        KeyMarker: encode(marker.key),
        VersionIdMarker: marker.versionId ?? '',
        MaxKeys: most,
        IsTruncated: page.next !== undefined,
        NextKeyMarker: page.next && encode(page.next.key),
        NextVersionIdMarker: page.next?.versionId,
        Versions: entries.filter(({ version }) => !version.deleteMarker).map(({ members }) => members),
        DeleteMarkers: entries.filter(({ version }) => version.deleteMarker).map(({ members }) => members),
        CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
      };
    }, 'ListBucketVersions'),
  };
}

type Encode = (text: string) => string;

interface VersionsPage {
  readonly versions: { key: string; version: ObjectVersion; latest: boolean }[];
  readonly commonPrefixes: string[];
  readonly next: { key: string; versionId?: string } | undefined;
}

function versionsPage(
  s3: S3,
  bucket: string,
  query: { prefix: string; delimiter: string },
  marker: { key: string; versionId: string | undefined },
  most: number,
): VersionsPage {
  const versions: VersionsPage['versions'] = [];
  // A version marker means that the marker's key was not finished.
  if (marker.versionId !== undefined) {
    const all = s3.versions(bucket, marker.key);
    const position = all.findIndex(({ versionId }) => versionId === marker.versionId);
    for (const version of all.slice(position + 1)) versions.push({ key: marker.key, version, latest: false });
  }
  const room = Math.max(0, most - versions.length);
  const { keys, commonPrefixes, next } = listKeys(s3.keys(bucket), { ...query, after: marker.key, most: room });
  for (const key of keys)
    for (const [index, version] of s3.versions(bucket, key).entries())
      versions.push({ key, version, latest: index === 0 });
  const shown = versions.slice(0, Math.max(0, most - commonPrefixes.length));
  if (shown.length < versions.length || (room === 0 && most > 0)) {
    const last = shown.at(-1);
    const kept = last ? commonPrefixes.filter((prefix) => prefix < last.key) : commonPrefixes;
    return {
      versions: shown,
      commonPrefixes: kept,
      next: last && { key: last.key, versionId: last.version.versionId },
    };
  }
  return { versions, commonPrefixes, next: next === undefined ? undefined : { key: next } };
}

function versionMembers({
  lastModified,
  etag,
  size,
  headers,
  deleteMarker,
  checksum,
}: ObjectVersion): Record<string, unknown> {
  if (deleteMarker) return { LastModified: lastModified };
  return {
    LastModified: lastModified,
    ETag: etag,
    Size: size,
    StorageClass: headers['StorageClass'] ?? 'STANDARD',
    ...(checksum && { ChecksumAlgorithm: [checksum.algorithm], ChecksumType: checksum.type }),
  };
}

function queryOf(input: OperationInput): { prefix: string; delimiter: string } {
  return { prefix: String(input['Prefix'] ?? ''), delimiter: String(input['Delimiter'] ?? '') };
}

/** What a listing says again of its request. */
function echo(input: OperationInput, encode: Encode): Record<string, unknown> {
  const { prefix, delimiter } = queryOf(input);
  return {
    Prefix: encode(prefix),
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    EncodingType: input['EncodingType'],
  };
}

/** `encoding-type=url` is for keys that XML cannot carry. */
function encoding(input: OperationInput): Encode {
  if (input['EncodingType'] === undefined) return (text) => text;
  if (input['EncodingType'] !== 'url')
    throw new AwsError('InvalidArgument', 'Invalid Encoding Method specified in Request');
  return (text) => encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%20', '+');
}

function pageSize(input: OperationInput): number {
  const asked = (input['MaxKeys'] as number | undefined) ?? LARGEST_PAGE;
  if (asked < 0) throw new AwsError('InvalidArgument', 'Argument maxKeys must be an integer between 0 and 2147483647');
  return Math.min(asked, LARGEST_PAGE);
}

function decodeToken(token: string): string {
  return Buffer.from(token, 'base64url').toString('utf8');
}
