import { createPrivateKey, generateKeyPair, X509Certificate } from 'node:crypto';
import type { webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Clock } from '../../clock.ts';
import { IovError } from '../../errors.ts';
import type { Issuer } from './issue.ts';
import { issueCertificate } from './issue.ts';
import type { SigningRequest } from './signing-request.ts';
import { loadX509 } from './x509.ts';

const generate = promisify(generateKeyPair);

/** Certificates that AWS IoT issues end with the year 2049 (developer guide, X.509 client certificates). */
export const FAR_FUTURE = new Date(Date.UTC(2049, 11, 31, 23, 59, 59));
/** A certificate is good a little before it is made, for devices whose clock lags. */
const CLOCK_SKEW_MS = 2 * 60_000;
const SERVER_CERTIFICATE_DAYS = 365;
const RENEW_BEFORE_DAYS = 30;
const DAY_MS = 86_400_000;

const AUTHORITY_SUBJECT = 'CN=twin CA, O=twin';
const DEVICE_SUBJECT = 'CN=AWS IoT Certificate';
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '::1'];

/** A certificate together with its keys, all as PEM. */
export interface KeyedCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly publicKeyPem: string;
}

export interface ServerCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly notAfter: number;
}

/**
 * The twin's own certificate authority, in the place of Amazon's: it signs the servers' certificate and those of
 * devices. Its key never leaves the state folder.
 */
export class CertificateAuthority {
  /** For clients' trust stores. */
  readonly certificatePem: string;
  readonly #folder: string;
  readonly #privateKeyPem: string;
  readonly #clock: Clock;
  #issuer: Promise<Issuer> | undefined;

  private constructor(folder: string, certificatePem: string, privateKeyPem: string, clock: Clock) {
    this.#folder = folder;
    this.certificatePem = certificatePem;
    this.#privateKeyPem = privateKeyPem;
    this.#clock = clock;
  }

  /**
   * Opens the authority of a state folder, or makes one there.
   *
   * @throws IovError IOV_STATE_UNREADABLE when only half of it is there, or key and certificate do not match
   */
  static async open(folder: string, clock: Clock): Promise<CertificateAuthority> {
    const certificateFile = join(folder, 'ca.pem');
    const keyFile = join(folder, 'ca.key');
    if (existsSync(certificateFile) || existsSync(keyFile)) {
      const [certificatePem, privateKeyPem] = readPair(certificateFile, keyFile);
      return new CertificateAuthority(folder, certificatePem, privateKeyPem, clock);
    }
    const { privateKey, publicKey } = await generate('ec', { namedCurve: 'P-256' });
    const certificatePem = await issueCertificate(
      {
        subject: AUTHORITY_SUBJECT,
        publicKey,
        notBefore: new Date(clock.now() - CLOCK_SKEW_MS),
        notAfter: FAR_FUTURE,
        use: 'authority',
      },
      { signingKey: privateKey.toCryptoKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']) },
    );
    const privateKeyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    mkdirSync(folder, { recursive: true });
    // The key first: a certificate without its key would be found unreadable at the next start.
    writeFileSync(keyFile, privateKeyPem, { mode: 0o600 });
    writeFileSync(certificateFile, certificatePem);
    return new CertificateAuthority(folder, certificatePem, privateKeyPem, clock);
  }

  /**
   * The servers' certificate for localhost and these further names; kept in the state folder and renewed 30 days before
   * it ends, or when the names change.
   */
  async serverCertificate(hosts: readonly string[] = []): Promise<ServerCertificate> {
    const wanted = [...new Set([...LOCAL_HOSTS, ...hosts])];
    const file = join(this.#folder, 'server.json');
    const kept = readServerCertificate(file);
    const goodUntil = this.#clock.now() + RENEW_BEFORE_DAYS * DAY_MS;
    if (kept && kept.notAfter > goodUntil && sameHosts(kept.hosts, wanted) && this.#signed(kept.certificatePem))
      return kept;
    const { privateKey, publicKey } = await generate('ec', { namedCurve: 'P-256' });
    const notAfter = this.#clock.now() + SERVER_CERTIFICATE_DAYS * DAY_MS;
    const made = {
      certificatePem: await this.#issue({
        subject: 'CN=localhost, O=twin',
        publicKey,
        use: 'server',
        hosts: wanted,
        notAfter,
      }),
      privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      notAfter,
      hosts: wanted,
    };
    writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
    return made;
  }

  /** What CreateKeysAndCertificate gives: a certificate over a new RSA key pair of 2,048 bits. */
  async issueWithNewKeys(subject = DEVICE_SUBJECT, notAfter = FAR_FUTURE.getTime()): Promise<KeyedCertificate> {
    const { privateKey, publicKey } = await generate('rsa', { modulusLength: 2048 });
    return {
      certificatePem: await this.#issue({ subject, publicKey, use: 'client', notAfter }),
      privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs1' }) as string,
      publicKeyPem: publicKey.export({ format: 'pem', type: 'spki' }) as string,
    };
  }

  /** What CreateCertificateFromCsr gives: a certificate over the request's key, with the request's subject. */
  issueForRequest(request: SigningRequest): Promise<string> {
    const subject = request.hasSubject ? request.subjectName : DEVICE_SUBJECT;
    return this.#issue({ subject, publicKey: request.publicKey, use: 'client', notAfter: FAR_FUTURE.getTime() });
  }

  async #issue(
    request: Omit<Parameters<typeof issueCertificate>[0], 'notBefore' | 'notAfter'> & { notAfter: number },
  ): Promise<string> {
    const notBefore = new Date(this.#clock.now() - CLOCK_SKEW_MS);
    const issuer = await (this.#issuer ??= this.#loadIssuer());
    return issueCertificate({ ...request, notBefore, notAfter: new Date(request.notAfter) }, issuer);
  }

  async #loadIssuer(): Promise<Issuer> {
    const x509 = await loadX509();
    const certificate = new x509.X509Certificate(this.certificatePem);
    const key = createPrivateKey(this.#privateKeyPem);
    return {
      subjectName: certificate.subjectName,
      publicKey: certificate.publicKey,
      signingKey: key.toCryptoKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']) as webcrypto.CryptoKey,
    };
  }

  #signed(certificatePem: string): boolean {
    return new X509Certificate(certificatePem).verify(new X509Certificate(this.certificatePem).publicKey);
  }
}

function readPair(certificateFile: string, keyFile: string): [string, string] {
  try {
    const certificatePem = readFileSync(certificateFile, 'utf8');
    const privateKeyPem = readFileSync(keyFile, 'utf8');
    if (!new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem))) {
      throw new Error('the key does not belong to the certificate');
    }
    return [certificatePem, privateKeyPem];
  } catch (cause) {
    throw new IovError(
      'IOV_STATE_UNREADABLE',
      `The certificate authority in ${certificateFile} and ${keyFile} cannot be used: ${(cause as Error).message}.`,
      { cause },
    );
  }
}

function readServerCertificate(file: string): (ServerCertificate & { hosts: string[] }) | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ServerCertificate & { hosts: string[] };
  } catch {
    return undefined; // Not made yet, or damaged: a new one costs nothing.
  }
}

function sameHosts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((host) => b.includes(host));
}
