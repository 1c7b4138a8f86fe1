import { invalidRequest } from '../registry/failures.ts';

/** A template body after its form has been checked; values are still unresolved. */
export interface ProvisioningTemplateBody {
  readonly parameters: Readonly<Record<string, { readonly defaultValue?: string }>>;
  readonly mappings: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly resources: readonly TemplateResource[];
  readonly deviceConfiguration: Readonly<Record<string, unknown>>;
}

export type TemplateResourceType = 'AWS::IoT::Thing' | 'AWS::IoT::Certificate' | 'AWS::IoT::Policy';

export interface TemplateResource {
  readonly logicalId: string;
  readonly type: TemplateResourceType;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly overrideSettings: Readonly<Record<string, string>>;
}

/** Where a template is used decides which sections and certificate members it may have. */
export type TemplateUse = 'FLEET_PROVISIONING' | 'JITP' | 'BULK';

/** Provisioning template size (AWS IoT Core fleet provisioning quotas). */
const LONGEST_BODY = 10_240;

const PROPERTIES: Readonly<Record<TemplateResourceType, ReadonlySet<string>>> = {
  'AWS::IoT::Thing': new Set(['ThingName', 'AttributePayload', 'ThingTypeName', 'ThingGroups', 'BillingGroup']),
  'AWS::IoT::Certificate': new Set([
    'CertificateId',
    'CertificateSigningRequest',
    'CertificatePem',
    'CACertificatePem',
    'Status',
    'ThingPrincipalType',
  ]),
  'AWS::IoT::Policy': new Set(['PolicyName', 'PolicyDocument']),
};

const OVERRIDES: Readonly<Record<TemplateResourceType, Readonly<Record<string, readonly string[]>>>> = {
  'AWS::IoT::Thing': {
    AttributePayload: ['DO_NOTHING', 'REPLACE', 'FAIL', 'MERGE'],
    ThingTypeName: ['DO_NOTHING', 'REPLACE', 'FAIL'],
    ThingGroups: ['DO_NOTHING', 'REPLACE', 'FAIL', 'MERGE'],
  },
  'AWS::IoT::Certificate': { Status: ['DO_NOTHING', 'REPLACE', 'FAIL'] },
  'AWS::IoT::Policy': {},
};

/** How a certificate resource says which certificate it means. */
const CERTIFICATE_SOURCES = ['CertificateId', 'CertificateSigningRequest', 'CertificatePem'] as const;

/**
 * Reads a template body (developer guide, "Provisioning templates").
 *
 * @throws AwsError InvalidRequestException, as CreateProvisioningTemplate answers a body that cannot be used
 */
export function parseTemplate(body: unknown, use: TemplateUse): ProvisioningTemplateBody {
  if (typeof body !== 'string') throw invalidTemplate('it must be a string');
  if (body.length > LONGEST_BODY) throw invalidTemplate(`it must not be longer than ${LONGEST_BODY} characters`);
  let template: unknown;
  try {
    template = JSON.parse(body);
  } catch {
    throw invalidTemplate('it is not valid JSON');
  }
  const sections = objectAt(template, 'the template');
  for (const section of Object.keys(sections)) {
    if (
      ![
        'Parameters',
        'Mappings',
        'Resources',
        'DeviceConfiguration',
        'Description',
        'Version',
        'AWSTemplateFormatVersion',
      ].includes(section)
    ) {
      throw invalidTemplate(`it has the unknown section ${section}`);
    }
  }
  const resources = Object.entries(objectAt(sections['Resources'], 'Resources')).map(([id, resource]) =>
    parseResource(id, resource, use),
  );
  checkResources(resources);
  return {
    parameters: parseParameters(sections['Parameters'] ?? {}),
    mappings: parseMappings(sections['Mappings'] ?? {}),
    resources,
    deviceConfiguration: parseDeviceConfiguration(sections['DeviceConfiguration'] ?? {}),
  };
}

function parseParameters(section: unknown): ProvisioningTemplateBody['parameters'] {
  const parameters: Record<string, { readonly defaultValue?: string }> = Object.create(null) as never;
  for (const [name, value] of Object.entries(objectAt(section, 'Parameters'))) {
    const parameter = objectAt(value, `Parameters.${name}`);
    if (parameter['Type'] !== 'String') throw invalidTemplate(`the Type of parameter ${name} must be String`);
    const fallback = parameter['Default'];
    if (fallback !== undefined && typeof fallback !== 'string')
      throw invalidTemplate(`the Default of parameter ${name} must be a string`);
    parameters[name] = fallback === undefined ? {} : { defaultValue: fallback };
  }
  return parameters;
}

