import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { CompletedPart } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { startS3 } from './s3-fixture.ts';
import type { S3Fixture } from './s3-fixture.ts';

const Bucket = 'parts';
const FULL_PART = randomBytes(5 * 1024 * 1024);
const LAST_PART = Buffer.from('the end');
let fixture: S3Fixture;

beforeAll(async () => {
  fixture = await startS3();
  await fixture.client.send(new CreateBucketCommand({ Bucket }));
});
afterAll(() => fixture.close());

async function begin(Key: string): Promise<string> {
  const { UploadId } = await fixture.client.send(
    new CreateMultipartUploadCommand({ Bucket, Key, ContentType: 'text/plain', ChecksumAlgorithm: 'CRC32' }),
  );
  return UploadId!;
}

async function upload(Key: string, UploadId: string, PartNumber: number, Body: Buffer): Promise<CompletedPart> {
  const { ETag, ChecksumCRC32 } = await fixture.client.send(
    new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
  );
  return { ETag, ChecksumCRC32, PartNumber };
}

const complete = (Key: string, UploadId: string, Parts: CompletedPart[]) =>
  fixture.client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));

test('parts become one object, whatever the order in which they came', async () => {
  const UploadId = await begin('k');
  const second = await upload('k', UploadId, 2, LAST_PART);
  const first = await upload('k', UploadId, 1, FULL_PART);
  const { Parts } = await fixture.client.send(new ListPartsCommand({ Bucket, Key: 'k', UploadId }));
  expect(Parts!.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
    [1, FULL_PART.length],
    [2, LAST_PART.length],
  ]);
  const done = await complete('k', UploadId, [first, second]);
  const digests = [FULL_PART, LAST_PART].map((part) => createHash('md5').update(part).digest());
  expect(done.ETag).toBe(`"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-2"`);
  expect(done.ChecksumCRC32).toMatch(/-2$/);
  const { Body, ContentType } = await fixture.client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  expect(ContentType).toBe('text/plain');
  expect(Buffer.from(await Body!.transformToByteArray()).equals(Buffer.concat([FULL_PART, LAST_PART]))).toBe(true);
  const part = await fixture.client.send(new HeadObjectCommand({ Bucket, Key: 'k', PartNumber: 2 }));
  expect(part).toMatchObject({ ContentLength: LAST_PART.length, PartsCount: 2 });
});

test('a part may be copied from another object', async () => {
  await fixture.client.send(new PutObjectCommand({ Bucket, Key: 'source', Body: 'hello world' }));
  const UploadId = await begin('copied');
  const { CopyPartResult } = await fixture.client.send(
    new UploadPartCopyCommand({
      Bucket,
      Key: 'copied',
      UploadId,
      PartNumber: 1,
      CopySource: `${Bucket}/source`,
      CopySourceRange: 'bytes=0-4',
    }),
  );
  await complete('copied', UploadId, [{ PartNumber: 1, ETag: CopyPartResult!.ETag }]);
  const { Body } = await fixture.client.send(new GetObjectCommand({ Bucket, Key: 'copied' }));
  expect(await Body!.transformToString()).toBe('hello');
});

test.each([
  ['EntityTooSmall', (parts: CompletedPart[]) => parts],
  ['InvalidPartOrder', (parts: CompletedPart[]) => [...parts].reverse()],
  ['InvalidPart', ([first]: CompletedPart[]) => [{ ...first!, ETag: '"0"' }]],
])('a wrong list of parts is %s', async (code, list) => {
  const UploadId = await begin('wrong');
  const parts = [await upload('wrong', UploadId, 1, LAST_PART), await upload('wrong', UploadId, 2, LAST_PART)];
  await expect(complete('wrong', UploadId, list(parts))).rejects.toMatchObject({ name: code });
});

test('an aborted upload leaves nothing', async () => {
  const files = (): number => readdirSync(join(fixture.folder, 'objects')).length;
  const before = files();
  const UploadId = await begin('gone');
  await upload('gone', UploadId, 1, LAST_PART);
  expect(files()).toBe(before + 1);
  const uploads = async () =>
    (await fixture.client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'gone' }))).Uploads;
  expect(await uploads()).toMatchObject([{ Key: 'gone', UploadId }]);
  await fixture.client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'gone', UploadId }));
  expect(files()).toBe(before);
  expect(await uploads()).toBeUndefined();
  await expect(upload('gone', UploadId, 2, LAST_PART)).rejects.toMatchObject({ name: 'NoSuchUpload' });
});
