import { CreateBucketCommand, ListObjectsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { compareKeys, listKeys } from '../../../../twin/services/s3/listing.ts';
import { startS3 } from './s3-fixture.ts';
import type { S3Fixture } from './s3-fixture.ts';

const Bucket = 'listed';
const KEYS = ['a', 'photos/2026/1', 'photos/2026/2', 'photos/2027/1', 'photos/cover', 'z z', 'ü'];
let fixture: S3Fixture;

beforeAll(async () => {
  fixture = await startS3();
  await fixture.client.send(new CreateBucketCommand({ Bucket }));
  for (const Key of [...KEYS].reverse()) await fixture.client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
});
afterAll(() => fixture.close());

describe('a listing', () => {
  test.each([
    ['everything', {}, KEYS, []],
    ['what has a prefix', { Prefix: 'photos/2026/' }, ['photos/2026/1', 'photos/2026/2'], []],
    ['folders', { Delimiter: '/' }, ['a', 'z z', 'ü'], ['photos/']],
    ['one folder', { Delimiter: '/', Prefix: 'photos/' }, ['photos/cover'], ['photos/2026/', 'photos/2027/']],
    ['what is after a key', { StartAfter: 'photos/2027/1' }, ['photos/cover', 'z z', 'ü'], []],
    [
      'folders that begin before the key to start after',
      { Delimiter: '/', StartAfter: 'photos/2026/1' },
      ['z z', 'ü'],
      ['photos/'],
    ],
    ['nothing', { Prefix: 'none' }, [], []],
  ])('has %s', async (_name, query, keys, folders) => {
    const listed = await fixture.client.send(new ListObjectsV2Command({ Bucket, ...query }));
    expect(listed.Contents?.map(({ Key }) => Key) ?? []).toEqual(keys);
    expect(listed.CommonPrefixes?.map(({ Prefix }) => Prefix) ?? []).toEqual(folders);
    expect(listed).toMatchObject({ KeyCount: keys.length + folders.length, IsTruncated: false, Name: Bucket });
  });

  test.each([1, 2, 3])('in pages of %i is the whole, each folder once', async (MaxKeys) => {
    const seen: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await fixture.client.send(
        new ListObjectsV2Command({ Bucket, Delimiter: '/', MaxKeys, ContinuationToken }),
      );
      seen.push(
        ...(page.Contents ?? []).map(({ Key }) => Key),
        ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
      );
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(seen.sort()).toEqual(['a', 'photos/', 'z z', 'ü'].sort());
  });

  test('of the first version goes on from a marker', async () => {
    const first = await fixture.client.send(new ListObjectsCommand({ Bucket, MaxKeys: 2 }));
    expect(first).toMatchObject({ IsTruncated: true, Contents: [{ Key: 'a' }, { Key: 'photos/2026/1' }] });
    const rest = await fixture.client.send(new ListObjectsCommand({ Bucket, Marker: 'photos/2026/1' }));
    expect(rest.Contents).toHaveLength(5);
  });

  test('may be encoded for keys that XML cannot carry', async () => {
    const listed = await fixture.client.send(new ListObjectsV2Command({ Bucket, Prefix: 'z', EncodingType: 'url' }));
    expect(listed.Contents).toMatchObject([{ Key: 'z+z', ETag: expect.stringMatching(/^"[0-9a-f]{32}"$/), Size: 1 }]);
  });
});

test('keys are in the order of their UTF-8 bytes', () => {
  const keys = ['a', 'aa', 'Z', 'é', '\uFFFD', '\u{1F600}', '', 'a/b', 'a-b'];
  const byBytes = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  expect([...keys].sort(compareKeys)).toEqual(byBytes);
});

test('a page of none is not followed by others', () => {
  expect(listKeys(['a'], { prefix: '', delimiter: '', after: '', most: 0 })).toEqual({
    keys: [],
    commonPrefixes: [],
    next: undefined,
  });
});
