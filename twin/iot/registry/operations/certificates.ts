import type * as iot from '@aws-sdk/client-iot';
import { X509Certificate } from 'node:crypto';

import type { OperationDefinition } from '../../../endpoint/service.ts';
import { signedBy } from '../../certificates/ca-certificates.ts';
import type { CertificateRecord, CertificateStatus } from '../../certificates/certificates.ts';
import { readCertificate } from '../../certificates/certificates.ts';
import type { CertificateIssuer } from '../../provisioning/issuer.ts';
import { certificateConflict, certificateValidation, invalidRequest } from '../failures.ts';
import type { Registry } from '../registry.ts';
import { named, NOTHING, operation } from './operation.ts';
import { nextMarker, pageByMarker } from './paging.ts';

export function certificateOperations(
  registry: Registry,
  issuer: CertificateIssuer,
): Record<string, OperationDefinition> {
  const { certificates } = registry;
  const onCertificate = named('cert', 'certificateId');
  const issued = (certificatePem: string, active: boolean | undefined): CertificateRecord =>
    certificates.register({ certificatePem, status: active ? 'ACTIVE' : 'INACTIVE' });
  return {
    CreateKeysAndCertificate: operation<iot.CreateKeysAndCertificateRequest, iot.CreateKeysAndCertificateResponse>(
      async (input) => {
        const keyed = await issuer.issueWithNewKeys();
        const { certificateArn, certificateId } = issued(keyed.certificatePem, input.setAsActive);
        return {
          certificateArn,
          certificateId,
          certificatePem: keyed.certificatePem,
          keyPair: { PublicKey: keyed.publicKeyPem, PrivateKey: keyed.privateKeyPem },
        };
      },
    ),
    CreateCertificateFromCsr: operation<iot.CreateCertificateFromCsrRequest, iot.CreateCertificateFromCsrResponse>(
      async (input, { caller }) => {
        const certificatePem = await issuer.issueForRequest(input.certificateSigningRequest, caller.arn);
        const { certificateArn, certificateId } = issued(certificatePem, input.setAsActive);
        return { certificateArn, certificateId, certificatePem };
      },
    ),
    RegisterCertificate: operation<iot.RegisterCertificateRequest, iot.RegisterCertificateResponse>((input) => {
      const { certificateArn, certificateId } = registerWithCa(registry, input);
      return { certificateArn, certificateId };
    }),
    RegisterCertificateWithoutCA: operation<
      iot.RegisterCertificateWithoutCARequest,
      iot.RegisterCertificateWithoutCAResponse
    >((input) => {
      const { certificateArn, certificateId } = certificates.register({
        certificatePem: input.certificatePem!,
        status: registrationStatus(input.status),
        certificateMode: 'SNI_ONLY',
      });
      return { certificateArn, certificateId };
    }),
    DescribeCertificate: operation<iot.DescribeCertificateRequest, iot.DescribeCertificateResponse>(
      (input) => ({ certificateDescription: described(registry, certificates.describe(input.certificateId!)) }),
      onCertificate,
    ),
    UpdateCertificate: operation<iot.UpdateCertificateRequest, object>((input) => {
      certificates.update(input.certificateId!, input.newStatus as CertificateStatus);
      return NOTHING;
    }, onCertificate),
    DeleteCertificate: operation<iot.DeleteCertificateRequest, object>((input) => {
      registry.deleteCertificate(input.certificateId!, input.forceDelete);
      return NOTHING;
    }, onCertificate),
    ListCertificates: operation<iot.ListCertificatesRequest, iot.ListCertificatesResponse>((input) => {
      const listed = pageByMarker(certificates.table.keys, input);
      return { certificates: listed.keys.map((key) => summary(certificates.describe(key))), ...nextMarker(listed) };
    }),
    ListCertificatesByCA: operation<iot.ListCertificatesByCARequest, iot.ListCertificatesByCAResponse>((input) => {
      const listed = pageByMarker(certificates.table.by('ca', input.caCertificateId!), input);
      return { certificates: listed.keys.map((key) => summary(certificates.describe(key))), ...nextMarker(listed) };
    }),
  };
}

/** A certificate of a registered CA: named by the caller, or found by its signature. */
export function registerWithCa(
  registry: Registry,
  input: Pick<iot.RegisterCertificateRequest, 'certificatePem' | 'caCertificatePem' | 'setAsActive' | 'status'>,
): CertificateRecord {
  const certificate = readCertificate(input.certificatePem, 'certificatePem');
  const ca = registry.caCertificates.issuerOf(certificate);
  if (!ca) throw certificateValidation('The CA certificate that signed the certificate is not registered');
  if (ca.status !== 'ACTIVE')
    throw certificateValidation('The CA certificate that signed the certificate is not ACTIVE');
  if (
    input.caCertificatePem !== undefined &&
    !signedBy(certificate, readCertificate(input.caCertificatePem, 'caCertificatePem'))
  ) {
    throw certificateValidation('The certificate is not signed by the CA certificate that was given');
  }
  const rivals = [...registry.caCertificates.table.recordsBy('subject', ca.subject)].filter((rival) =>
    signedBy(certificate, new X509Certificate(rival.certificatePem)),
  );
  if (rivals.length > 1 && input.caCertificatePem === undefined) {
    throw certificateConflict(
      'More than one registered CA certificate could have signed the certificate: pass caCertificatePem',
    );
  }
  return registry.certificates.register({
    certificatePem: input.certificatePem!,
    status: input.setAsActive ? 'ACTIVE' : registrationStatus(input.status),
    certificateMode: ca.certificateMode,
    caCertificateId: ca.certificateId,
  });
}

function registrationStatus(status: string | undefined): CertificateStatus {
  const wanted = status ?? 'INACTIVE';
  if (wanted === 'ACTIVE' || wanted === 'INACTIVE' || wanted === 'REVOKED' || wanted === 'PENDING_ACTIVATION')
    return wanted;
  // Deprecated, and documented as the same as INACTIVE.
  if (wanted === 'REGISTER_INACTIVE') return 'INACTIVE';
  throw invalidRequest(`A certificate cannot be registered with the status ${wanted}`);
}

function described(registry: Registry, certificate: CertificateRecord): iot.CertificateDescription {
  const { caCertificateId } = certificate;
  return {
    certificateArn: certificate.certificateArn,
    certificateId: certificate.certificateId,
    ...(caCertificateId !== undefined && { caCertificateId }),
    status: certificate.status,
    certificatePem: certificate.certificatePem,
    ownedBy: registry.account.accountId,
    creationDate: new Date(certificate.createdAt),
    lastModifiedDate: new Date(certificate.lastModifiedAt),
    customerVersion: certificate.customerVersion,
    transferData: {},
    generationId: certificate.generationId,
    validity: { notBefore: new Date(certificate.notBefore), notAfter: new Date(certificate.notAfter) },
    certificateMode: certificate.certificateMode,
  };
}

function summary(certificate: CertificateRecord): iot.Certificate {
  const { certificateArn, certificateId, status, certificateMode, createdAt } = certificate;
  return { certificateArn, certificateId, status, certificateMode, creationDate: new Date(createdAt) };
}
