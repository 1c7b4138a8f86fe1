import { X509Certificate } from 'node:crypto';

import type { CaCertificateRecord } from '../certificates/ca-certificates.ts';
import type { CertificateRecord } from '../certificates/certificates.ts';
import type { DistinguishedName } from '../certificates/distinguished-name.ts';
import { certificateIdOf } from '../certificates/fingerprint.ts';
import type { Publish } from '../publication.ts';
import type { Registry } from '../registry/registry.ts';
import type { ProvisioningLog } from './log.ts';
import type { Provisioner } from './provisioner.ts';
import { refusalOf } from './refusal.ts';
import type { ProvisioningTemplateBody } from './template.ts';
import { parseTemplate } from './template.ts';
import type { ProvisioningTemplates } from './templates.ts';

export interface JustInTimePorts {
  readonly registry: Registry;
  readonly templates: ProvisioningTemplates;
  readonly provisioner: Provisioner;
  readonly publish: Publish;
  readonly log?: ProvisioningLog | undefined;
  readonly firstConnection?: 'refused' | 'admitted' | undefined;
}

/** Subject fields that templates may refer to, as `AWS::IoT::Certificate::<name>` (developer guide, JITP). */
const TEMPLATE_FIELDS: Readonly<Record<string, string>> = {
  Country: 'Country',
  Organization: 'Organization',
  OrganizationalUnit: 'OrganizationalUnit',
  DistinguishedNameQualifier: 'DistinguishedNameQualifier',
  StateName: 'State',
  CommonName: 'CommonName',
  SerialNumber: 'SerialNumber',
};

/**
 * Just-in-time registration and provisioning: a device comes with a certificate that nobody registered, signed by a CA
 * that somebody did. The certificate is registered and, when the CA has a template, provisioned; the connection itself
 * is refused, and the device connects again, as on AWS.
 */
export class JustInTime {
  readonly #ports: JustInTimePorts;
  /** Registrations under way: a device that connects twice at once is registered once. */
  readonly #registering = new Map<string, Promise<boolean>>();

  constructor(ports: JustInTimePorts) {
    this.#ports = ports;
  }

  /**
   * For the gatekeeper, when a certificate is not registered.
   *
   * @returns whether the connection may be judged once more; see `DeviceProvisioningOptions.firstConnection`
   */
  registerNewcomer(certificateDer: Uint8Array, clientId: string): Promise<boolean> {
    const certificateId = certificateIdOf(certificateDer);
    let registering = this.#registering.get(certificateId);
    if (!registering) {
      registering = this.#register(certificateDer, clientId).finally(() => this.#registering.delete(certificateId));
      this.#registering.set(certificateId, registering);
    }
    return registering;
  }

  async #register(certificateDer: Uint8Array, clientId: string): Promise<boolean> {
    const { registry } = this.#ports;
    const certificate = readDer(certificateDer);
    const ca = certificate && registry.caCertificates.issuerOf(certificate);
    if (!certificate || ca?.status !== 'ACTIVE' || ca.autoRegistrationStatus !== 'ENABLE') return false;
    const { certificateId } = registry.certificates.register({
      certificatePem: certificate.toString(),
      status: 'PENDING_ACTIVATION',
      certificateMode: ca.certificateMode,
      caCertificateId: ca.certificateId,
    });
    const record = registry.certificates.describe(certificateId);
    if (ca.registrationConfig) await this.#provision(ca, record, clientId);
    else await this.#announce(ca, record);
    return (
      this.#ports.firstConnection === 'admitted' && registry.certificates.describe(certificateId).status === 'ACTIVE'
    );
  }

  async #provision(ca: CaCertificateRecord, certificate: CertificateRecord, clientId: string): Promise<void> {
    const about = {
      eventType: 'RegisterDeviceCertificate',
      clientId,
      principalId: certificate.certificateId,
      deviceCertificateId: certificate.certificateId,
    } as const;
    try {
      const { body, roleArn } = this.#templateOf(ca);
      const device = await this.#ports.provisioner.provisionJustInTime(
        body,
        roleArn,
        certificate,
        parametersOf(certificate.subject),
      );
      const named = device.thingName === undefined ? {} : { thingName: device.thingName };
      this.#ports.log?.write({ ...about, ...named, logLevel: 'INFO', status: 'Success' });
    } catch (error) {
      const refusal = refusalOf(error);
      this.#ports.log?.write({
        ...about,
        logLevel: 'ERROR',
        status: 'Failure',
        reason: refusal.errorCode,
        details: refusal.reason,
      });
    }
  }

  #templateOf(ca: CaCertificateRecord): { body: ProvisioningTemplateBody; roleArn?: string } {
    const { templateName, templateBody, roleArn } = ca.registrationConfig!;
    if (templateName === undefined) {
      return { body: parseTemplate(templateBody, 'JITP'), ...(roleArn !== undefined && { roleArn }) };
    }
    const template = this.#ports.templates.describe(templateName);
    return { body: this.#ports.templates.bodyInForce(template), roleArn: template.provisioningRoleArn };
  }

  /** Developer guide, "Configure the first connection by a client for automatic registration". */
  async #announce(ca: CaCertificateRecord, certificate: CertificateRecord): Promise<void> {
    const { registry, publish } = this.#ports;
    const receivedAt = registry.clock.now();
    const event = {
      certificateId: certificate.certificateId,
      caCertificateId: ca.certificateId,
      timestamp: receivedAt,
      certificateStatus: certificate.status,
      awsAccountId: registry.account.accountId,
      certificateRegistrationTimestamp: certificate.createdAt,
    };
    await publish({
      topic: `$aws/events/certificates/registered/${ca.certificateId}`,
      payload: Buffer.from(JSON.stringify(event)),
      qos: 0,
      retain: false,
      source: { protocol: 'service' },
      receivedAt,
    });
  }
}

function readDer(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

function parametersOf(subject: DistinguishedName): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, field] of Object.entries(TEMPLATE_FIELDS)) {
    const value = subject[field]?.[0];
    if (value !== undefined) parameters[`AWS::IoT::Certificate::${name}`] = value;
  }
  return parameters;
}
