import 'reflect-metadata';

import { X509Certificate, webcrypto } from 'node:crypto';

import * as x509 from '@peculiar/x509';

export interface Identity {
  /** PEM */
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the DER form, as AWS names certificates. */
  readonly certificateId: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}

/** A CA made for one test file, and what it issues. */
export async function createCertificates(): Promise<{
  ca: string;
  server: Identity;
  issue(commonName: string): Promise<Identity>;
}> {
  x509.cryptoProvider.set(webcrypto);
  const caKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 86_400_000) };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test CA',
    keys: caKeys as webcrypto.CryptoKeyPair,
    signingAlgorithm: ALGORITHM,
    ...validity,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  });
  const issue = async (commonName: string, extensions: x509.Extension[] = []): Promise<Identity> => {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${commonName}`,
      issuer: ca.subject,
      publicKey: keys.publicKey as webcrypto.CryptoKey,
      signingKey: caKeys.privateKey as webcrypto.CryptoKey,
      signingAlgorithm: ALGORITHM,
      ...validity,
      extensions,
    });
    const cert = certificate.toString('pem');
    return {
      cert,
      key: await pemOf(keys.privateKey),
      certificateId: new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase(),
    };
  };
  const server = await issue('localhost', [
    new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }]),
  ]);
  return { ca: ca.toString('pem'), server, issue: (commonName) => issue(commonName) };
}
