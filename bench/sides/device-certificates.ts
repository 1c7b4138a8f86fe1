import { generateKeyPair, webcrypto } from 'node:crypto';
import { promisify } from 'node:util';

import { readSigningRequest } from '../../twin/iot/certificates/signing-request.ts';
import type { CertificateAuthority } from '../../twin/iot/certificates/authority.ts';
import { loadX509 } from '../../twin/iot/certificates/x509.ts';

const generate = promisify(generateKeyPair);
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A device's key and the certificate for it, by the way of a signing request. */
export async function issueDeviceCertificate(
  authority: CertificateAuthority,
  name: string,
): Promise<{ certificate: string; privateKey: string }> {
  const x509 = await loadX509();
  const { privateKey, publicKey } = await generate('ec', { namedCurve: 'P-256' });
  const usage = { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = {
    privateKey: privateKey.toCryptoKey(usage, false, ['sign']),
    publicKey: publicKey.toCryptoKey(usage, true, ['verify']),
  };
  const request = await x509.Pkcs10CertificateRequestGenerator.create(
    { name: `CN=${name}`, keys: keys as never, signingAlgorithm: ALGORITHM },
    webcrypto as never,
  );
  return {
    certificate: await authority.issueForRequest(await readSigningRequest(request.toString('pem'))),
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  };
}