function parseMappings(section: unknown): ProvisioningTemplateBody['mappings'] {
  const mappings = objectAt(section, 'Mappings');
  for (const [map, keys] of Object.entries(mappings)) {
    for (const [key, values] of Object.entries(objectAt(keys, `Mappings.${map}`))) {
      for (const [name, value] of Object.entries(objectAt(values, `Mappings.${map}.${key}`))) {
        const plain = Array.isArray(value)
          ? value.every((item) => typeof item === 'string')
          : typeof value !== 'object';
        if (!plain)
          throw invalidTemplate(
            `Mappings.${map}.${key}.${name} must be plain: Mappings hold no functions or parameters`,
          );
      }
    }
  }
  return mappings as ProvisioningTemplateBody['mappings'];
}

function parseDeviceConfiguration(section: unknown): Record<string, unknown> {
  const configuration = objectAt(section, 'DeviceConfiguration');
  for (const [key, value] of Object.entries(configuration)) {
    const nested = typeof value === 'object' && value !== null && !isFunctionCall(value);
    if (nested) throw invalidTemplate(`DeviceConfiguration.${key} is a nested object, which is not supported`);
  }
  return configuration;
}

function parseResource(logicalId: string, value: unknown, use: TemplateUse): TemplateResource {
  const resource = objectAt(value, `Resources.${logicalId}`);
  const type = resource['Type'] as TemplateResourceType;
  const allowed = typeof type === 'string' && Object.hasOwn(PROPERTIES, type) ? PROPERTIES[type] : undefined;
  if (!allowed)
    throw invalidTemplate(
      `resource ${logicalId} has the unsupported Type ${typeof type === 'string' ? type : JSON.stringify(type)}`,
    );
  const properties = objectAt(resource['Properties'] ?? {}, `Resources.${logicalId}.Properties`);
  for (const name of Object.keys(properties)) {
    if (!allowed.has(name)) throw invalidTemplate(`resource ${logicalId} has the unknown property ${name}`);
  }
  const overrideSettings = objectAt(resource['OverrideSettings'] ?? {}, `Resources.${logicalId}.OverrideSettings`);
  for (const [name, setting] of Object.entries(overrideSettings)) {
    const choices = Object.hasOwn(OVERRIDES[type], name) ? OVERRIDES[type][name] : undefined;
    if (!choices?.includes(setting as string)) {
      throw invalidTemplate(`resource ${logicalId} has the invalid override setting ${name}: ${String(setting)}`);
    }
  }
  checkProperties(logicalId, type, properties, use);
  return { logicalId, type, properties, overrideSettings: overrideSettings as Record<string, string> };
}

function checkProperties(
  logicalId: string,
  type: TemplateResourceType,
  properties: Record<string, unknown>,
  use: TemplateUse,
): void {
  if (type === 'AWS::IoT::Thing' && properties['ThingName'] === undefined)
    throw invalidTemplate(`thing ${logicalId} has no ThingName`);
  if (
    type === 'AWS::IoT::Policy' &&
    (properties['PolicyName'] === undefined) === (properties['PolicyDocument'] === undefined)
  ) {
    throw invalidTemplate(`policy ${logicalId} must have either a PolicyName or a PolicyDocument`);
  }
  if (type === 'AWS::IoT::Policy' && Object.values(properties).some(callsJoin)) {
    throw invalidTemplate(`policy ${logicalId} uses Fn::Join, but Fn::Join is not supported for policies`);
  }
  if (type !== 'AWS::IoT::Certificate') return;
  const sources = CERTIFICATE_SOURCES.filter((source) => properties[source] !== undefined);
  if (sources.length !== 1)
    throw invalidTemplate(`certificate ${logicalId} must have exactly one of ${CERTIFICATE_SOURCES.join(', ')}`);
  if (use !== 'BULK' && sources[0] !== 'CertificateId') {
    throw invalidTemplate(`certificate ${logicalId} must be given by its CertificateId in a template of this type`);
  }
}

function checkResources(resources: readonly TemplateResource[]): void {
  const count = (type: TemplateResourceType): number => resources.filter((resource) => resource.type === type).length;
  if (count('AWS::IoT::Thing') > 1) throw invalidTemplate('it declares more than one thing');
  if (count('AWS::IoT::Certificate') > 1) throw invalidTemplate('it declares more than one certificate');
  if (count('AWS::IoT::Policy') > 0 && count('AWS::IoT::Certificate') === 0) {
    throw invalidTemplate('it declares a policy but no certificate that the policy could be attached to');
  }
}

function callsJoin(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, 'Fn::Join') || Object.values(value).some(callsJoin);
}

/** `{Ref: …}` or `{Fn::…: …}`: an object with this one member. */
export function isFunctionCall(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const names = Object.keys(value);
  return names.length === 1 && (names[0] === 'Ref' || names[0]!.startsWith('Fn::'));
}

function objectAt(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidTemplate(`${where} must be an object`);
  return value as Record<string, unknown>;
}

function invalidTemplate(what: string): Error {
  return invalidRequest(`Invalid provisioning template body: ${what}`);
}
