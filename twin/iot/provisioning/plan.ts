import { createHash } from 'node:crypto';

import type { ThingPrincipalType } from '../registry/thing-principals.ts';
import type { Scope } from './intrinsics.ts';
import { resolve, UnresolvedTemplate } from './intrinsics.ts';
import type { ProvisioningTemplateBody, TemplateResource } from './template.ts';

export type Override = 'DO_NOTHING' | 'REPLACE' | 'FAIL' | 'MERGE';

export interface PlannedThing {
  readonly logicalId: string;
  readonly thingName: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly thingTypeName?: string;
  readonly thingGroups?: readonly string[];
  readonly billingGroup?: string;
  readonly overrides: Readonly<Record<'AttributePayload' | 'ThingTypeName' | 'ThingGroups', Override>>;
}

export interface PlannedCertificate {
  readonly logicalId: string;
  readonly certificateId?: string;
  readonly certificateSigningRequest?: string;
  readonly certificatePem?: string;
  readonly caCertificatePem?: string;
  readonly status: 'ACTIVE' | 'INACTIVE';
  readonly thingPrincipalType: ThingPrincipalType;
  readonly override: Override;
}

export interface PlannedPolicy {
  readonly logicalId: string;
  readonly policyName: string;
  /** Absent for a policy that must exist. */
  readonly document?: string;
}

/** What a template wants for one device: every function is evaluated, nothing has been looked up or changed. */
export interface ProvisioningPlan {
  readonly thing?: PlannedThing;
  readonly certificate?: PlannedCertificate;
  readonly policies: readonly PlannedPolicy[];
  readonly deviceConfiguration: Readonly<Record<string, unknown>>;
}

/**
 * Evaluates a template with a device's parameters.
 *
 * @throws UnresolvedTemplate when a parameter is missing or a value does not have the form that its property needs
 */
export function planOf(body: ProvisioningTemplateBody, parameters: Readonly<Record<string, string>>): ProvisioningPlan {
  const scope = scopeOf(body, parameters);
  const of = (type: TemplateResource['type']): TemplateResource[] =>
    body.resources.filter((resource) => resource.type === type);
  const thing = of('AWS::IoT::Thing')[0];
  const certificate = of('AWS::IoT::Certificate')[0];
  return {
    ...(thing && { thing: planThing(thing, scope) }),
    ...(certificate && { certificate: planCertificate(certificate, scope) }),
    policies: of('AWS::IoT::Policy').map((policy) => planPolicy(policy, scope)),
    deviceConfiguration: resolve(body.deviceConfiguration, scope) as Record<string, unknown>,
  };
}

/** The name that the thing will have, if the parameters at hand suffice to tell. */
export function plannedThingName(
  body: ProvisioningTemplateBody,
  parameters: Readonly<Record<string, string>>,
): string | undefined {
  const thing = body.resources.find((resource) => resource.type === 'AWS::IoT::Thing');
  try {
    return thing && textOf(resolve(thing.properties['ThingName'], scopeOf(body, parameters, true)), 'ThingName');
  } catch {
    return undefined;
  }
}

function scopeOf(body: ProvisioningTemplateBody, given: Readonly<Record<string, string>>, partial = false): Scope {
  const parameters = new Map(Object.entries(given));
  for (const [name, { defaultValue }] of Object.entries(body.parameters)) {
    if (parameters.has(name)) continue;
    if (defaultValue !== undefined) parameters.set(name, defaultValue);
    else if (!partial) throw new UnresolvedTemplate(`The parameter ${name} is missing`);
  }
  return { parameters, mappings: body.mappings };
}

function planThing(resource: TemplateResource, scope: Scope): PlannedThing {
  const { AttributePayload, ThingTypeName, ThingGroups, BillingGroup, ThingName } = resolveAll(resource, scope);
  const override = (name: string): Override =>
    (resource.overrideSettings[name] as Override | undefined) ?? 'DO_NOTHING';
  return {
    logicalId: resource.logicalId,
    thingName: textOf(ThingName, 'ThingName'),
    ...(AttributePayload !== undefined && { attributes: attributesOf(AttributePayload) }),
    ...(ThingTypeName !== undefined && { thingTypeName: textOf(ThingTypeName, 'ThingTypeName') }),
    ...(ThingGroups !== undefined && { thingGroups: listOf(ThingGroups, 'ThingGroups') }),
    ...(BillingGroup !== undefined && { billingGroup: textOf(BillingGroup, 'BillingGroup') }),
    overrides: {
      AttributePayload: override('AttributePayload'),
      ThingTypeName: override('ThingTypeName'),
      ThingGroups: override('ThingGroups'),
    },
  };
}

function planCertificate(resource: TemplateResource, scope: Scope): PlannedCertificate {
  const properties = resolveAll(resource, scope);
  const optional = (name: string, member: string): Record<string, string> =>
    properties[name] === undefined ? {} : { [member]: textOf(properties[name], name) };
  return {
    logicalId: resource.logicalId,
    ...optional('CertificateId', 'certificateId'),
    ...optional('CertificateSigningRequest', 'certificateSigningRequest'),
    ...optional('CertificatePem', 'certificatePem'),
    ...optional('CACertificatePem', 'caCertificatePem'),
    // The guide's own examples write both `Active` and `ACTIVE`.
    status: oneOf(textOf(properties['Status'] ?? 'ACTIVE', 'Status').toUpperCase(), 'Status', ['ACTIVE', 'INACTIVE']),
    thingPrincipalType: oneOf(
      textOf(properties['ThingPrincipalType'] ?? 'NON_EXCLUSIVE_THING', 'ThingPrincipalType'),
      'ThingPrincipalType',
      ['EXCLUSIVE_THING', 'NON_EXCLUSIVE_THING'],
    ),
    override: (resource.overrideSettings['Status'] as Override | undefined) ?? 'REPLACE',
  };
}

function planPolicy(resource: TemplateResource, scope: Scope): PlannedPolicy {
  const { PolicyName, PolicyDocument } = resolveAll(resource, scope);
  if (PolicyName !== undefined) return { logicalId: resource.logicalId, policyName: textOf(PolicyName, 'PolicyName') };
  const document = typeof PolicyDocument === 'string' ? PolicyDocument : JSON.stringify(PolicyDocument);
  // "Defaults to a hash of the policy document" (developer guide): devices with the same document share the policy.
  return { logicalId: resource.logicalId, policyName: createHash('sha256').update(document).digest('hex'), document };
}

function resolveAll(resource: TemplateResource, scope: Scope): Record<string, unknown> {
  return resolve(resource.properties, scope) as Record<string, unknown>;
}

function attributesOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UnresolvedTemplate('AttributePayload must be a map of names and values');
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, textOf(member, `AttributePayload.${name}`)]),
  );
}

function listOf(value: unknown, where: string): string[] {
  if (!Array.isArray(value)) throw new UnresolvedTemplate(`${where} must be a list`);
  return [...new Set(value.map((item) => textOf(item, where)))];
}

function textOf(value: unknown, where: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new UnresolvedTemplate(`${where} must be text`);
}

function oneOf<T extends string>(value: string, where: string, choices: readonly T[]): T {
  if (choices.includes(value as T)) return value as T;
  throw new UnresolvedTemplate(`${where} must be one of ${choices.join(', ')}`);
}
