import type { LambdaInvoker } from '../../lambda/invoker.ts';
import type { CertificateRecord } from '../certificates/certificates.ts';
import type { OwnershipTokens } from '../certificates/ownership-tokens.ts';
import type { Registry } from '../registry/registry.ts';
import type { ResourceArns } from './apply.ts';
import { applyPlan } from './apply.ts';
import { askHook } from './hook.ts';
import { UnresolvedTemplate } from './intrinsics.ts';
import type { CertificateIssuer } from './issuer.ts';
import type { ProvisioningPlan } from './plan.ts';
import { planOf, plannedThingName } from './plan.ts';
import { ProvisioningRefusal } from './refusal.ts';
import { rightsFor } from './role-rights.ts';
import { SerialByKey } from './serial.ts';
import type { ProvisioningTemplates, TemplateRecord } from './templates.ts';
import type { ProvisioningTemplateBody } from './template.ts';

/** Whether the role of a template may do what the template wants; throws AwsError AccessDeniedException when not. */
export interface ProvisioningRoleCheck {
  authorize(roleArn: string, action: string, resource: string): void;
}

export interface ProvisioningPorts {
  readonly registry: Registry;
  readonly templates: ProvisioningTemplates;
  readonly tokens: OwnershipTokens;
  readonly issuer: CertificateIssuer;
  readonly lambda?: LambdaInvoker | undefined;
  readonly roles?: ProvisioningRoleCheck | undefined;
}

export interface ClaimRequest {
  readonly templateName: string;
  readonly certificateOwnershipToken: unknown;
  readonly parameters: unknown;
  readonly clientId: string;
  /** Of the claim certificate that the device connected with. */
  readonly claimCertificateId: string;
}

export interface ProvisionedDevice {
  readonly certificateId: string;
  readonly thingName?: string;
  readonly deviceConfiguration: Readonly<Record<string, unknown>>;
  readonly resourceArns: ResourceArns;
}

/** Parameters under this name belong to AWS IoT; a device cannot set them. */
const CERTIFICATE_PARAMETERS = 'AWS::IoT::Certificate::';

/** Turns templates into things, certificates and policies: by claim, and just in time. */
export class Provisioner {
  readonly #ports: ProvisioningPorts;
  readonly #serial = new SerialByKey();

  constructor(ports: ProvisioningPorts) {
    this.#ports = ports;
  }

