import { randomUUID, X509Certificate } from 'node:crypto';

import { iotArn } from '../registry/arns.ts';
import type { RegistryContext } from '../registry/context.ts';
import {
  alreadyExists,
  certificateState,
  certificateValidation,
  invalidRequest,
  notFound,
} from '../registry/failures.ts';
import type { Table } from '../registry/table.ts';
import type { DistinguishedName } from './distinguished-name.ts';
import { namesOf } from './distinguished-name.ts';
import { certificateIdOf } from './fingerprint.ts';

export type CertificateStatus =
  'ACTIVE' | 'INACTIVE' | 'REVOKED' | 'PENDING_TRANSFER' | 'REGISTER_INACTIVE' | 'PENDING_ACTIVATION';
export type CertificateMode = 'DEFAULT' | 'SNI_ONLY';

export interface CertificateRecord {
  readonly certificateId: string;
  readonly certificateArn: string;
  readonly certificatePem: string;
  readonly status: CertificateStatus;
  readonly certificateMode: CertificateMode;
  /** Only of a certificate registered with its CA. */
  readonly caCertificateId?: string;
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly createdAt: number;
  readonly lastModifiedAt: number;
  readonly customerVersion: number;
  readonly generationId: string;
}

export interface NewCertificate {
  readonly certificatePem: string;
  readonly status: CertificateStatus;
  readonly certificateMode?: CertificateMode;
  readonly caCertificateId?: string;
}

/** Statuses that UpdateCertificate may give; the others belong to AWS IoT itself (API reference). */
const SETTABLE: readonly CertificateStatus[] = ['ACTIVE', 'INACTIVE', 'REVOKED'];
const LONGEST_PEM = 65_536;

/** Device certificates: those that the twin issued and those that were registered. */
export class Certificates {
  readonly #context: RegistryContext;
  readonly table: Table<CertificateRecord, 'ca'>;

  constructor(context: RegistryContext) {
    this.#context = context;
    this.table = context.tables.open<CertificateRecord, 'ca'>('iot.certificates', {
      ca: (certificate) => certificate.caCertificateId,
    });
  }

  get(certificateId: string): CertificateRecord | undefined {
    return this.table.get(certificateId);
  }

  /** @throws AwsError ResourceNotFoundException */
  describe(certificateId: string): CertificateRecord {
    const certificate = this.table.get(certificateId);
    if (!certificate) throw notFound(`Certificate not found (id=${certificateId})`);
    return certificate;
  }

  /** @throws AwsError ResourceAlreadyExistsException, CertificateValidationException */
  register(request: NewCertificate): CertificateRecord {
    const certificate = readCertificate(request.certificatePem, 'certificatePem');
    const certificateId = certificateIdOf(certificate.raw);
    const certificateArn = iotArn(this.#context.account, 'cert', certificateId);
    if (this.table.has(certificateId)) {
      throw alreadyExists('The certificate is already registered', certificateId, certificateArn);
    }
    const now = this.#context.clock.now();
    const record: CertificateRecord = {
      certificateId,
      certificateArn,
      certificatePem: certificate.toString(),
      status: request.status,
      certificateMode: request.certificateMode ?? 'DEFAULT',
      ...(request.caCertificateId !== undefined && { caCertificateId: request.caCertificateId }),
      ...namesOf(certificate),
      notBefore: certificate.validFromDate.getTime(),
      notAfter: certificate.validToDate.getTime(),
      createdAt: now,
      lastModifiedAt: now,
      customerVersion: 1,
      generationId: randomUUID(),
    };
    this.table.set(certificateId, record);
    this.#context.changes.announce({ kind: 'certificate-created', certificateId });
    return record;
  }

  /** What UpdateCertificate does. @throws AwsError InvalidRequestException for a status that is not the caller's to give */
  update(certificateId: string, status: CertificateStatus): void {
    const certificate = this.describe(certificateId);
    if (!SETTABLE.includes(status)) throw invalidRequest(`The status ${status} cannot be set by UpdateCertificate`);
    if (certificate.status === 'PENDING_TRANSFER') {
      throw certificateState(`The certificate is being transferred (id=${certificateId})`);
    }
    this.setStatus(certificateId, status);
  }

  /** Gives a status without asking who may; for provisioning. */
  setStatus(certificateId: string, status: CertificateStatus): void {
    const certificate = this.describe(certificateId);
    if (certificate.status === status) return;
    this.table.set(certificateId, {
      ...certificate,
      status,
      lastModifiedAt: this.#context.clock.now(),
      customerVersion: certificate.customerVersion + 1,
    });
    this.#context.changes.announce({ kind: 'certificate-status', certificateId, status });
  }

  /** @throws AwsError CertificateStateException for an active certificate */
  checkDeletable(certificate: CertificateRecord): void {
    if (certificate.status === 'ACTIVE') {
      throw certificateState(
        `Certificate must be deactivated (not ACTIVE) before deletion. (id=${certificate.certificateId})`,
      );
    }
  }

  remove(certificateId: string): void {
    if (this.table.delete(certificateId))
      this.#context.changes.announce({ kind: 'certificate-deleted', certificateId });
  }
}

/** @throws AwsError CertificateValidationException when the text is not one X.509 certificate in PEM form */
export function readCertificate(pem: unknown, member: string): X509Certificate {
  if (typeof pem === 'string' && pem.length <= LONGEST_PEM && pem.includes('-----BEGIN CERTIFICATE-----')) {
    try {
      return new X509Certificate(pem);
    } catch {
      // Said below, in words that do not repeat what was sent.
    }
  }
  throw certificateValidation(`The ${member} is not a valid X.509 certificate in PEM format`);
}
