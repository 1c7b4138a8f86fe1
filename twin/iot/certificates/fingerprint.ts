import { createHash } from 'node:crypto';

/** AWS's certificate id: the SHA-256 of the DER form, in lower-case hexadecimal. */
export function certificateIdOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}
