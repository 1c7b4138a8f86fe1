import { randomBytes, webcrypto } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Extension, Name, PublicKey } from '@peculiar/x509';

import { loadX509 } from './x509.ts';

/** Signs what an authority issues. */
export interface Issuer {
  /** DER of its subject, so that issuer and subject match byte for byte. */
  readonly subjectName: Name;
  readonly publicKey: PublicKey;
  readonly signingKey: webcrypto.CryptoKey;
}

export interface CertificateRequest {
  /** Text such as `CN=twin`, or a name as it stands in a signing request. */
  readonly subject: string | Name;
  readonly publicKey: PublicKey | KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly use: 'client' | 'server' | 'authority';
  /** DNS names and IP addresses of a server. */
  readonly hosts?: readonly string[];
}

const ECDSA = { name: 'ECDSA', hash: 'SHA-256' } as const;
const IP_ADDRESS = /^(\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f:.]*)$/i;

/** Makes a certificate; without an issuer it signs itself with `signingKey`. Gives its PEM form. */
export async function issueCertificate(
  request: CertificateRequest,
  issuer: Issuer | { readonly signingKey: webcrypto.CryptoKey },
): Promise<string> {
  const x509 = await loadX509();
  const publicKey = await publicKeyOf(request.publicKey);
  const issuerKey = 'publicKey' in issuer ? issuer.publicKey : publicKey;
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: typeof request.subject === 'string' ? request.subject : request.subject.toJSON(),
      issuer: 'subjectName' in issuer ? issuer.subjectName.toJSON() : (request.subject as string),
      notBefore: request.notBefore,
      notAfter: request.notAfter,
      publicKey,
      signingKey: issuer.signingKey,
      signingAlgorithm: ECDSA,
      extensions: [
        ...(await usageExtensions(request)),
        await x509.SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto as never),
        await x509.AuthorityKeyIdentifierExtension.create(issuerKey, false, webcrypto as never),
      ],
    },
    webcrypto as never,
  );
  return `${certificate.toString('pem')}\n`;
}

async function publicKeyOf(key: PublicKey | KeyObject): Promise<PublicKey> {
  if (!('export' in key && 'asymmetricKeyType' in key)) return key as PublicKey;
  const x509 = await loadX509();
  return new x509.PublicKey(key.export({ format: 'der', type: 'spki' }));
}

async function usageExtensions(request: CertificateRequest): Promise<Extension[]> {
  const x509 = await loadX509();
  const { KeyUsageFlags } = x509;
  if (request.use === 'authority') {
    return [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ];
  }
  const constraints = new x509.BasicConstraintsExtension(false, undefined, true);
  if (request.use === 'client') return [constraints, new x509.KeyUsagesExtension(KeyUsageFlags.digitalSignature, true)];
  return [
    constraints,
    new x509.KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension(
      (request.hosts ?? []).map((host) => ({
        type: IP_ADDRESS.test(host) ? ('ip' as const) : ('dns' as const),
        value: host,
      })),
    ),
  ];
}

/** 20 random octets; the first is between 1 and 127, so that the number is positive and of full length (RFC 5280, 4.1.2.2). */
function serialNumber(): string {
  const octets = randomBytes(20);
  octets[0] = (octets[0]! & 0x7f) | 0x01;
  return octets.toString('hex');
}
