import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

import { AwsError } from '../../endpoint/service.ts';
import type { Key, Keys } from './keys.ts';

export type EncryptionContext = Readonly<Record<string, string>>;

/** What a ciphertext blob of the twin begins with: its format, then the length and text of the key's id. */
const FORMAT = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM, with the encryption context as additional data; the blob names its key, as KMS's does. */
export function encryptSymmetric(key: Key, plaintext: Uint8Array, context: EncryptionContext): Buffer {
  const iv = randomBytes(IV_BYTES);
  const id = Buffer.from(key.id, 'utf8');
  const header = Buffer.concat([Buffer.from([FORMAT, id.length]), id]);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key.material, 'base64'), iv);
  cipher.setAAD(additionalData(header, context));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([header, iv, cipher.getAuthTag(), ciphertext]);
}

/** @throws AwsError InvalidCiphertextException when it was not made here, was changed, or has another context */
export function decryptSymmetric(
  keys: Keys,
  blob: Uint8Array,
  context: EncryptionContext,
): { readonly key: Key; readonly plaintext: Buffer } {
  const bytes = Buffer.from(blob);
  const idLength = bytes[1] ?? 0;
  const start = 2 + idLength;
  if (bytes[0] !== FORMAT || bytes.length < start + IV_BYTES + TAG_BYTES) throw invalidCiphertext();
  const found = keys.find(bytes.subarray(2, start).toString('utf8'));
  if (!found || found.spec !== 'SYMMETRIC_DEFAULT') throw invalidCiphertext();
  const key = keys.usable(found.id, 'ENCRYPT_DECRYPT');
  const decipher = createDecipheriv(
    'aes-256-gcm',
    Buffer.from(key.material, 'base64'),
    bytes.subarray(start, start + IV_BYTES),
  );
  decipher.setAAD(additionalData(bytes.subarray(0, start), context));
  decipher.setAuthTag(bytes.subarray(start + IV_BYTES, start + IV_BYTES + TAG_BYTES));
  try {
    return {
      key,
      plaintext: Buffer.concat([decipher.update(bytes.subarray(start + IV_BYTES + TAG_BYTES)), decipher.final()]),
    };
  } catch {
    throw invalidCiphertext();
  }
}

function additionalData(header: Buffer, context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat([header, Buffer.from(JSON.stringify(pairs), 'utf8')]);
}

// KMS gives no text with it, so that nobody learns what was wrong.
function invalidCiphertext(): AwsError {
  return new AwsError('InvalidCiphertextException', '');
}
