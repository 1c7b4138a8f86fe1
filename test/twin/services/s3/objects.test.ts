import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { startS3 } from './s3-fixture.ts';
import type { S3Fixture } from './s3-fixture.ts';

let fixture: S3Fixture;
let Bucket: string;
let count = 0;

beforeAll(async () => {
  fixture = await startS3();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  Bucket = `bucket-${(count += 1)}`;
  await fixture.client.send(new CreateBucketCommand({ Bucket }));
});

const put = (Key: string, Body: PutObjectCommandInput['Body'], others: Partial<PutObjectCommandInput> = {}) =>
  fixture.client.send(new PutObjectCommand({ Bucket, Key, Body, ...others }));

async function textOf(Key: string, others: Record<string, unknown> = {}): Promise<string> {
  const { Body } = await fixture.client.send(new GetObjectCommand({ Bucket, Key, ...others }));
  return Body!.transformToString();
}

describe('objects', () => {
  test('come back as they were put, with what was said of them', async () => {
    const { ETag } = await put('a/b c/ü?&=+%.json', '{"x":1}', {
      ContentType: 'application/json',
      CacheControl: 'no-store',
      Metadata: { vehicle: 'v-1' },
      Expires: new Date('2030-01-01T00:00:00Z'),
    });
    const found = await fixture.client.send(new GetObjectCommand({ Bucket, Key: 'a/b c/ü?&=+%.json' }));
    expect(ETag).toBe(`"${createHash('md5').update('{"x":1}').digest('hex')}"`);
    expect(await found.Body!.transformToString()).toBe('{"x":1}');
    expect(found).toMatchObject({
      ETag,
      ContentType: 'application/json',
      CacheControl: 'no-store',
      Metadata: { vehicle: 'v-1' },
      ContentLength: 7,
      ExpiresString: 'Tue, 01 Jan 2030 00:00:00 GMT',
      LastModified: new Date(fixture.clock.now()),
    });
  });

  test('are told of by HEAD without their bytes', async () => {
    await put('k', 'hello');
    const head = await fixture.client.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
    expect(head).toMatchObject({ ContentLength: 5, ContentType: 'application/octet-stream', AcceptRanges: 'bytes' });
  });

  test.each([
    ['bytes=1-3', 'ell', 'bytes 1-3/5'],
    ['bytes=3-', 'lo', 'bytes 3-4/5'],
    ['bytes=-2', 'lo', 'bytes 3-4/5'],
    ['bytes=0-99', 'hello', 'bytes 0-4/5'],
  ])('are read in part: %s', async (Range, text, ContentRange) => {
    await put('k', 'hello');
    const part = await fixture.client.send(new GetObjectCommand({ Bucket, Key: 'k', Range }));
    expect(part.$metadata.httpStatusCode).toBe(206);
    expect(part.ContentRange).toBe(ContentRange);
    expect(await part.Body!.transformToString()).toBe(text);
  });

  test('refuse a range behind their end', async () => {
    await put('k', 'hello');
    await expect(textOf('k', { Range: 'bytes=5-' })).rejects.toMatchObject({ name: 'InvalidRange' });
  });

  test('are empty when they are', async () => {
    await put('k', Buffer.alloc(0));
    expect(await textOf('k')).toBe('');
  });

  test('that do not exist are NoSuchKey for GET and NotFound for HEAD', async () => {
    await expect(textOf('none')).rejects.toMatchObject({
      name: 'NoSuchKey',
      message: 'The specified key does not exist.',
    });
    await expect(fixture.client.send(new HeadObjectCommand({ Bucket, Key: 'none' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
    await expect(fixture.client.send(new GetObjectCommand({ Bucket: 'nowhere', Key: 'k' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
  });

  test('leave no file behind when they are overwritten or deleted', async () => {
    const files = (): number => readdirSync(join(fixture.folder, 'objects')).length;
    await put('k', 'one');
    const before = files();
    await put('k', 'two');
    expect(files()).toBe(before);
    await fixture.client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    expect(files()).toBe(before - 1);
  });

  test('keep their tags', async () => {
    await put('k', 'x', { Tagging: 'a=1&b=two%20words' });
    const tags = async () => (await fixture.client.send(new GetObjectTaggingCommand({ Bucket, Key: 'k' }))).TagSet;
    expect(await tags()).toEqual([
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: 'two words' },
    ]);
    await fixture.client.send(
      new PutObjectTaggingCommand({ Bucket, Key: 'k', Tagging: { TagSet: [{ Key: 'c', Value: '3' }] } }),
    );
    expect(await tags()).toEqual([{ Key: 'c', Value: '3' }]);
  });

  test('are deleted by the thousand, with an answer for each', async () => {
    await put('a', '1');
    await put('b', '2');
    const Objects = [{ Key: 'a' }, { Key: 'b' }, { Key: 'never' }];
    const { Deleted } = await fixture.client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted).toEqual(Objects);
    await expect(textOf('a')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('checksums', () => {
  test.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    '%s goes with a streamed upload and comes back',
    async (algorithm) => {
      const body = Readable.from([Buffer.alloc(70_000, 'a'), Buffer.from('tail')]);
      await put('k', body, { ContentLength: 70_004, ChecksumAlgorithm: algorithm });
      expect(await textOf('k')).toBe('a'.repeat(70_000) + 'tail');
      const { Checksum } = await fixture.client.send(
        new GetObjectAttributesCommand({ Bucket, Key: 'k', ObjectAttributes: ['Checksum', 'ObjectSize'] }),
      );
      expect(Checksum).toMatchObject({ [`Checksum${algorithm}`]: expect.any(String), ChecksumType: 'FULL_OBJECT' });
    },
  );

  test.each([
    ['crc32', 'y/Q5Jg=='],
    ['crc32c', '4waSgw=='],
    ['crc64nvme', 'rosUhgp5mIg='],
  ])('%s of the check string 123456789 is the published value', async (name, value) => {
    await put('k', '123456789', { [`Checksum${name.toUpperCase()}`]: value });
    expect(await textOf('k')).toBe('123456789');
  });

  test('that do not match refuse the object', async () => {
    await expect(
      put('k', 'hello', { ChecksumSHA256: createHash('sha256').update('other').digest('base64') }),
    ).rejects.toMatchObject({
      name: 'BadDigest',
    });
    await expect(
      put('k', 'hello', { ContentMD5: createHash('md5').update('other').digest('base64') }),
    ).rejects.toMatchObject({
      name: 'BadDigest',
    });
    await expect(textOf('k')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('conditions', () => {
  test.each([
    ['IfMatch', (etag: string) => ({ IfMatch: etag }), undefined],
    ['IfMatch of another', () => ({ IfMatch: '"0"' }), 412],
    ['IfNoneMatch', (etag: string) => ({ IfNoneMatch: etag }), 304],
    ['IfModifiedSince the time of writing', () => ({ IfModifiedSince: new Date(fixture.clock.now()) }), 304],
    ['IfUnmodifiedSince an hour before', () => ({ IfUnmodifiedSince: new Date(fixture.clock.now() - 3_600_000) }), 412],
  ])('of a read: %s', async (_name, condition, status) => {
    const { ETag } = await put('k', 'hello');
    const read = textOf('k', condition(ETag!));
    const outcome = await read.catch(
      (error: { $metadata: { httpStatusCode: number } }) => error.$metadata.httpStatusCode,
    );
    expect(outcome).toBe(status ?? 'hello');
  });

  test('let only the first of two writers create', async () => {
    await put('k', 'first', { IfNoneMatch: '*' });
    await expect(put('k', 'second', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    expect(await textOf('k')).toBe('first');
  });

  test('let a writer replace only what it has read', async () => {
    const { ETag } = await put('k', 'one');
    await put('k', 'two', { IfMatch: ETag });
    await expect(put('k', 'three', { IfMatch: ETag })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });

  test('let one of many writers at once create', async () => {
    const outcomes = await Promise.allSettled([...'abcdef'].map((text) => put('k', text, { IfNoneMatch: '*' })));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('copies', () => {
  test('carry metadata, or replace it', async () => {
    await put('from', 'x', { Metadata: { a: '1' }, ContentType: 'text/plain' });
    const CopySource = `${Bucket}/from`;
    await fixture.client.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource }));
    const kept = await fixture.client.send(new HeadObjectCommand({ Bucket, Key: 'to' }));
    expect(kept).toMatchObject({ Metadata: { a: '1' }, ContentType: 'text/plain' });
    await fixture.client.send(
      new CopyObjectCommand({ Bucket, Key: 'to', CopySource, MetadataDirective: 'REPLACE', Metadata: { b: '2' } }),
    );
    const replaced = await fixture.client.send(new HeadObjectCommand({ Bucket, Key: 'to' }));
    expect(replaced.Metadata).toEqual({ b: '2' });
    expect(await textOf('to')).toBe('x');
  });

  test('have a class and an encryption of their own', async () => {
    await put('from', 'x', { ServerSideEncryption: 'aws:kms', StorageClass: 'STANDARD_IA' });
    const copied = new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/from` });
    expect(await fixture.client.send(copied)).toMatchObject({ ServerSideEncryption: 'AES256' });
    const { StorageClass } = await fixture.client.send(new HeadObjectCommand({ Bucket, Key: 'to' }));
    expect(StorageClass).toBeUndefined();
  });

  test('onto themselves must change something', async () => {
    await put('k', 'x');
    await expect(
      fixture.client.send(new CopyObjectCommand({ Bucket, Key: 'k', CopySource: `${Bucket}/k` })),
    ).rejects.toMatchObject({ name: 'InvalidRequest' });
  });
});

describe('versioning', () => {
  beforeEach(async () => {
    await fixture.client.send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
  });

  test('keeps every version, and a delete puts a marker over them', async () => {
    const { VersionId: first } = await put('k', 'one');
    const { VersionId: second } = await put('k', 'two');
    expect(await textOf('k')).toBe('two');
    expect(await textOf('k', { VersionId: first })).toBe('one');
    const { DeleteMarker, VersionId: marker } = await fixture.client.send(
      new DeleteObjectCommand({ Bucket, Key: 'k' }),
    );
    expect(DeleteMarker).toBe(true);
    await expect(textOf('k')).rejects.toMatchObject({ name: 'NoSuchKey' });
    const listed = await fixture.client.send(new ListObjectVersionsCommand({ Bucket }));
    expect(listed.Versions!.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
      [second, false],
      [first, false],
    ]);
    expect(listed.DeleteMarkers).toMatchObject([{ Key: 'k', VersionId: marker, IsLatest: true }]);
    await fixture.client.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: marker }));
    expect(await textOf('k')).toBe('two');
  });

  test('suspended, writes a null version and keeps the others', async () => {
    const { VersionId } = await put('k', 'one');
    await fixture.client.send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }),
    );
    await put('k', 'two');
    await put('k', 'three');
    const { Versions } = await fixture.client.send(new ListObjectVersionsCommand({ Bucket }));
    expect(Versions!.map((version) => version.VersionId)).toEqual(['null', VersionId]);
    expect(await textOf('k')).toBe('three');
  });

  test('lists versions in pages that together are all', async () => {
    for (const key of ['a', 'b', 'c']) for (const body of ['1', '2', '3']) await put(key, body);
    const seen: string[] = [];
    let marker: { KeyMarker?: string; VersionIdMarker?: string } = {};
    for (let pages = 0; pages < 20; pages += 1) {
      const page = await fixture.client.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 2, ...marker }));
      seen.push(...page.Versions!.map(({ Key, VersionId }) => `${Key}/${VersionId}`));
      if (!page.IsTruncated) break;
      marker = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    }
    expect(seen).toHaveLength(9);
    expect(new Set(seen).size).toBe(9);
  });
});

test('a bucket in the host is the same bucket', async () => {
  await put('dir/k', 'virtual');
  const { port } = new URL(fixture.endpoint.url);
  const text = await new Promise<string>((resolve, reject) => {
    const headers = {
      host: `${Bucket}.s3.us-east-1.amazonaws.com`,
      authorization:
        'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0',
    };
    request({ port, path: '/dir/k', headers }, (response) => {
      response.setEncoding('utf8');
      let all = '';
      response.on('data', (chunk: string) => (all += chunk)).on('end', () => resolve(all));
    })
      .on('error', reject)
      .end();
  });
  expect(text).toBe('virtual');
});
