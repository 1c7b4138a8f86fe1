import { gzipSync } from 'node:zlib';

import { describe, expect, test } from '@jest/globals';

import { decodeAwsChunked } from '../../../twin/endpoint/aws-chunked.ts';
import { plainBody } from '../../../twin/endpoint/content-encoding.ts';

const request = (body: string | Buffer, headers: Record<string, string>) => ({
  method: 'PUT',
  path: '/b/k',
  query: new URLSearchParams(),
  headers,
  body: Buffer.from(body as string),
});
const STREAMING = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'content-encoding': 'aws-chunked' };

describe('an aws-chunked body', () => {
  test('is its chunks, and its trailing checksum becomes a header', () => {
    const body =
      '5\r\nhello\r\n6;chunk-signature=0f\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\nhost:evil\r\n\r\n';
    const decoded = decodeAwsChunked(
      request(body, { ...STREAMING, 'x-amz-decoded-content-length': '11', host: 'good' }),
    );
    expect(decoded.body.toString()).toBe('hello world');
    expect(decoded.headers).toEqual({
      ...{ 'x-amz-content-sha256': STREAMING['x-amz-content-sha256'], 'x-amz-decoded-content-length': '11' },
      ...{ 'x-amz-checksum-crc32': 'DUoRhQ==', 'content-length': '11', host: 'good' },
    });
  });

  test('keeps the encoding of the object itself', () => {
    const decoded = decodeAwsChunked(request('0\r\n\r\n', { ...STREAMING, 'content-encoding': 'aws-chunked,gzip' }));
    expect(decoded.headers['content-encoding']).toBe('gzip');
  });

  test.each([
    ['no size', 'hello'],
    ['a size that is none', 'zz\r\nhello\r\n0\r\n\r\n'],
    ['less than its size', 'ff\r\nhello'],
    ['no last chunk', '5\r\nhello\r\n'],
  ])('with %s is refused', (_name, body) => {
    expect(() => decodeAwsChunked(request(body, STREAMING))).toThrow(/aws-chunked|complete/);
  });

  test('that is shorter than announced is refused', () => {
    const short = request('5\r\nhello\r\n0\r\n\r\n', { ...STREAMING, 'x-amz-decoded-content-length': '6' });
    expect(() => decodeAwsChunked(short)).toThrow('You did not provide the number of bytes');
  });

  test('is nothing that other requests have', () => {
    const plain = request('5\r\nhello', { 'content-encoding': 'gzip' });
    expect(decodeAwsChunked(plain)).toBe(plain);
  });
});

describe('a compressed body', () => {
  const RPC = { 'x-amz-target': 'Logs_20140328.PutLogEvents', 'content-encoding': 'gzip' };

  test('of an RPC is decompressed; of an object it is kept', async () => {
    expect((await plainBody(request(gzipSync('{}'), RPC))).body.toString()).toBe('{}');
    const stored = gzipSync('{}');
    expect((await plainBody(request(stored, { 'content-encoding': 'gzip' }))).body.equals(stored)).toBe(true);
  });

  test('that grows beyond all measure, or is none, is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024));
    await expect(plainBody(request(bomb, RPC))).rejects.toThrow('The body is not valid gzip.');
    await expect(plainBody(request('{}', RPC))).rejects.toThrow('The body is not valid gzip.');
  });
});
