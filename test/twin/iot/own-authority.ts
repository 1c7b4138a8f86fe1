import { webcrypto } from 'node:crypto';

import type { CertificateAuthority } from '../../../twin/iot/certificates/authority.ts';
import { readSigningRequest } from '../../../twin/iot/certificates/signing-request.ts';
import { loadX509 } from '../../../twin/iot/certificates/x509.ts';

/** A carmaker's own certificate authority, as it would come with its own tools. */
export async function ownAuthority(): Promise<{ caPem: string; issue(subject: string): Promise<string> }> {
  const x509 = await loadX509();
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  // The tests' clock stands still from its start; a certificate made a second later would not be valid yet.
  const validity = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000 * 365) };
  const ca = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...validity,
      name: 'CN=Own CA',
      keys,
      signingAlgorithm: algorithm,
      extensions: [new x509.BasicConstraintsExtension(true)],
    },
    webcrypto as never,
  );
  return {
    caPem: ca.toString('pem'),
    issue: async (subject) => {
      const device = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const certificate = await x509.X509CertificateGenerator.create(
        {
          ...validity,
          subject,
          issuer: ca.subject,
          publicKey: device.publicKey,
          signingKey: keys.privateKey,
          signingAlgorithm: algorithm,
        },
        webcrypto as never,
      );
      return certificate.toString('pem');
    },
  };
}

/** A PKCS #10 request in PEM form over a new EC key. */
export async function signingRequest(name = 'CN=device', namedCurve = 'P-256'): Promise<string> {
  const x509 = await loadX509();
  const algorithm = { name: 'ECDSA', namedCurve, hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create(
    { name, keys, signingAlgorithm: algorithm },
    webcrypto as never,
  );
  return request.toString('pem');
}

/** A certificate of the twin's authority; an RSA key pair for each would take most of the tests' time. */
export async function issueDeviceCertificate(authority: CertificateAuthority, subject?: string): Promise<string> {
  return authority.issueForRequest(await readSigningRequest(await signingRequest(subject)));
}
