import type * as iot from '@aws-sdk/client-iot';

import type { OperationDefinition } from '../../../endpoint/service.ts';
import type { CaCertificateRecord } from '../../certificates/ca-certificates.ts';
import type { Registry } from '../registry.ts';
import { named, NOTHING, operation } from './operation.ts';
import { nextMarker, pageByMarker } from './paging.ts';

export function caCertificateOperations(registry: Registry): Record<string, OperationDefinition> {
  const { caCertificates, settings, tags } = registry;
  const onCa = named('cacert', 'certificateId');
  return {
    RegisterCACertificate: operation<iot.RegisterCACertificateRequest, iot.RegisterCACertificateResponse>((input) => {
      const ca = caCertificates.register(
        {
          caCertificatePem: input.caCertificate!,
          verificationCertificatePem: input.verificationCertificate,
          setAsActive: input.setAsActive ?? false,
          allowAutoRegistration: input.allowAutoRegistration ?? false,
          registrationConfig: input.registrationConfig,
          certificateMode: input.certificateMode ?? 'DEFAULT',
        },
        () => settings.registrationCode(),
      );
      tags.set(ca.certificateArn, input.tags);
      return { certificateArn: ca.certificateArn, certificateId: ca.certificateId };
    }),
    DescribeCACertificate: operation<iot.DescribeCACertificateRequest, iot.DescribeCACertificateResponse>((input) => {
      const ca = caCertificates.describe(input.certificateId!);
      return {
        certificateDescription: described(registry, ca),
        ...(ca.registrationConfig && { registrationConfig: ca.registrationConfig }),
      };
    }, onCa),
    UpdateCACertificate: operation<iot.UpdateCACertificateRequest, object>((input) => {
      caCertificates.update(input.certificateId!, input);
      return NOTHING;
    }, onCa),
    DeleteCACertificate: operation<iot.DeleteCACertificateRequest, iot.DeleteCACertificateResponse>((input) => {
      registry.deleteCaCertificate(input.certificateId!);
      return NOTHING;
    }, onCa),
    ListCACertificates: operation<iot.ListCACertificatesRequest, iot.ListCACertificatesResponse>((input) => {
      const { table } = caCertificates;
      const listed = pageByMarker(
        input.templateName === undefined ? table.keys : table.by('template', input.templateName),
        input,
      );
      const certificates = listed.keys.map((key) => {
        const { certificateArn, certificateId, status, createdAt } = caCertificates.describe(key);
        return { certificateArn, certificateId, status, creationDate: new Date(createdAt) };
      });
      return { certificates, ...nextMarker(listed) };
    }),
    GetRegistrationCode: operation<iot.GetRegistrationCodeRequest, iot.GetRegistrationCodeResponse>(() => ({
      registrationCode: settings.registrationCode(),
    })),
    DeleteRegistrationCode: operation<iot.DeleteRegistrationCodeRequest, iot.DeleteRegistrationCodeResponse>(() => {
      settings.deleteRegistrationCode();
      return NOTHING;
    }),
  };
}

function described(registry: Registry, ca: CaCertificateRecord): iot.CACertificateDescription {
  return {
    certificateArn: ca.certificateArn,
    certificateId: ca.certificateId,
    status: ca.status,
    certificatePem: ca.certificatePem,
    ownedBy: registry.account.accountId,
    creationDate: new Date(ca.createdAt),
    autoRegistrationStatus: ca.autoRegistrationStatus,
    lastModifiedDate: new Date(ca.lastModifiedAt),
    customerVersion: ca.customerVersion,
    generationId: ca.generationId,
    validity: { notBefore: new Date(ca.notBefore), notAfter: new Date(ca.notAfter) },
    certificateMode: ca.certificateMode,
  };
}
