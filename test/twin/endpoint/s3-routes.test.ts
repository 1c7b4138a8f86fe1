import * as s3Client from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';

import { readModel } from '../../../twin/endpoint/model.ts';
import { bucketAndKey, S3Routes } from '../../../twin/endpoint/s3-routes.ts';

const routes = new S3Routes(readModel(s3Client as unknown as Record<string, unknown>).operations.values());

function match(line: string, headers: Record<string, string> = {}) {
  const [method = '', target = ''] = line.split(' ');
  const [path = '', query = ''] = target.split('?', 2);
  return routes.match({ method, path, query: new URLSearchParams(query), headers, body: Buffer.alloc(0) });
}

describe('a request to S3', () => {
  test.each([
    ['GET /', 'ListBuckets'],
    ['PUT /b', 'CreateBucket'],
    ['PUT /b/', 'CreateBucket'],
    ['GET /b', 'ListObjects'],
    ['GET /b?list-type=2&prefix=x', 'ListObjectsV2'],
    ['GET /b?versions', 'ListObjectVersions'],
    ['GET /b?location=', 'GetBucketLocation'],
    ['GET /b?uploads', 'ListMultipartUploads'],
    ['HEAD /b', 'HeadBucket'],
    ['POST /b?delete', 'DeleteObjects'],
    ['DELETE /b', 'DeleteBucket'],
    ['DELETE /b?policy', 'DeleteBucketPolicy'],
    ['PUT /b/k', 'PutObject'],
    ['PUT /b/k?x-id=PutObject', 'PutObject'],
    ['PUT /b/k?tagging', 'PutObjectTagging'],
    ['PUT /b/k?partNumber=1&uploadId=u', 'UploadPart'],
    ['GET /b/k', 'GetObject'],
    ['GET /b/k?versionId=v&response-content-type=x', 'GetObject'],
    ['GET /b/k?partNumber=2', 'GetObject'],
    ['GET /b/k?uploadId=u', 'ListParts'],
    ['GET /b/k?attributes', 'GetObjectAttributes'],
    ['HEAD /b/k', 'HeadObject'],
    ['POST /b/k?uploads', 'CreateMultipartUpload'],
    ['POST /b/k?uploadId=u', 'CompleteMultipartUpload'],
    ['DELETE /b/k', 'DeleteObject'],
    ['DELETE /b/k?uploadId=u', 'AbortMultipartUpload'],
  ])('%s is %s', (line, name) => {
    const headers: Record<string, string> = name === 'GetObjectAttributes' ? { 'x-amz-object-attributes': 'ETag' } : {};
    expect(match(line, headers)?.operation.name).toBe(name);
  });

  test('with a source to copy from is a copy', () => {
    const copied = { 'x-amz-copy-source': '/b/other' };
    expect(match('PUT /b/k', copied)?.operation.name).toBe('CopyObject');
    expect(match('PUT /b/k?partNumber=1&uploadId=u', copied)?.operation.name).toBe('UploadPartCopy');
  });

  test('that S3 does not have is nothing', () => {
    expect(match('PATCH /b/k')).toBeUndefined();
  });
});

test.each([
  ['127.0.0.1:4566', '/b/k', 'b', 'k'],
  ['localhost:4566', '/b/a/b//c/', 'b', 'a/b//c/'],
  ['b.localhost:4566', '/k', 'b', 'k'],
  ['b.s3.localhost', '/k', 'b', 'k'],
  ['s3.localhost:4566', '/b/k', 'b', 'k'],
  ['s3.us-east-1.amazonaws.com', '/b', 'b', ''],
  ['b.s3.amazonaws.com', '/', 'b', ''],
  ['my.dotted.b.s3-eu-west-1.amazonaws.com', '/a%20b%2Fc%C3%BC', 'my.dotted.b', 'a b/cü'],
])('%s %s is bucket %s and key %s', (host, path, bucket, key) => {
  expect(bucketAndKey(host, path)).toEqual({ bucket, key });
});
