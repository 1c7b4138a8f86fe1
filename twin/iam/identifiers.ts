import { randomBytes, randomInt } from 'node:crypto';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** An IAM unique identifier or key id; the prefix tells what it is (IAM User Guide, "Unique identifiers"). */
export function uniqueId(prefix: 'AROA' | 'ANPA' | 'ASIA', length: number): string {
  return prefix + Array.from({ length: length - prefix.length }, () => BASE32[randomInt(BASE32.length)]).join('');
}

export function secretOf(bytes: number): string {
  return randomBytes(bytes).toString('base64');
}
