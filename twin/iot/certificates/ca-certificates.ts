import { randomUUID, X509Certificate } from 'node:crypto';

import { iotArn } from '../registry/arns.ts';
import type { RegistryContext } from '../registry/context.ts';
import {
  alreadyExists,
  certificateValidation,
  invalidRequest,
  limitExceeded,
  notFound,
  registrationCodeValidation,
} from '../registry/failures.ts';
import type { Table } from '../registry/table.ts';
import type { CertificateMode } from './certificates.ts';
import { readCertificate } from './certificates.ts';
import { namesOf } from './distinguished-name.ts';
import { certificateIdOf } from './fingerprint.ts';

/** How devices with certificates of this CA are provisioned when they first connect (JITP). */
export interface RegistrationConfig {
  readonly templateBody?: string;
  readonly roleArn?: string;
  readonly templateName?: string;
}

export interface CaCertificateRecord {
  readonly certificateId: string;
  readonly certificateArn: string;
  readonly certificatePem: string;
  /** As OpenSSL prints it; certificates name their issuer by it. */
  readonly subject: string;
  readonly status: 'ACTIVE' | 'INACTIVE';
  readonly autoRegistrationStatus: 'ENABLE' | 'DISABLE';
  readonly certificateMode: CertificateMode;
  readonly registrationConfig?: RegistrationConfig;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly createdAt: number;
  readonly lastModifiedAt: number;
  readonly customerVersion: number;
  readonly generationId: string;
}

export interface NewCaCertificate {
  readonly caCertificatePem: string;
  readonly verificationCertificatePem?: string | undefined;
  readonly setAsActive: boolean;
  readonly allowAutoRegistration: boolean;
  readonly registrationConfig?: RegistrationConfig | undefined;
  readonly certificateMode: CertificateMode;
}

export interface CaCertificateUpdate {
  readonly newStatus?: 'ACTIVE' | 'INACTIVE' | undefined;
  readonly newAutoRegistrationStatus?: 'ENABLE' | 'DISABLE' | undefined;
  readonly registrationConfig?: RegistrationConfig | undefined;
  readonly removeAutoRegistration?: boolean | undefined;
}

/** CA certificates with the same subject (AWS IoT Core security quotas). */
const SAME_SUBJECT = 10;

/** CA certificates that were registered, whose devices may connect with certificates that the twin did not issue. */
export class CaCertificates {
  readonly #context: RegistryContext;
  readonly table: Table<CaCertificateRecord, 'subject' | 'template'>;

  constructor(context: RegistryContext) {
    this.#context = context;
    this.table = context.tables.open<CaCertificateRecord, 'subject' | 'template'>('iot.ca-certificates', {
      subject: (ca) => ca.subject,
      template: (ca) => ca.registrationConfig?.templateName,
    });
  }

  /** @throws AwsError ResourceNotFoundException */
  describe(certificateId: string): CaCertificateRecord {
    const ca = this.table.get(certificateId);
    if (!ca) throw notFound(`CA certificate not found (id=${certificateId})`);
    return ca;
  }

  /**
   * @param registrationCode the account's, which the verification certificate must carry as its common name
   * @throws AwsError CertificateValidationException, RegistrationCodeValidationException, ResourceAlreadyExistsException
   */
  register(request: NewCaCertificate, registrationCode: () => string): CaCertificateRecord {
    const ca = readCertificate(request.caCertificatePem, 'caCertificate');
    if (!ca.ca) throw certificateValidation('The certificate is not a CA certificate (basicConstraints CA:TRUE)');
    if (request.certificateMode === 'SNI_ONLY') {
      if (request.verificationCertificatePem !== undefined) {
        throw invalidRequest('A verification certificate must not be given in SNI_ONLY mode');
      }
    } else checkVerification(ca, request.verificationCertificatePem, registrationCode());
    const certificateId = certificateIdOf(ca.raw);
    const certificateArn = iotArn(this.#context.account, 'cacert', certificateId);
    if (this.table.has(certificateId)) {
      throw alreadyExists('The CA certificate is already registered', certificateId, certificateArn);
    }
    if (this.table.by('subject', ca.subject).size >= SAME_SUBJECT) {
      throw limitExceeded(`Already ${SAME_SUBJECT} CA certificates with this subject are registered`);
    }
    checkRegistrationConfig(request.registrationConfig);
    const now = this.#context.clock.now();
    const record: CaCertificateRecord = {
      certificateId,
      certificateArn,
      certificatePem: ca.toString(),
      subject: ca.subject,
      status: request.setAsActive ? 'ACTIVE' : 'INACTIVE',
      autoRegistrationStatus: request.allowAutoRegistration ? 'ENABLE' : 'DISABLE',
      certificateMode: request.certificateMode,
      ...(request.registrationConfig && { registrationConfig: request.registrationConfig }),
      notBefore: ca.validFromDate.getTime(),
      notAfter: ca.validToDate.getTime(),
      createdAt: now,
      lastModifiedAt: now,
      customerVersion: 1,
      generationId: randomUUID(),
    };
    this.table.set(certificateId, record);
    return record;
  }

  update(certificateId: string, update: CaCertificateUpdate): void {
    const { registrationConfig, ...ca } = this.describe(certificateId);
    checkRegistrationConfig(update.registrationConfig);
    const config = update.removeAutoRegistration ? undefined : (update.registrationConfig ?? registrationConfig);
    this.table.set(certificateId, {
      ...ca,
      ...(update.newStatus && { status: update.newStatus }),
      ...(update.newAutoRegistrationStatus && { autoRegistrationStatus: update.newAutoRegistrationStatus }),
      ...(update.removeAutoRegistration && { autoRegistrationStatus: 'DISABLE' as const }),
      ...(config && { registrationConfig: config }),
      lastModifiedAt: this.#context.clock.now(),
      customerVersion: ca.customerVersion + 1,
    });
  }

  /** The registered CA whose key signed this certificate, whatever its status. */
  issuerOf(certificate: X509Certificate): CaCertificateRecord | undefined {
    for (const ca of this.table.recordsBy('subject', certificate.issuer)) {
      if (signedBy(certificate, new X509Certificate(ca.certificatePem))) return ca;
    }
    return undefined;
  }
}

/** Whether the issuer's key signed the certificate; an unreadable key or algorithm means no. */
export function signedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

function checkVerification(ca: X509Certificate, pem: string | undefined, registrationCode: string): void {
  if (pem === undefined) throw invalidRequest('A verification certificate is required in DEFAULT mode');
  const verification = readCertificate(pem, 'verificationCertificate');
  if (!signedBy(verification, ca)) {
    throw certificateValidation('The verification certificate is not signed by the CA certificate');
  }
  if (namesOf(verification).subject['CommonName']?.[0] !== registrationCode) {
    throw registrationCodeValidation('The common name of the verification certificate is not the registration code');
  }
}

function checkRegistrationConfig(config: RegistrationConfig | undefined): void {
  if (config?.templateName !== undefined && config.templateBody !== undefined) {
    throw invalidRequest('A registration configuration has either a templateName or a templateBody');
  }
}
