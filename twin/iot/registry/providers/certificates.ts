import { X509Certificate } from 'node:crypto';

import type { ProvisionedResource, ResourceProvider } from '../../../cloudformation/provider.ts';
import type { CaCertificateRecord, RegistrationConfig } from '../../certificates/ca-certificates.ts';
import type { CertificateRecord, CertificateStatus } from '../../certificates/certificates.ts';
import { certificateIdOf } from '../../certificates/fingerprint.ts';
import type { CertificateIssuer } from '../../provisioning/issuer.ts';
import { registerWithCa } from '../operations/certificates.ts';
import type { Registry } from '../registry.ts';
import type { Properties } from './properties.ts';
import { camelCased, optionalFlag, optionalText, tagsOf } from './properties.ts';

/** `AWS::IoT::Certificate` and `CACertificate`: Ref is the certificate id, GetAtt has Arn and Id. */
export function certificateProviders(registry: Registry, issuer: CertificateIssuer): ResourceProvider[] {
  return [certificateProvider(registry, issuer), caCertificateProvider(registry)];
}

function certificateProvider(registry: Registry, issuer: CertificateIssuer): ResourceProvider {
  const { certificates } = registry;
  const provisioned = ({ certificateId, certificateArn }: CertificateRecord): ProvisionedResource => ({
    physicalId: certificateId,
    attributes: { Arn: certificateArn, Id: certificateId },
  });
  const create = async (properties: Properties): Promise<ProvisionedResource> => {
    const status = optionalText(properties, 'Status') as CertificateStatus;
    const request = optionalText(properties, 'CertificateSigningRequest');
    if (request !== undefined) {
      const certificatePem = await issuer.issueForRequest(request, registry.account.accountId);
      return provisioned(certificates.register({ certificatePem, status }));
    }
    const certificatePem = optionalText(properties, 'CertificatePem');
    if (certificatePem === undefined) {
      throw new Error('A certificate needs a CertificateSigningRequest or a CertificatePem');
    }
    // As the same certificate in a second stack, or again after a lost state, it is the one already there.
    const known = certificates.get(certificateIdOf(new X509Certificate(certificatePem).raw));
    if (known) return provisioned(known);
    const caCertificatePem = optionalText(properties, 'CACertificatePem');
    if (optionalText(properties, 'CertificateMode') === 'SNI_ONLY' && caCertificatePem === undefined) {
      return provisioned(certificates.register({ certificatePem, status, certificateMode: 'SNI_ONLY' }));
    }
    return provisioned(registerWithCa(registry, { certificatePem, caCertificatePem, status }));
  };
  return {
    type: 'AWS::IoT::Certificate',
    create: ({ properties }) => create(properties),
    update: (request) => {
      const replaced = ['CertificateSigningRequest', 'CertificatePem', 'CACertificatePem', 'CertificateMode'].some(
        (name) => request.properties[name] !== request.previousProperties[name],
      );
      if (replaced || !certificates.get(request.physicalId)) return create(request.properties);
      certificates.update(request.physicalId, optionalText(request.properties, 'Status') as CertificateStatus);
      return provisioned(certificates.describe(request.physicalId));
    },
    delete: ({ physicalId }) => registry.removeCertificate(physicalId),
  };
}

function caCertificateProvider(registry: Registry): ResourceProvider {
  const { caCertificates, settings, tags } = registry;
  const provisioned = (
    { certificateId, certificateArn }: CaCertificateRecord,
    properties: Properties,
  ): ProvisionedResource => {
    tags.replace(certificateArn, tagsOf(properties));
    return { physicalId: certificateId, attributes: { Arn: certificateArn, Id: certificateId } };
  };
  const create = (properties: Properties): ProvisionedResource => {
    const ca = caCertificates.register(
      {
        caCertificatePem: String(properties['CACertificatePem']),
        verificationCertificatePem: optionalText(properties, 'VerificationCertificatePem'),
        setAsActive: properties['Status'] === 'ACTIVE',
        allowAutoRegistration: properties['AutoRegistrationStatus'] === 'ENABLE',
        registrationConfig: registrationConfigOf(properties),
        certificateMode: optionalText(properties, 'CertificateMode') === 'SNI_ONLY' ? 'SNI_ONLY' : 'DEFAULT',
      },
      () => settings.registrationCode(),
    );
    return provisioned(ca, properties);
  };
  return {
    type: 'AWS::IoT::CACertificate',
    create: ({ properties }) => create(properties),
    update: (request) => {
      const { properties, previousProperties, physicalId } = request;
      const replaced = ['CACertificatePem', 'VerificationCertificatePem', 'CertificateMode'].some(
        (name) => properties[name] !== previousProperties[name],
      );
      if (replaced) return create(properties);
      caCertificates.update(physicalId, {
        newStatus: properties['Status'] as 'ACTIVE' | 'INACTIVE',
        newAutoRegistrationStatus: (properties['AutoRegistrationStatus'] ?? 'DISABLE') as 'ENABLE' | 'DISABLE',
        registrationConfig: registrationConfigOf(properties),
        removeAutoRegistration: optionalFlag(properties, 'RemoveAutoRegistration'),
      });
      return provisioned(caCertificates.describe(physicalId), properties);
    },
    delete: ({ physicalId }) => {
      if (!caCertificates.table.has(physicalId)) return;
      caCertificates.update(physicalId, { newStatus: 'INACTIVE' });
      registry.deleteCaCertificate(physicalId);
    },
  };
}

function registrationConfigOf(properties: Properties): RegistrationConfig | undefined {
  const config = properties['RegistrationConfig'];
  return config === undefined ? undefined : (camelCased(config) as RegistrationConfig);
}
