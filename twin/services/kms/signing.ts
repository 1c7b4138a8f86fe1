import {
  constants,
  createPrivateKey,
  createPublicKey,
  privateEncrypt,
  publicDecrypt,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { AwsError } from '../../endpoint/service.ts';
import { isKnownCurve, signDigest, verifyDigest } from './elliptic-digest.ts';
import { keySpec } from './key-specs.ts';
import type { Key } from './keys.ts';

const LARGEST_RAW_MESSAGE = 4096;

/** DER of DigestInfo before the digest itself (RFC 8017, 9.2, note 1), by digest length in bytes. */
const DIGEST_INFO: Readonly<Record<number, string>> = {
  32: '3031300d060960864801650304020105000420',
  48: '3041300d060960864801650304020205000430',
  64: '3051300d060960864801650304020305000440',
};

interface SigningRequest {
  readonly message: Uint8Array;
  readonly messageType: string;
  readonly algorithm: string;
}

/** @throws AwsError InvalidKeyUsageException, ValidationException, UnsupportedOperationException */
export function signMessage(key: Key, request: SigningRequest): Buffer {
  const hash = checkRequest(key, request);
  const privateKey = privateKeyOf(key);
  const message = Buffer.from(request.message);
  if (request.messageType !== 'DIGEST') return sign(hash, message, { key: privateKey, ...padding(request.algorithm) });
  const jwk = privateKey.asymmetricKeyType === 'ec' ? privateKey.export({ format: 'jwk' }) : undefined;
  if (jwk && isKnownCurve(jwk.crv)) return signDigest(jwk, message);
  if (!request.algorithm.startsWith('RSASSA_PKCS1')) throw unsupported(request.algorithm);
  return privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, digestInfo(message));
}

export function verifyMessage(key: Key, request: SigningRequest, signature: Uint8Array): boolean {
  const hash = checkRequest(key, request);
  const publicKey = publicKeyOf(key);
  const message = Buffer.from(request.message);
  if (request.messageType !== 'DIGEST')
    return verify(hash, message, { key: publicKey, ...padding(request.algorithm) }, signature);
  const jwk = publicKey.asymmetricKeyType === 'ec' ? publicKey.export({ format: 'jwk' }) : undefined;
  if (jwk && isKnownCurve(jwk.crv)) return verifyDigest(jwk, message, Buffer.from(signature));
  if (!request.algorithm.startsWith('RSASSA_PKCS1')) throw unsupported(request.algorithm);
  try {
    const opened = publicDecrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, signature);
    const expected = digestInfo(message);
    return opened.length === expected.length && timingSafeEqual(opened, expected);
  } catch {
    return false;
  }
}

export function privateKeyOf(key: Key): KeyObject {
  return createPrivateKey({ key: Buffer.from(key.material, 'base64'), format: 'der', type: 'pkcs8' });
}

export function publicKeyOf(key: Key): KeyObject {
  return createPublicKey(privateKeyOf(key));
}

/** @returns the hash that the algorithm names, e.g. `sha256` */
function checkRequest(key: Key, { message, messageType, algorithm }: SigningRequest): string {
  if (!keySpec(key.spec, key.usage).signingAlgorithms?.includes(algorithm)) {
    throw new AwsError('InvalidKeyUsageException', `Algorithm ${algorithm} and key spec ${key.spec} are incompatible.`);
  }
  const bits = Number(algorithm.slice(-3));
  if (messageType === 'DIGEST' && message.length !== bits / 8)
    throw new AwsError('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`);
  if (messageType !== 'DIGEST' && (message.length < 1 || message.length > LARGEST_RAW_MESSAGE)) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length less than or equal to ${LARGEST_RAW_MESSAGE}`,
    );
  }
  return `sha${bits}`;
}

function padding(algorithm: string): { padding?: number; saltLength?: number } {
  if (!algorithm.startsWith('RSASSA')) return {};
  return algorithm.startsWith('RSASSA_PSS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { padding: constants.RSA_PKCS1_PADDING };
}

function digestInfo(digest: Buffer): Buffer {
  return Buffer.concat([Buffer.from(DIGEST_INFO[digest.length]!, 'hex'), digest]);
}

function unsupported(algorithm: string): AwsError {
  return new AwsError(
    'UnsupportedOperationException',
    `The twin does not sign digests with ${algorithm}; give it the message itself (MessageType RAW).`,
  );
}
