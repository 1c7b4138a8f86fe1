import type { OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { defaultEncryption } from './bucket.ts';
import { algorithmNamed, checksumMembers, checksumOf, verifyBody } from './checksums.ts';
import { checkWriteConditions, parseRange } from './conditions.ts';
import type { MultipartUploads, Upload } from './multipart.ts';
import { descriptionFrom, encryptionMembers } from './object-description.ts';
import { bucketOf, copiedVersion, keyOf, versionMembers } from './object-operations.ts';
import { ofBucket, ofObject } from './permissions.ts';
import type { S3 } from './s3.ts';

const LARGEST_PAGE = 1000;

/** S3's uploads in parts. */
export function multipartOperations(s3: S3, uploads: MultipartUploads): Record<string, OperationDefinition> {
  const uploadOf = (input: OperationInput): Upload =>
    uploads.get(bucketOf(input), keyOf(input), String(input['UploadId']));
  const withAlgorithm = (input: OperationInput, { checksumAlgorithm }: Upload): OperationInput =>
    checksumAlgorithm ? { ...input, ChecksumAlgorithm: checksumAlgorithm } : input;
  return {
    CreateMultipartUpload: ofObject((input) => {
      const algorithm = algorithmNamed(input['ChecksumAlgorithm']);
      const upload = uploads.create(
        bucketOf(input),
        keyOf(input),
        descriptionFrom(input, s3.bucket(bucketOf(input))),
        algorithm,
      );
      return {
        Bucket: upload.bucket,
        Key: upload.key,
        UploadId: upload.id,
        ...uploadEncryption(s3, upload),
        ...(algorithm && { ChecksumAlgorithm: algorithm, ChecksumType: 'COMPOSITE' }),
      };
    }, 'PutObject'),
    UploadPart: ofObject(async (input) => {
      const upload = uploadOf(input);
      const body = (input['Body'] as Buffer | undefined) ?? Buffer.alloc(0);
      const checksum = verifyBody(withAlgorithm(input, upload), body);
      const part = await uploads.putPart(upload, Number(input['PartNumber']), body, checksum);
      return {
        ETag: part.etag,
        ...uploadEncryption(s3, upload),
        ...(checksum && { [`Checksum${checksum.algorithm}`]: checksum.value }),
      };
    }, 'PutObject'),
    UploadPartCopy: ofObject(async (input, context) => {
      const upload = uploadOf(input);
      const original = copiedVersion(s3, input, context);
      const whole = await s3.blobs.read(original.blob!);
      const range = parseRange(input['CopySourceRange'] as string | undefined, original.size);
      const body = range ? whole.subarray(range.first, range.last + 1) : whole;
      const algorithm = upload.checksumAlgorithm;
      const checksum = algorithm && { algorithm, value: checksumOf(algorithm, body), type: 'FULL_OBJECT' as const };
      const part = await uploads.putPart(upload, Number(input['PartNumber']), body, checksum);
      return {
        CopyPartResult: {
          ETag: part.etag,
          LastModified: part.lastModified,
          ...(checksum && { [`Checksum${algorithm}`]: checksum.value }),
        },
      };
    }, 'PutObject'),
    CompleteMultipartUpload: ofObject(async (input) => {
      const upload = uploadOf(input);
      const listed =
        (input['MultipartUpload'] as { Parts?: { PartNumber?: number; ETag?: string }[] } | undefined)?.Parts ?? [];
      const version = await uploads.complete(upload, listed, (current) => checkWriteConditions(input, current));
      return {
        Location: `/${upload.bucket}/${upload.key}`,
        Bucket: upload.bucket,
        Key: upload.key,
        ETag: version.etag,
        ...encryptionMembers(version),
        ...checksumMembers(version.checksum),
        ...versionMembers(version),
      };
    }, 'PutObject'),
    AbortMultipartUpload: ofObject(async (input) => {
      await uploads.abort(uploadOf(input));
      return undefined;
    }),
    ListParts: ofObject((input) => {
      const upload = uploadOf(input);
      const after = Number(input['PartNumberMarker'] ?? 0);
      const rest = uploads.parts(upload).filter(({ number }) => number > after);
      const most = Math.min((input['MaxParts'] as number | undefined) ?? LARGEST_PAGE, LARGEST_PAGE);
      const page = rest.slice(0, most);
      return {
        Bucket: upload.bucket,
        Key: upload.key,
        UploadId: upload.id,
        PartNumberMarker: String(after),
        NextPartNumberMarker: page.length < rest.length ? String(page.at(-1)?.number ?? after) : undefined,
        MaxParts: most,
        IsTruncated: page.length < rest.length,
        StorageClass: 'STANDARD',
        Parts: page.map(({ number, size, etag, lastModified, checksum }) => ({
          PartNumber: number,
          Size: size,
          ETag: etag,
          LastModified: lastModified,
          ...(checksum && { [`Checksum${checksum.algorithm}`]: checksum.value }),
        })),
        ChecksumAlgorithm: upload.checksumAlgorithm,
      };
    }, 'ListMultipartUploadParts'),
    ListMultipartUploads: ofBucket((input) => {
      s3.bucket(bucketOf(input));
      const prefix = String(input['Prefix'] ?? '');
      const keyMarker = String(input['KeyMarker'] ?? '');
      const all = uploads.list(bucketOf(input)).filter(({ key }) => key.startsWith(prefix));
      const marked = all.findIndex(({ key, id }) => key === keyMarker && id === input['UploadIdMarker']);
      const rest = marked >= 0 ? all.slice(marked + 1) : all.filter(({ key }) => key > keyMarker);
      const most = Math.min((input['MaxUploads'] as number | undefined) ?? LARGEST_PAGE, LARGEST_PAGE);
      const page = rest.slice(0, most);
      const more = page.length < rest.length;
      return {
        Bucket: bucketOf(input),
        Prefix: input['Prefix'],
        KeyMarker: keyMarker,
        MaxUploads: most,
        IsTruncated: more,
        NextKeyMarker: more ? page.at(-1)?.key : undefined,
        NextUploadIdMarker: more ? page.at(-1)?.id : undefined,
        Uploads: page.map(({ id, key, initiated }) => ({
          UploadId: id,
          Key: key,
          Initiated: initiated,
          StorageClass: 'STANDARD',
        })),
      };
    }, 'ListBucketMultipartUploads'),
  };
}

/** How the object of an upload will be encrypted. */
function uploadEncryption(s3: S3, { bucket, description }: Upload): Record<string, unknown> {
  const headers = {
    ...(description.headers['ServerSideEncryption'] ? {} : defaultEncryption(s3.bucket(bucket))),
    ...description.headers,
  };
  return encryptionMembers({ ...description, headers });
}
