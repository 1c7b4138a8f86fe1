import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { AwsError } from '../../endpoint/service.ts';
import type { OperationInput } from '../../endpoint/service.ts';
import { crc32c, crc64nvme } from './crc.ts';

export type ChecksumAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256';

export interface ObjectChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; a composite one ends with `-` and the number of parts. */
  readonly value: string;
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
}

const COMPUTE: Readonly<Record<ChecksumAlgorithm, (bytes: Buffer) => Buffer>> = {
  CRC32: (bytes) => uint32(crc32(bytes)),
  CRC32C: (bytes) => uint32(crc32c(bytes)),
  CRC64NVME: (bytes) => {
    const result = Buffer.alloc(8);
    result.writeBigUInt64BE(crc64nvme(bytes));
    return result;
  },
  SHA1: (bytes) => createHash('sha1').update(bytes).digest(),
  SHA256: (bytes) => createHash('sha256').update(bytes).digest(),
};

export const ALGORITHMS = Object.keys(COMPUTE) as ChecksumAlgorithm[];

export function checksumOf(algorithm: ChecksumAlgorithm, bytes: Buffer): string {
  return COMPUTE[algorithm](bytes).toString('base64');
}

/** An algorithm by its name in a request. @throws AwsError InvalidRequest for one that the twin does not compute */
export function algorithmNamed(name: unknown): ChecksumAlgorithm | undefined {
  if (name === undefined) return undefined;
  const algorithm = ALGORITHMS.find((known) => known === name);
  if (!algorithm)
    throw new AwsError(
      'InvalidRequest',
      `Checksum algorithm provided is unsupported. The twin computes ${ALGORITHMS.join(', ')}.`,
    );
  return algorithm;
}

/**
 * Compares the body with the checksums that the request declares.
 *
 * @returns the checksum to keep: the declared one, or one of the algorithm that was asked for
 * @throws AwsError BadDigest, InvalidDigest, InvalidRequest
 */
export function verifyBody(input: OperationInput, body: Buffer): ObjectChecksum | undefined {
  const md5 = input['ContentMD5'] as string | undefined;
  if (md5 !== undefined && Buffer.from(md5, 'base64').length !== 16)
    throw new AwsError('InvalidDigest', 'The Content-MD5 you specified is not valid.');
  if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64'))
    throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  const asked = algorithmNamed(input['ChecksumAlgorithm']);
  const algorithm = ALGORITHMS.find((known) => input[`Checksum${known}`] !== undefined) ?? asked;
  if (!algorithm) return undefined;
  const value = checksumOf(algorithm, body);
  const declared = input[`Checksum${algorithm}`];
  if (declared !== undefined && declared !== value)
    throw new AwsError('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
  return { algorithm, value, type: 'FULL_OBJECT' };
}

/** The checksum of an upload's parts together: of their checksums, one after the other. */
export function compositeChecksum(algorithm: ChecksumAlgorithm, parts: readonly string[]): ObjectChecksum {
  const all = Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')));
  return { algorithm, value: `${checksumOf(algorithm, all)}-${parts.length}`, type: 'COMPOSITE' };
}

/** A checksum as members of an answer. */
export function checksumMembers(checksum: ObjectChecksum | undefined): Record<string, string> {
  return checksum ? { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type } : {};
}

function uint32(value: number): Buffer {
  const result = Buffer.alloc(4);
  result.writeUInt32BE(value >>> 0);
  return result;
}