  /**
   * RegisterThing of the MQTT API: the device has a certificate and its ownership token, and asks to be provisioned.
   *
   * @throws ProvisioningRefusal, AwsError: see `refusalOf`
   */
  async provisionByClaim(request: ClaimRequest): Promise<ProvisionedDevice> {
    const { registry, tokens } = this.#ports;
    const token = checkToken(request.certificateOwnershipToken);
    const certificateId = tokens.find(token)?.certificateId;
    const certificate = certificateId === undefined ? undefined : registry.certificates.get(certificateId);
    if (!certificate) throw invalidToken('The certificate ownership token is not valid or has expired.');
    const template = this.#enabledTemplate(request.templateName);
    const given = checkParameters(request.parameters);
    const body = this.#ports.templates.bodyInForce(template);
    const own = { [`${CERTIFICATE_PARAMETERS}Id`]: certificate.certificateId };
    const key = plannedThingName(body, { ...given, ...own }) ?? certificate.certificateId;
    return this.#serial.run(key, async () => {
      const overrides = await this.#askHook(template, request, certificate, given);
      const plan = planned(body, { ...given, ...overrides, ...own });
      // Read again: a request for the same thing may have been served while this one waited.
      const bound = tokens.find(token);
      const thingName = plan.thing?.thingName ?? '';
      if (!bound) throw invalidToken('The certificate ownership token is not valid or has expired.');
      if (bound.provisionedThing !== undefined && bound.provisionedThing !== thingName) {
        throw invalidToken('The certificate ownership token has already been used.');
      }
      return this.#carryOut(plan, template.provisioningRoleArn, certificate.certificateId, () =>
        tokens.spend(token, thingName),
      );
    });
  }

  /** Just-in-time provisioning: the certificate's own fields are the parameters. */
  async provisionJustInTime(
    body: ProvisioningTemplateBody,
    roleArn: string | undefined,
    certificate: CertificateRecord,
    fields: Readonly<Record<string, string>>,
  ): Promise<ProvisionedDevice> {
    const parameters = { ...fields, [`${CERTIFICATE_PARAMETERS}Id`]: certificate.certificateId };
    const key = plannedThingName(body, parameters) ?? certificate.certificateId;
    return this.#serial.run(key, async () =>
      this.#carryOut(planned(body, parameters), roleArn, certificate.certificateId, () => undefined),
    );
  }

  #enabledTemplate(templateName: string): TemplateRecord {
    const template = this.#ports.templates.table.get(templateName);
    if (!template || template.type !== 'FLEET_PROVISIONING') {
      throw new ProvisioningRefusal('ResourceNotFound', `Template ${templateName} does not exist.`);
    }
    if (!template.enabled) {
      throw new ProvisioningRefusal('AccessDenied', 'Access denied.', `template ${templateName} is disabled`);
    }
    return template;
  }

  async #askHook(
    template: TemplateRecord,
    request: ClaimRequest,
    certificate: CertificateRecord,
    parameters: Readonly<Record<string, string>>,
  ): Promise<Readonly<Record<string, string>>> {
    const hook = template.preProvisioningHook;
    if (!hook) return {};
    if (!this.#ports.lambda) {
      throw new ProvisioningRefusal(
        'AccessDenied',
        'Access denied.',
        `no Lambda functions run here to answer hook ${hook.targetArn}`,
      );
    }
    const event = {
      claimCertificateId: request.claimCertificateId,
      certificateId: certificate.certificateId,
      certificatePem: certificate.certificatePem,
      templateArn: template.templateArn,
      clientId: request.clientId,
      parameters,
    };
    return askHook(hook.targetArn, event, this.#ports.lambda, this.#ports.registry.clock);
  }

  #carryOut(
    plan: ProvisioningPlan,
    roleArn: string | undefined,
    certificateId: string,
    finish: () => void,
  ): ProvisionedDevice {
    const { registry, roles } = this.#ports;
    if (plan.certificate && plan.certificate.certificateId !== certificateId) {
      throw new ProvisioningRefusal(
        'InvalidTemplate',
        'The template does not refer to the certificate of this device.',
      );
    }
    if (roleArn !== undefined && roles) {
      for (const [action, resource] of rightsFor(registry, plan, certificateId))
        roles.authorize(roleArn, action, resource);
    }
    const resourceArns = registry.atomically(() => {
      const arns = applyPlan(registry, plan, registry.certificates.describe(certificateId));
      finish();
      return arns;
    });
    return {
      certificateId,
      ...(plan.thing && { thingName: plan.thing.thingName }),
      deviceConfiguration: plan.deviceConfiguration,
      resourceArns,
    };
  }
}

/** @throws ProvisioningRefusal InvalidParameters when the template cannot be evaluated with these parameters */
export function planned(
  body: ProvisioningTemplateBody,
  parameters: Readonly<Record<string, string>>,
): ProvisioningPlan {
  try {
    return planOf(body, parameters);
  } catch (error) {
    if (error instanceof UnresolvedTemplate) throw new ProvisioningRefusal('InvalidParameters', `${error.message}.`);
    throw error;
  }
}

function checkToken(token: unknown): string {
  if (typeof token === 'string' && token !== '') return token;
  throw invalidToken('Certificate ownership token cannot be empty.');
}

function invalidToken(message: string): ProvisioningRefusal {
  return new ProvisioningRefusal('InvalidCertificateOwnershipToken', message);
}

/** A map of strings; the names that belong to AWS IoT are refused, so that no device speaks for another's certificate. */
function checkParameters(parameters: unknown): Record<string, string> {
  if (parameters === undefined || parameters === null) return {};
  const entries = typeof parameters === 'object' && !Array.isArray(parameters) ? Object.entries(parameters) : undefined;
  if (!entries || entries.some(([, value]) => typeof value !== 'string')) {
    throw new ProvisioningRefusal('InvalidParameters', 'The parameters must be a map of strings.');
  }
  const reserved = entries.find(([name]) => name.startsWith(CERTIFICATE_PARAMETERS));
  if (reserved)
    throw new ProvisioningRefusal('InvalidParameters', `The parameter ${reserved[0]} cannot be set by a device.`);
  return Object.fromEntries(entries) as Record<string, string>;
}
