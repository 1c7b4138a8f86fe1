import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import type {
  ExistingResource,
  ProvisionedResource,
  ResourceRequest,
} from '../../../../twin/cloudformation/provider.ts';
import { registryProviders } from '../../../../twin/iot/registry/providers.ts';
import type { DeviceWorld } from '../device-world.ts';
import { ANY_POLICY, closeDeviceWorld, openDeviceWorld, ROLE_ARN, VEHICLE_TEMPLATE } from '../device-world.ts';
import { issueDeviceCertificate } from '../own-authority.ts';

const ARN = 'arn:aws:iot:us-east-1:000000000000:';
const UUID = expect.stringMatching(/^[0-9a-f-]{36}$/);

describe('the resource types of AWS::IoT', () => {
  let world: DeviceWorld;
  beforeEach(async () => void (world = await openDeviceWorld()));
  afterEach(() => closeDeviceWorld(world));

  const request = (type: string, properties: object): ResourceRequest => ({
    stackName: 'Stack',
    stackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/Stack/1',
    logicalId: 'Logical',
    type,
    properties: properties as Record<string, unknown>,
    account: DEFAULT_ACCOUNT,
    assemblyFolder: '/nowhere',
  });
  const provider = (type: string) =>
    registryProviders(world.registry, world).find((candidate) => candidate.type === type)!;
  const create = async (type: string, properties: object): Promise<ProvisionedResource> =>
    provider(type).create(request(type, properties));
  const existing = (type: string, physicalId: string, previous: object, properties: object): ExistingResource => ({
    ...request(type, properties),
    physicalId,
    previousProperties: previous as Record<string, unknown>,
  });

  test.each<[string, object, string, object]>([
    [
      'AWS::IoT::Thing',
      { ThingName: 'V1', AttributePayload: { Attributes: { a: '1' } } },
      'V1',
      { Arn: `${ARN}thing/V1`, Id: UUID },
    ],
    [
      'AWS::IoT::ThingType',
      { ThingTypeName: 'car', ThingTypeProperties: { SearchableAttributes: ['vin'] } },
      'car',
      { Arn: `${ARN}thingtype/car`, Id: UUID },
    ],
    [
      'AWS::IoT::ThingGroup',
      { ThingGroupName: 'g', ThingGroupProperties: { ThingGroupDescription: 'd' } },
      'g',
      { Arn: `${ARN}thinggroup/g`, Id: UUID },
    ],
    ['AWS::IoT::BillingGroup', { BillingGroupName: 'b' }, 'b', { Arn: `${ARN}billinggroup/b`, Id: UUID }],
    [
      'AWS::IoT::Policy',
      { PolicyName: 'p', PolicyDocument: JSON.parse(ANY_POLICY) },
      'p',
      { Arn: `${ARN}policy/p`, Id: 'p' },
    ],
    [
      'AWS::IoT::ProvisioningTemplate',
      { TemplateName: 't', TemplateBody: JSON.stringify(VEHICLE_TEMPLATE), ProvisioningRoleArn: ROLE_ARN },
      't',
      { TemplateArn: `${ARN}provisioningtemplate/t` },
    ],
    [
      'AWS::IoT::RoleAlias',
      { RoleAlias: 'r', RoleArn: ROLE_ARN, CredentialDurationSeconds: '1800' },
      'r',
      { RoleAliasArn: `${ARN}rolealias/r` },
    ],
    [
      'AWS::IoT::Authorizer',
      {
        AuthorizerName: 'a',
        AuthorizerFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
        SigningDisabled: true,
      },
      'a',
      { Arn: `${ARN}authorizer/a` },
    ],
    [
      'AWS::IoT::DomainConfiguration',
      { DomainConfigurationName: 'd', TlsConfig: { SecurityPolicy: 'IotSecurityPolicy_TLS13_1_2_2022_10' } },
      'd',
      { Arn: `${ARN}domainconfiguration/d`, DomainType: 'AWS_MANAGED', ServerCertificates: [] },
    ],
    [
      'AWS::IoT::CertificateProvider',
      {
        CertificateProviderName: 'c',
        LambdaFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
        AccountDefaultForOperations: ['CreateCertificateFromCsr'],
      },
      'c',
      { Arn: `${ARN}certificateprovider/c` },
    ],
    [
      'AWS::IoT::ResourceSpecificLogging',
      { TargetType: 'THING_GROUP', TargetName: 'g', LogLevel: 'DEBUG' },
      'THING_GROUP:g',
      { TargetId: 'THING_GROUP:g' },
    ],
  ])(
    '%s has the Ref and attributes of the template reference, and is gone after deletion',
    async (type, properties, ref, attributes) => {
      const made = await create(type, properties);
      expect(made).toEqual({ physicalId: ref, attributes });
      const again = await provider(type).update(existing(type, ref, properties, properties));
      expect(again).toEqual(made);
      await provider(type).delete(existing(type, ref, properties, properties));
      await provider(type).delete(existing(type, ref, properties, properties));
      expect((await create(type, properties)).physicalId).toBe(ref);
    },
  );

  test('get a name of their own when the template gives none, within the length that the API takes', async () => {
    const type = 'AWS::IoT::ProvisioningTemplate';
    const properties = { TemplateBody: JSON.stringify(VEHICLE_TEMPLATE), ProvisioningRoleArn: ROLE_ARN };
    const long = {
      ...request(type, properties),
      stackName: 'a-stack-with-a-rather-long-name',
      logicalId: 'VehicleProvisioningTemplate',
    };
    const { physicalId } = await provider(type).create(long);
    expect(physicalId).toMatch(/^a-stack-.*-[A-Z0-9]{12}$/);
    expect(physicalId.length).toBeLessThanOrEqual(36);
  });

  test('bring a changed policy into force as a new version, and drop the oldest when there are five', async () => {
    const type = 'AWS::IoT::Policy';
    const document = (version: number): object =>
      JSON.parse(ANY_POLICY.replace('"*"', `"arn:aws:iot:*:*:topic/${version}"`)) as object;
    const properties = (version: number): object => ({ PolicyName: 'p', PolicyDocument: document(version) });
    await create(type, properties(1));
    for (let version = 2; version <= 8; version++) {
      await provider(type).update(existing(type, 'p', properties(version - 1), properties(version)));
    }
    const policy = world.registry.policies.describe('p');
    expect(policy.versions.map((version) => version.versionId)).toEqual(['4', '5', '6', '7', '8']);
    expect(policy.defaultVersionId).toBe('8');
  });

  test('bring a changed template into force, hook and all', async () => {
    const type = 'AWS::IoT::ProvisioningTemplate';
    const targetArn = 'arn:aws:lambda:us-east-1:000000000000:function:hook';
    const first = {
      TemplateName: 't',
      TemplateBody: JSON.stringify(VEHICLE_TEMPLATE),
      ProvisioningRoleArn: ROLE_ARN,
      Enabled: 'true',
    };
    await create(type, { ...first, PreProvisioningHook: { TargetArn: targetArn, PayloadVersion: '2020-04-01' } });
    expect(world.templates.describe('t')).toMatchObject({
      enabled: true,
      preProvisioningHook: { targetArn, payloadVersion: '2020-04-01' },
    });
    const changed = {
      ...first,
      TemplateBody: JSON.stringify({ ...VEHICLE_TEMPLATE, DeviceConfiguration: { a: 'b' } }),
      Enabled: false,
    };
    await provider(type).update(existing(type, 't', first, changed));
    const template = world.templates.describe('t');
    expect(template).toMatchObject({ enabled: false, defaultVersionId: 2 });
    expect(template.preProvisioningHook).toBeUndefined();
    expect(world.templates.bodyInForce(template).deviceConfiguration).toEqual({ a: 'b' });
  });

  test('attach policies and things to certificates, and detach them', async () => {
    const certificatePem = await issueDeviceCertificate(world.authority);
    const certificate = await create('AWS::IoT::Certificate', {
      CertificatePem: certificatePem,
      CertificateMode: 'SNI_ONLY',
      Status: 'ACTIVE',
    });
    const principal = certificate.attributes!['Arn'];
    expect(certificate).toEqual({
      physicalId: expect.stringMatching(/^[0-9a-f]{64}$/),
      attributes: { Arn: `${ARN}cert/${certificate.physicalId}`, Id: certificate.physicalId },
    });
    await create('AWS::IoT::Policy', { PolicyName: 'p', PolicyDocument: ANY_POLICY });
    await create('AWS::IoT::Thing', { ThingName: 'V1' });
    const policyAttachment = await create('AWS::IoT::PolicyPrincipalAttachment', {
      PolicyName: 'p',
      Principal: principal,
    });
    const thingAttachment = await create('AWS::IoT::ThingPrincipalAttachment', {
      ThingName: 'V1',
      Principal: principal,
      ThingPrincipalType: 'EXCLUSIVE_THING',
    });
    expect(world.registry.principals.exclusiveThingOf(String(principal))).toBe('V1');
    expect(world.registry.policyAttachments.policiesOf(String(principal))).toEqual(['p']);
    await provider('AWS::IoT::PolicyPrincipalAttachment').delete(existing('', policyAttachment.physicalId, {}, {}));
    await provider('AWS::IoT::ThingPrincipalAttachment').delete(existing('', thingAttachment.physicalId, {}, {}));
    expect(world.registry.principals.ofThing('V1')).toEqual([]);
    expect(world.registry.policyAttachments.isAttached('p')).toBe(false);
    await provider('AWS::IoT::Certificate').delete(existing('', certificate.physicalId, {}, {}));
    expect(world.registry.certificates.table.size).toBe(0);
  });

  test('keep logging options, one set for the account', async () => {
    await create('AWS::IoT::Logging', { AccountId: '000000000000', RoleArn: ROLE_ARN, DefaultLogLevel: 'WARN' });
    expect(world.registry.settings.loggingOptions).toMatchObject({ defaultLogLevel: 'WARN', disableAllLogs: false });
  });

  test('refuse a dynamic thing group where there is no fleet index', async () => {
    await expect(
      (async () => create('AWS::IoT::ThingGroup', { ThingGroupName: 'g', QueryString: 'attributes.a:1' }))(),
    ).rejects.toThrow('no fleet index');
  });
});
