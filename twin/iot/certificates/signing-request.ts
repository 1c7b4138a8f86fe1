import { createPublicKey, webcrypto } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Name, PublicKey } from '@peculiar/x509';

import { invalidRequest } from '../registry/failures.ts';
import { loadX509 } from './x509.ts';

/** A certificate signing request whose signature and key have been checked. */
export interface SigningRequest {
  readonly subjectName: Name;
  readonly hasSubject: boolean;
  readonly publicKey: PublicKey;
}

const SMALLEST_RSA_BITS = 2048;
/** NIST P-256, P-384 and P-521 by their OpenSSL names (API reference, CreateCertificateFromCsr). */
const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
const LONGEST_REQUEST = 65_536;
const PEM = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([\sA-Za-z0-9+/=]*)-----END (?:NEW )?CERTIFICATE REQUEST-----/;

/**
 * Reads a PKCS #10 request in PEM form.
 *
 * @throws AwsError InvalidRequestException when it cannot be read, is not signed with its own key, or its key is too weak
 */
export async function readSigningRequest(pem: unknown): Promise<SigningRequest> {
  const body = typeof pem === 'string' && pem.length <= LONGEST_REQUEST ? PEM.exec(pem)?.[1] : undefined;
  if (body === undefined)
    throw invalidRequest('The certificate signing request is not valid: it must be in PEM format');
  const x509 = await loadX509();
  let request: InstanceType<typeof x509.Pkcs10CertificateRequest>;
  let key: KeyObject;
  let signed: boolean;
  try {
    request = new x509.Pkcs10CertificateRequest(Buffer.from(body, 'base64'));
    key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
    signed = await request.verify(webcrypto as never);
  } catch {
    throw invalidRequest('The certificate signing request is not valid: it cannot be read');
  }
  checkKey(key);
  if (!signed)
    throw invalidRequest('The certificate signing request is not valid: its signature does not match its key');
  return { subjectName: request.subjectName, hasSubject: request.subject !== '', publicKey: request.publicKey };
}

function checkKey(key: KeyObject): void {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const accepted =
    (key.asymmetricKeyType === 'rsa' && (modulusLength ?? 0) >= SMALLEST_RSA_BITS) ||
    (key.asymmetricKeyType === 'ec' && CURVES.has(namedCurve ?? ''));
  if (!accepted) {
    throw invalidRequest(
      'The certificate signing request must have an RSA key of at least 2048 bits, or an ECC key from the NIST P-256, P-384 or P-521 curve',
    );
  }
}
