import { generateKeyPairSync, randomBytes } from 'node:crypto';

import { AwsError } from '../../endpoint/service.ts';

export type KeyUsage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY' | 'GENERATE_VERIFY_MAC';

interface KeySpec {
  readonly usages: readonly KeyUsage[];
  /** Secret bytes, or a private key in PKCS #8. */
  generate(): Buffer;
  readonly signingAlgorithms?: readonly string[];
  readonly encryptionAlgorithms?: readonly string[];
  readonly macAlgorithms?: readonly string[];
}

const RSA_SIGNING = ['RSASSA_PKCS1_V1_5', 'RSASSA_PSS'].flatMap((scheme) =>
  ['256', '384', '512'].map((size) => `${scheme}_SHA_${size}`),
);

function rsa(modulusLength: number): KeySpec {
  return {
    usages: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
    generate: () => pkcs8(generateKeyPairSync('rsa', { modulusLength })),
    signingAlgorithms: RSA_SIGNING,
    encryptionAlgorithms: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
  };
}

function elliptic(namedCurve: string, algorithm: string): KeySpec {
  return {
    usages: ['SIGN_VERIFY'],
    generate: () => pkcs8(generateKeyPairSync('ec', { namedCurve })),
    signingAlgorithms: [algorithm],
  };
}

function hmac(bits: number): KeySpec {
  return {
    usages: ['GENERATE_VERIFY_MAC'],
    generate: () => randomBytes(bits / 8),
    macAlgorithms: [`HMAC_SHA_${bits}`],
  };
}

/** The kinds of keys that the twin makes, of those that CreateKey knows. */
const KEY_SPECS: Readonly<Record<string, KeySpec>> = {
  SYMMETRIC_DEFAULT: {
    usages: ['ENCRYPT_DECRYPT'],
    generate: () => randomBytes(32),
    encryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
  },
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: elliptic('P-256', 'ECDSA_SHA_256'),
  ECC_NIST_P384: elliptic('P-384', 'ECDSA_SHA_384'),
  ECC_NIST_P521: elliptic('P-521', 'ECDSA_SHA_512'),
  HMAC_256: hmac(256),
  HMAC_384: hmac(384),
  HMAC_512: hmac(512),
};

/** @throws AwsError ValidationException, UnsupportedOperationException for a kind that the twin does not make */
export function keySpec(name: string, usage: KeyUsage): KeySpec {
  const spec = KEY_SPECS[name];
  if (!spec)
    throw new AwsError(
      'UnsupportedOperationException',
      `The twin makes no keys of the spec ${name}; it makes ${Object.keys(KEY_SPECS).join(', ')}.`,
    );
  if (!spec.usages.includes(usage))
    throw new AwsError('ValidationException', `KeyUsage ${usage} is not compatible with KeySpec ${name}`);
  return spec;
}

function pkcs8({ privateKey }: ReturnType<typeof generateKeyPairSync>): Buffer {
  return privateKey.export({ type: 'pkcs8', format: 'der' }) as unknown as Buffer;
}
