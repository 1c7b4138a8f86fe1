import { X509Certificate } from 'node:crypto';

import * as iot from '@aws-sdk/client-iot';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { iotService } from '../../../../twin/iot/registry/operations.ts';
import type { Endpoint } from '../../../../twin/endpoint/endpoint.ts';
import { startEndpoint } from '../../endpoint/test-endpoint.ts';
import type { DeviceWorld } from '../device-world.ts';
import { issueDeviceCertificate, ownAuthority, signingRequest } from '../own-authority.ts';
import { ANY_POLICY, closeDeviceWorld, openDeviceWorld, ROLE_ARN, VEHICLE_TEMPLATE } from '../device-world.ts';

const ENDPOINTS = {
  'iot:Data-ATS': 'localhost:8443',
  'iot:CredentialProvider': 'localhost:8444',
  'iot:Jobs': 'localhost:8443',
};
const ARN = 'arn:aws:iot:us-east-1:000000000000:';

/** The whole control plane as AWS's own SDK sees it, over HTTP. */
describe('the IoT control plane, to the AWS SDK', () => {
  let world: DeviceWorld;
  let endpoint: Endpoint;
  let client: iot.IoTClient;
  beforeAll(async () => {
    world = await openDeviceWorld();
    endpoint = await startEndpoint([iotService(world.registry, world, ENDPOINTS)]);
    client = new iot.IoTClient({
      endpoint: endpoint.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
      maxAttempts: 1,
    });
  });
  afterAll(async () => {
    client.destroy();
    await endpoint.close();
    closeDeviceWorld(world);
  });

  let number = 0;
  let name: string;
  beforeEach(() => void (name = `n${++number}`));
  /** Sends a command by the name of its operation. */
  const send = async (operation: string, input: object = {}): Promise<Record<string, unknown>> => {
    const Command = (iot as unknown as Record<string, new (input: object) => never>)[`${operation}Command`]!;
    return (await client.send(new Command(input))) as unknown as Record<string, unknown>;
  };
  const failure = async (
    operation: string,
    input: object,
  ): Promise<{ name: string; status?: number | undefined; message: string }> => {
    const error = await send(operation, input).then(
      () => {
        throw new Error(`${operation} did not fail`);
      },
      (thrown: iot.IoTServiceException) => thrown,
    );
    return { name: error.name, status: error.$metadata?.httpStatusCode, message: error.message };
  };
  const newCertificate = async (setAsActive = false): Promise<{ certificateId: string; certificateArn: string }> => {
    const { certificateId, certificateArn } = world.registry.certificates.register({
      certificatePem: await issueDeviceCertificate(world.authority),
      status: setAsActive ? 'ACTIVE' : 'INACTIVE',
    });
    return { certificateId, certificateArn };
  };

  describe('things', () => {
    test('are created, described, updated by merging and replacing, and deleted', async () => {
      expect(
        await send('CreateThing', { thingName: name, attributePayload: { attributes: { a: '1', b: '2' } } }),
      ).toMatchObject({
        thingName: name,
        thingArn: `${ARN}thing/${name}`,
        thingId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      await send('UpdateThing', { thingName: name, attributePayload: { attributes: { b: '', c: '3' }, merge: true } });
      expect(await send('DescribeThing', { thingName: name })).toMatchObject({
        defaultClientId: name,
        attributes: { a: '1', c: '3' },
        version: 2,
      });
      await send('UpdateThing', { thingName: name, attributePayload: { attributes: { d: '4' } } });
      expect((await send('DescribeThing', { thingName: name }))['attributes']).toEqual({ d: '4' });
      await send('DeleteThing', { thingName: name });
      expect(await failure('DescribeThing', { thingName: name })).toMatchObject({
        name: 'ResourceNotFoundException',
        status: 404,
      });
      await send('DeleteThing', { thingName: name });
    });

    test('may be created again as they are, not otherwise', async () => {
      const first = await send('CreateThing', { thingName: name, attributePayload: { attributes: { a: '1' } } });
      const again = await send('CreateThing', { thingName: name, attributePayload: { attributes: { a: '1' } } });
      expect(again['thingId']).toBe(first['thingId']);
      expect(await failure('CreateThing', { thingName: name })).toMatchObject({
        name: 'ResourceAlreadyExistsException',
        status: 409,
      });
    });

    test.each<[string, object, string]>([
      ['a name with a space', { thingName: 'a b' }, 'InvalidRequestException'],
      ['a name of 129 characters', { thingName: 'x'.repeat(129) }, 'InvalidRequestException'],
      [
        'an attribute name with a space',
        { thingName: 'x', attributePayload: { attributes: { 'a b': '1' } } },
        'InvalidRequestException',
      ],
      [
        'an attribute value with a space',
        { thingName: 'x', attributePayload: { attributes: { a: 'b c' } } },
        'InvalidRequestException',
      ],
      [
        'a fourth attribute without a type',
        { thingName: 'x', attributePayload: { attributes: { a: '1', b: '2', c: '3', d: '4' } } },
        'InvalidRequestException',
      ],
      ['a type that does not exist', { thingName: 'x', thingTypeName: 'none' }, 'ResourceNotFoundException'],
      [
        'a billing group that does not exist',
        { thingName: 'x', billingGroupName: 'none' },
        'ResourceNotFoundException',
      ],
    ])('are refused with %s', async (_, input, code) => {
      expect(await failure('CreateThing', input)).toMatchObject({ name: code });
      expect(world.registry.things.get('x')).toBeUndefined();
    });

    test('with a type hold 50 attributes, and keep to 3 when the type is removed', async () => {
      await send('CreateThingType', { thingTypeName: name });
      const attributes = (count: number) =>
        Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, '1']));
      await send('CreateThing', {
        thingName: name,
        thingTypeName: name,
        attributePayload: { attributes: attributes(50) },
      });
      const update = { thingName: name, attributePayload: { attributes: attributes(51) } };
      expect(await failure('UpdateThing', update)).toMatchObject({ name: 'InvalidRequestException' });
      expect(await failure('UpdateThing', { thingName: name, removeThingType: true })).toMatchObject({
        name: 'InvalidRequestException',
      });
    });

    test('are updated and deleted at an expected version alone', async () => {
      await send('CreateThing', { thingName: name });
      expect(await failure('UpdateThing', { thingName: name, expectedVersion: 7 })).toMatchObject({
        name: 'VersionConflictException',
        status: 409,
      });
      expect(await failure('DeleteThing', { thingName: name, expectedVersion: 7 })).toMatchObject({
        name: 'VersionConflictException',
      });
      await send('DeleteThing', { thingName: name, expectedVersion: 1 });
    });

    test('are listed page by page without skips or repeats while others come and go', async () => {
      await send('CreateThingType', { thingTypeName: name });
      const names = Array.from({ length: 9 }, (_, index) => `${name}-${index}`);
      for (const thingName of names) await send('CreateThing', { thingName, thingTypeName: name });
      const seen: string[] = [];
      let nextToken: string | undefined;
      do {
        const page = await send('ListThings', { thingTypeName: name, maxResults: 2, nextToken });
        const things = page['things'] as iot.ThingAttribute[];
        expect(things.length).toBeLessThanOrEqual(2);
        seen.push(...things.map((thing) => thing.thingName!));
        nextToken = page['nextToken'] as string | undefined;
        if (seen.length === 4) {
          await send('DeleteThing', { thingName: `${name}-3` });
          await send('DeleteThing', { thingName: `${name}-6` });
        }
      } while (nextToken);
      expect(seen).toEqual(names.filter((thingName) => thingName !== `${name}-6`));
      expect(await failure('ListThings', { nextToken: 'made up' })).toMatchObject({ name: 'InvalidRequestException' });
      expect(await failure('ListThings', { maxResults: 251 })).toMatchObject({ name: 'InvalidRequestException' });
    });

    test('are found by attribute, whole or by prefix', async () => {
      await send('CreateThing', { thingName: `${name}-a`, attributePayload: { attributes: { [name]: 'red' } } });
      await send('CreateThing', { thingName: `${name}-b`, attributePayload: { attributes: { [name]: 'redder' } } });
      const found = async (input: object) =>
        ((await send('ListThings', { attributeName: name, ...input }))['things'] as iot.ThingAttribute[]).length;
      expect(await found({})).toBe(2);
      expect(await found({ attributeValue: 'red' })).toBe(1);
      expect(await found({ attributeValue: 'red', usePrefixAttributeValue: true })).toBe(2);
      expect(await found({ attributeValue: 'blue' })).toBe(0);
    });
  });

  describe('thing types', () => {
    test('take no new things once deprecated, and are deleted five minutes later', async () => {
      await send('CreateThingType', {
        thingTypeName: name,
        thingTypeProperties: { thingTypeDescription: 'a car', searchableAttributes: ['vin'] },
      });
      expect(await failure('DeleteThingType', { thingTypeName: name })).toMatchObject({
        name: 'InvalidRequestException',
      });
      await send('DeprecateThingType', { thingTypeName: name });
      expect(await send('DescribeThingType', { thingTypeName: name })).toMatchObject({
        thingTypeProperties: { thingTypeDescription: 'a car', searchableAttributes: ['vin'] },
        thingTypeMetadata: { deprecated: true, deprecationDate: expect.any(Date), creationDate: expect.any(Date) },
      });
      expect(await failure('CreateThing', { thingName: name, thingTypeName: name })).toMatchObject({
        name: 'InvalidRequestException',
      });
      expect(await failure('DeleteThingType', { thingTypeName: name })).toMatchObject({
        name: 'InvalidRequestException',
      });
      await world.clock.advance(300_000);
      await send('DeleteThingType', { thingTypeName: name });
      expect(await failure('DescribeThingType', { thingTypeName: name })).toMatchObject({
        name: 'ResourceNotFoundException',
      });
    });

    test('have at most three searchable attributes', async () => {
      const properties = { searchableAttributes: ['a', 'b', 'c', 'd'] };
      expect(await failure('CreateThingType', { thingTypeName: name, thingTypeProperties: properties })).toMatchObject({
        name: 'InvalidRequestException',
      });
    });
  });

  describe('thing groups', () => {
    test('form a hierarchy of at most seven levels', async () => {
      let parentGroupName: string | undefined;
      for (let level = 1; level <= 7; level++) {
        await send('CreateThingGroup', { thingGroupName: `${name}-${level}`, parentGroupName });
        parentGroupName = `${name}-${level}`;
      }
      expect(await failure('CreateThingGroup', { thingGroupName: `${name}-8`, parentGroupName })).toMatchObject({
        name: 'LimitExceededException',
        status: 410,
      });
      const { thingGroupMetadata } = (await send('DescribeThingGroup', {
        thingGroupName: `${name}-3`,
      })) as iot.DescribeThingGroupResponse;
      expect(thingGroupMetadata?.rootToParentThingGroups?.map((group) => group.groupName)).toEqual([
        `${name}-1`,
        `${name}-2`,
      ]);
      expect(await failure('DeleteThingGroup', { thingGroupName: `${name}-6` })).toMatchObject({
        name: 'InvalidRequestException',
      });
      const children = await send('ListThingGroups', { parentGroup: `${name}-1` });
      expect(children['thingGroups']).toEqual([{ groupName: `${name}-2`, groupArn: `${ARN}thinggroup/${name}-2` }]);
      const all = await send('ListThingGroups', { parentGroup: `${name}-1`, recursive: true });
      expect(all['thingGroups']).toHaveLength(6);
    });

    test('hold a thing in one branch of a hierarchy, and in ten groups at most', async () => {
      await send('CreateThing', { thingName: name });
      await send('CreateThingGroup', { thingGroupName: `${name}-root` });
      await send('CreateThingGroup', { thingGroupName: `${name}-child`, parentGroupName: `${name}-root` });
      await send('AddThingToThingGroup', { thingName: name, thingGroupName: `${name}-child` });
      await send('AddThingToThingGroup', { thingName: name, thingGroupName: `${name}-child` });
      expect(await failure('AddThingToThingGroup', { thingName: name, thingGroupName: `${name}-root` })).toMatchObject({
        name: 'InvalidRequestException',
      });
      expect((await send('ListThingsInThingGroup', { thingGroupName: `${name}-root` }))['things']).toEqual([]);
      expect(
        (await send('ListThingsInThingGroup', { thingGroupName: `${name}-root`, recursive: true }))['things'],
      ).toEqual([name]);
      for (let index = 0; index < 9; index++) {
        await send('CreateThingGroup', { thingGroupName: `${name}-${index}` });
        await send('AddThingToThingGroup', {
          thingArn: `${ARN}thing/${name}`,
          thingGroupArn: `${ARN}thinggroup/${name}-${index}`,
        });
      }
      await send('CreateThingGroup', { thingGroupName: `${name}-last` });
      expect(await failure('AddThingToThingGroup', { thingName: name, thingGroupName: `${name}-last` })).toMatchObject({
        name: 'LimitExceededException',
      });
      await send('UpdateThingGroupsForThing', {
        thingName: name,
        thingGroupsToRemove: [`${name}-0`],
        thingGroupsToAdd: [`${name}-last`],
      });
      const groups = (await send('ListThingGroupsForThing', { thingName: name }))[
        'thingGroups'
      ] as iot.GroupNameAndArn[];
      expect(groups.map((group) => group.groupName)).toContain(`${name}-last`);
      expect(groups).toHaveLength(10);
    });

    test('change all memberships of a thing or none', async () => {
      await send('CreateThing', { thingName: name });
      await send('CreateThingGroup', { thingGroupName: name });
      const update = { thingName: name, thingGroupsToAdd: [name, 'does-not-exist'] };
      expect(await failure('UpdateThingGroupsForThing', update)).toMatchObject({ name: 'ResourceNotFoundException' });
      expect((await send('ListThingGroupsForThing', { thingName: name }))['thingGroups']).toEqual([]);
    });
  });

  test('billing groups hold things, one group a thing', async () => {
    await send('CreateBillingGroup', {
      billingGroupName: name,
      billingGroupProperties: { billingGroupDescription: 'line 1' },
    });
    await send('CreateThing', { thingName: name });
    await send('AddThingToBillingGroup', { billingGroupName: name, thingName: name });
    expect((await send('DescribeThing', { thingName: name }))['billingGroupName']).toBe(name);
    expect((await send('ListThingsInBillingGroup', { billingGroupName: name }))['things']).toEqual([name]);
    expect(await send('UpdateBillingGroup', { billingGroupName: name, billingGroupProperties: {} })).toMatchObject({
      version: 2,
    });
    await send('DeleteBillingGroup', { billingGroupName: name });
    expect((await send('DescribeThing', { thingName: name }))['billingGroupName']).toBeUndefined();
  });

  describe('policies', () => {
    test('have up to five versions, one of them in force', async () => {
      expect(await send('CreatePolicy', { policyName: name, policyDocument: ANY_POLICY })).toMatchObject({
        policyArn: `${ARN}policy/${name}`,
        policyVersionId: '1',
      });
      const document = ANY_POLICY.replace('iot:*', 'iot:Connect');
      expect(
        await send('CreatePolicyVersion', { policyName: name, policyDocument: document, setAsDefault: true }),
      ).toMatchObject({
        policyVersionId: '2',
        isDefaultVersion: true,
      });
      expect(await send('GetPolicy', { policyName: name })).toMatchObject({
        policyDocument: document,
        defaultVersionId: '2',
      });
      for (let version = 3; version <= 5; version++)
        await send('CreatePolicyVersion', { policyName: name, policyDocument: ANY_POLICY });
      expect(await failure('CreatePolicyVersion', { policyName: name, policyDocument: ANY_POLICY })).toMatchObject({
        name: 'VersionsLimitExceededException',
        status: 409,
      });
      expect(await failure('DeletePolicyVersion', { policyName: name, policyVersionId: '2' })).toMatchObject({
        name: 'DeleteConflictException',
      });
      expect(await failure('DeletePolicy', { policyName: name })).toMatchObject({
        name: 'DeleteConflictException',
        status: 409,
      });
      await send('SetDefaultPolicyVersion', { policyName: name, policyVersionId: '5' });
      for (const policyVersionId of ['1', '2', '3', '4'])
        await send('DeletePolicyVersion', { policyName: name, policyVersionId });
      // Numbers of deleted versions are not given again.
      expect(await send('CreatePolicyVersion', { policyName: name, policyDocument: ANY_POLICY })).toMatchObject({
        policyVersionId: '6',
      });
      await send('DeletePolicyVersion', { policyName: name, policyVersionId: '6' });
      await send('DeletePolicy', { policyName: name });
    });

    test.each([
      ['no JSON', 'nonsense'],
      ['no statement', '{"Version":"2012-10-17"}'],
      [
        'an unknown effect',
        '{"Version":"2012-10-17","Statement":[{"Effect":"Maybe","Action":"iot:*","Resource":"*"}]}',
      ],
      ['no action', '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*"}]}'],
      ['more than 2,048 characters', ANY_POLICY.replace('"*"', JSON.stringify(['x'.repeat(2048)]))],
    ])('are refused with %s', async (_, policyDocument) => {
      expect(await failure('CreatePolicy', { policyName: name, policyDocument })).toMatchObject({
        name: 'MalformedPolicyException',
        status: 400,
      });
    });

    test('may be longer by white space', async () => {
      const policyDocument = ANY_POLICY.replace('{', `{${' '.repeat(4_000)}`);
      expect(await send('CreatePolicy', { policyName: name, policyDocument })).toMatchObject({ policyVersionId: '1' });
    });

    test('attach to certificates and groups, and are not deleted while they are', async () => {
      const { certificateArn } = await newCertificate();
      await send('CreatePolicy', { policyName: name, policyDocument: ANY_POLICY });
      await send('CreateThingGroup', { thingGroupName: name });
      await send('AttachPolicy', { policyName: name, target: certificateArn });
      await send('AttachPolicy', { policyName: name, target: certificateArn });
      await send('AttachPolicy', { policyName: name, target: `${ARN}thinggroup/${name}` });
      expect((await send('ListTargetsForPolicy', { policyName: name }))['targets']).toHaveLength(2);
      expect((await send('ListAttachedPolicies', { target: certificateArn }))['policies']).toEqual([
        { policyName: name, policyArn: `${ARN}policy/${name}` },
      ]);
      expect((await send('ListPolicyPrincipals', { policyName: name }))['principals']).toEqual([certificateArn]);
      expect((await send('ListPrincipalPolicies', { principal: certificateArn }))['policies']).toHaveLength(1);
      expect(await failure('DeletePolicy', { policyName: name })).toMatchObject({ name: 'DeleteConflictException' });
      await send('DetachPolicy', { policyName: name, target: certificateArn });
      expect((await send('ListAttachedPolicies', { target: certificateArn }))['policies']).toEqual([]);
      expect(await failure('AttachPolicy', { policyName: 'none', target: certificateArn })).toMatchObject({
        name: 'ResourceNotFoundException',
      });
      expect(await failure('AttachPolicy', { policyName: name, target: `${ARN}cert/${'0'.repeat(64)}` })).toMatchObject(
        { name: 'ResourceNotFoundException' },
      );
      expect(await failure('AttachPolicy', { policyName: name, target: 'somebody' })).toMatchObject({
        name: 'InvalidRequestException',
      });
    });

    test('of all groups above a thing are in force for it, each once', async () => {
      const { certificateArn } = await newCertificate();
      for (const policyName of [`${name}-own`, `${name}-group`, `${name}-root`])
        await send('CreatePolicy', { policyName, policyDocument: ANY_POLICY });
      await send('CreateThing', { thingName: name });
      await send('CreateThingGroup', { thingGroupName: `${name}-r` });
      await send('CreateThingGroup', { thingGroupName: `${name}-g`, parentGroupName: `${name}-r` });
      await send('AddThingToThingGroup', { thingName: name, thingGroupName: `${name}-g` });
      await send('AttachPolicy', { policyName: `${name}-own`, target: certificateArn });
      await send('AttachPolicy', { policyName: `${name}-own`, target: `${ARN}thinggroup/${name}-r` });
      await send('AttachPolicy', { policyName: `${name}-group`, target: `${ARN}thinggroup/${name}-g` });
      await send('AttachPolicy', { policyName: `${name}-root`, target: `${ARN}thinggroup/${name}-r` });
      const effective = (await send('GetEffectivePolicies', { principal: certificateArn, thingName: name }))[
        'effectivePolicies'
      ] as iot.EffectivePolicy[];
      expect(effective.map((policy) => policy.policyName).sort()).toEqual([
        `${name}-group`,
        `${name}-own`,
        `${name}-root`,
      ]);
      const recursive = await send('ListAttachedPolicies', { target: `${ARN}thinggroup/${name}-g`, recursive: true });
      expect((recursive['policies'] as iot.Policy[]).map((policy) => policy.policyName).sort()).toEqual([
        `${name}-group`,
        `${name}-own`,
        `${name}-root`,
      ]);
    });
  });

  describe('principals of things', () => {
    test('attach to several things, unless they belong to one exclusively', async () => {
      const { certificateArn: principal } = await newCertificate();
      for (const thingName of [`${name}-a`, `${name}-b`]) await send('CreateThing', { thingName });
      await send('AttachThingPrincipal', { thingName: `${name}-a`, principal });
      await send('AttachThingPrincipal', { thingName: `${name}-b`, principal });
      expect((await send('ListPrincipalThings', { principal }))['things']).toEqual([`${name}-a`, `${name}-b`]);
      const exclusive = { thingName: `${name}-a`, principal, thingPrincipalType: 'EXCLUSIVE_THING' };
      expect(await failure('AttachThingPrincipal', exclusive)).toMatchObject({ name: 'InvalidRequestException' });
      await send('DetachThingPrincipal', { thingName: `${name}-b`, principal });
      await send('AttachThingPrincipal', exclusive);
      expect(await failure('AttachThingPrincipal', { thingName: `${name}-b`, principal })).toMatchObject({
        name: 'InvalidRequestException',
      });
      expect((await send('ListThingPrincipalsV2', { thingName: `${name}-a` }))['thingPrincipalObjects']).toEqual([
        { principal, thingPrincipalType: 'EXCLUSIVE_THING' },
      ]);
      expect(
        (await send('ListPrincipalThingsV2', { principal, thingPrincipalType: 'NON_EXCLUSIVE_THING' }))[
          'principalThingObjects'
        ],
      ).toEqual([]);
      expect((await send('ListThingPrincipals', { thingName: `${name}-a` }))['principals']).toEqual([principal]);
      expect(await failure('DeleteThing', { thingName: `${name}-a` })).toMatchObject({
        name: 'InvalidRequestException',
      });
    });
  });

  describe('certificates', () => {
    test('come with keys, described with their validity', async () => {
      const made = (await send('CreateKeysAndCertificate', {
        setAsActive: true,
      })) as iot.CreateKeysAndCertificateResponse;
      const certificate = new X509Certificate(made.certificatePem!);
      expect(certificate.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(made.certificateId);
      expect(made.keyPair?.PrivateKey).toContain('BEGIN RSA PRIVATE KEY');
      const { certificateDescription } = (await send('DescribeCertificate', {
        certificateId: made.certificateId,
      })) as iot.DescribeCertificateResponse;
      expect(certificateDescription).toMatchObject({
        certificateArn: `${ARN}cert/${made.certificateId}`,
        status: 'ACTIVE',
        ownedBy: '000000000000',
        validity: { notBefore: certificate.validFromDate, notAfter: certificate.validToDate },
      });
    });

    test('walk their statuses, and are deleted only inactive and detached', async () => {
      const { certificateId, certificateArn } = await newCertificate(true);
      await send('CreatePolicy', { policyName: name, policyDocument: ANY_POLICY });
      await send('CreateThing', { thingName: name });
      await send('AttachPolicy', { policyName: name, target: certificateArn });
      await send('AttachThingPrincipal', { thingName: name, principal: certificateArn });
      expect(await failure('DeleteCertificate', { certificateId })).toMatchObject({
        name: 'CertificateStateException',
        status: 406,
      });
      expect(await failure('UpdateCertificate', { certificateId, newStatus: 'PENDING_ACTIVATION' })).toMatchObject({
        name: 'InvalidRequestException',
      });
      await send('UpdateCertificate', { certificateId, newStatus: 'REVOKED' });
      await send('UpdateCertificate', { certificateId, newStatus: 'INACTIVE' });
      expect(await failure('DeleteCertificate', { certificateId, forceDelete: true })).toMatchObject({
        name: 'DeleteConflictException',
      });
      await send('DetachThingPrincipal', { thingName: name, principal: certificateArn });
      expect(await failure('DeleteCertificate', { certificateId })).toMatchObject({ name: 'DeleteConflictException' });
      await send('DeleteCertificate', { certificateId, forceDelete: true });
      expect(await failure('DescribeCertificate', { certificateId })).toMatchObject({
        name: 'ResourceNotFoundException',
      });
      expect((await send('ListTargetsForPolicy', { policyName: name }))['targets']).toEqual([]);
    });

    test('of others are registered without their CA, once', async () => {
      const certificatePem = await issueDeviceCertificate(world.authority, 'CN=elsewhere');
      const first = await send('RegisterCertificateWithoutCA', { certificatePem, status: 'ACTIVE' });
      expect(first).toMatchObject({ certificateId: expect.stringMatching(/^[0-9a-f]{64}$/) });
      expect(await failure('RegisterCertificateWithoutCA', { certificatePem })).toMatchObject({
        name: 'ResourceAlreadyExistsException',
        status: 409,
      });
      expect(await failure('RegisterCertificateWithoutCA', { certificatePem: 'nonsense' })).toMatchObject({
        name: 'CertificateValidationException',
        status: 400,
      });
    });

    test('are listed in both directions', async () => {
      const ascending = (await send('ListCertificates', { pageSize: 2 })) as iot.ListCertificatesResponse;
      expect(ascending.certificates).toHaveLength(2);
      const all = (await send('ListCertificates', { ascendingOrder: false })) as iot.ListCertificatesResponse;
      expect(all.certificates!.at(-1)!.certificateId).toBe(ascending.certificates![0]!.certificateId);
      const rest = (await send('ListCertificates', { marker: ascending.nextMarker })) as iot.ListCertificatesResponse;
      expect(rest.certificates!.length).toBe(all.certificates!.length - 2);
    });
  });

  test('CA certificates prove possession with the registration code, and then vouch for their devices', async () => {
    const { registrationCode } = (await send('GetRegistrationCode')) as iot.GetRegistrationCodeResponse;
    const pki = await ownAuthority();
    const input = { caCertificate: pki.caPem, setAsActive: true };
    expect(await failure('RegisterCACertificate', input)).toMatchObject({ name: 'InvalidRequestException' });
    const wrong = await pki.issue('CN=wrong');
    expect(await failure('RegisterCACertificate', { ...input, verificationCertificate: wrong })).toMatchObject({
      name: 'RegistrationCodeValidationException',
    });
    const verificationCertificate = await pki.issue(`CN=${registrationCode}`);
    const ca = (await send('RegisterCACertificate', {
      ...input,
      verificationCertificate,
    })) as iot.RegisterCACertificateResponse;
    expect(ca.certificateArn).toBe(`${ARN}cacert/${ca.certificateId}`);
    expect(await failure('RegisterCACertificate', { ...input, verificationCertificate })).toMatchObject({
      name: 'ResourceAlreadyExistsException',
    });

    const certificatePem = await pki.issue('CN=device-1');
    const device = (await send('RegisterCertificate', {
      certificatePem,
      status: 'ACTIVE',
    })) as iot.RegisterCertificateResponse;
    const byCa = (await send('ListCertificatesByCA', {
      caCertificateId: ca.certificateId,
    })) as iot.ListCertificatesByCAResponse;
    expect(byCa.certificates!.map((certificate) => certificate.certificateId)).toEqual([device.certificateId]);
    const foreign = await issueDeviceCertificate(world.authority);
    expect(await failure('RegisterCertificate', { certificatePem: foreign })).toMatchObject({
      name: 'CertificateValidationException',
    });

    await send('UpdateCACertificate', { certificateId: ca.certificateId, newAutoRegistrationStatus: 'ENABLE' });
    expect(await failure('DeleteCACertificate', { certificateId: ca.certificateId })).toMatchObject({
      name: 'InvalidRequestException',
    });
    await send('UpdateCACertificate', { certificateId: ca.certificateId, newStatus: 'INACTIVE' });
    const { certificateDescription } = (await send('DescribeCACertificate', {
      certificateId: ca.certificateId,
    })) as iot.DescribeCACertificateResponse;
    expect(certificateDescription).toMatchObject({
      status: 'INACTIVE',
      autoRegistrationStatus: 'ENABLE',
      customerVersion: 3,
    });
    await send('DeleteCACertificate', { certificateId: ca.certificateId });
    expect((await send('ListCACertificates'))['certificates']).toEqual([]);
  });

  test('endpoints lead to the twin, and an unknown type to an error', async () => {
    expect(await send('DescribeEndpoint', { endpointType: 'iot:Data-ATS' })).toMatchObject({
      endpointAddress: 'localhost:8443',
    });
    expect(await send('DescribeEndpoint', { endpointType: 'iot:CredentialProvider' })).toMatchObject({
      endpointAddress: 'localhost:8444',
    });
    expect(await send('DescribeEndpoint')).toMatchObject({ endpointAddress: 'localhost:8443' });
    expect(await failure('DescribeEndpoint', { endpointType: 'iot:Coffee' })).toMatchObject({
      name: 'InvalidRequestException',
    });
  });

  test('account settings are what they were set to', async () => {
    expect(await failure('GetV2LoggingOptions', {})).toMatchObject({ name: 'NotConfiguredException' });
    await send('SetV2LoggingOptions', { roleArn: ROLE_ARN, defaultLogLevel: 'WARN' });
    expect(await send('GetV2LoggingOptions')).toMatchObject({
      roleArn: ROLE_ARN,
      defaultLogLevel: 'WARN',
      disableAllLogs: false,
    });
    await send('SetV2LoggingLevel', { logTarget: { targetType: 'THING_GROUP', targetName: 'g' }, logLevel: 'DEBUG' });
    expect((await send('ListV2LoggingLevels'))['logTargetConfigurations']).toEqual([
      { logTarget: { targetType: 'THING_GROUP', targetName: 'g' }, logLevel: 'DEBUG' },
    ]);
    await send('DeleteV2LoggingLevel', { targetType: 'THING_GROUP', targetName: 'g' });
    expect((await send('ListV2LoggingLevels'))['logTargetConfigurations']).toEqual([]);

    await send('UpdateEventConfigurations', {
      eventConfigurations: { THING: { Enabled: true }, JOB: { Enabled: true } },
    });
    await send('UpdateEventConfigurations', { eventConfigurations: { JOB: { Enabled: false } } });
    expect((await send('DescribeEventConfigurations'))['eventConfigurations']).toMatchObject({
      THING: { Enabled: true },
      JOB: { Enabled: false },
      POLICY: { Enabled: false },
    });

    await send('UpdateIndexingConfiguration', {
      thingIndexingConfiguration: { thingIndexingMode: 'REGISTRY', thingConnectivityIndexingMode: 'STATUS' },
    });
    expect(await send('GetIndexingConfiguration')).toMatchObject({
      thingIndexingConfiguration: { thingIndexingMode: 'REGISTRY', thingConnectivityIndexingMode: 'STATUS' },
      thingGroupIndexingConfiguration: { thingGroupIndexingMode: 'OFF' },
    });
  });

  test('role aliases, authorizers and domain configurations are kept, changed and deleted', async () => {
    await send('CreateRoleAlias', { roleAlias: name, roleArn: ROLE_ARN });
    expect((await send('DescribeRoleAlias', { roleAlias: name }))['roleAliasDescription']).toMatchObject({
      roleArn: ROLE_ARN,
      credentialDurationSeconds: 3600,
    });
    expect(await failure('UpdateRoleAlias', { roleAlias: name, credentialDurationSeconds: 60 })).toMatchObject({
      name: 'InvalidRequestException',
    });
    await send('DeleteRoleAlias', { roleAlias: name });

    const authorizerFunctionArn = 'arn:aws:lambda:us-east-1:000000000000:function:auth';
    expect(await failure('CreateAuthorizer', { authorizerName: name, authorizerFunctionArn })).toMatchObject({
      name: 'InvalidRequestException',
    });
    await send('CreateAuthorizer', {
      authorizerName: name,
      authorizerFunctionArn,
      signingDisabled: true,
      status: 'ACTIVE',
    });
    await send('SetDefaultAuthorizer', { authorizerName: name });
    expect((await send('DescribeDefaultAuthorizer'))['authorizerDescription']).toMatchObject({
      authorizerName: name,
      status: 'ACTIVE',
    });
    expect(await failure('DeleteAuthorizer', { authorizerName: name })).toMatchObject({
      name: 'DeleteConflictException',
    });
    await send('ClearDefaultAuthorizer');
    await send('UpdateAuthorizer', { authorizerName: name, status: 'INACTIVE' });
    await send('DeleteAuthorizer', { authorizerName: name });

    await send('CreateDomainConfiguration', {
      domainConfigurationName: name,
      tlsConfig: { securityPolicy: 'IotSecurityPolicy_TLS13_1_3_2022_10' },
    });
    expect(await failure('DeleteDomainConfiguration', { domainConfigurationName: name })).toMatchObject({
      name: 'InvalidRequestException',
    });
    await send('UpdateDomainConfiguration', { domainConfigurationName: name, domainConfigurationStatus: 'DISABLED' });
    expect(await send('DescribeDomainConfiguration', { domainConfigurationName: name })).toMatchObject({
      domainConfigurationStatus: 'DISABLED',
      domainType: 'AWS_MANAGED',
      serviceType: 'DATA',
      tlsConfig: { securityPolicy: 'IotSecurityPolicy_TLS13_1_3_2022_10' },
    });
    await send('DeleteDomainConfiguration', { domainConfigurationName: name });
  });

  test('tags belong to a resource and go with it', async () => {
    const { thingGroupArn } = (await send('CreateThingGroup', {
      thingGroupName: name,
      tags: [{ Key: 'team', Value: 'a' }],
    })) as iot.CreateThingGroupResponse;
    await send('TagResource', { resourceArn: thingGroupArn, tags: [{ Key: 'stage', Value: 'dev' }] });
    await send('UntagResource', { resourceArn: thingGroupArn, tagKeys: ['team'] });
    expect((await send('ListTagsForResource', { resourceArn: thingGroupArn }))['tags']).toEqual([
      { Key: 'stage', Value: 'dev' },
    ]);
    await send('DeleteThingGroup', { thingGroupName: name });
    expect((await send('ListTagsForResource', { resourceArn: thingGroupArn }))['tags']).toEqual([]);
  });

  test('an operation that fails half-way leaves nothing', async () => {
    const input = { thingGroupName: name, tags: [{ Key: 'aws:reserved', Value: 'x' }] };
    expect(await failure('CreateThingGroup', input)).toMatchObject({ name: 'InvalidRequestException' });
    expect(await failure('DescribeThingGroup', { thingGroupName: name })).toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  describe('provisioning', () => {
    test('templates have versions, and a body that is checked', async () => {
      const input = {
        templateName: name,
        templateBody: JSON.stringify(VEHICLE_TEMPLATE),
        provisioningRoleArn: ROLE_ARN,
        enabled: true,
      };
      expect(await send('CreateProvisioningTemplate', input)).toMatchObject({
        templateArn: `${ARN}provisioningtemplate/${name}`,
        defaultVersionId: 1,
      });
      expect(await failure('CreateProvisioningTemplate', input)).toMatchObject({
        name: 'ResourceAlreadyExistsException',
      });
      expect(
        await failure('CreateProvisioningTemplate', { ...input, templateName: `${name}x`, templateBody: '{}' }),
      ).toMatchObject({ name: 'InvalidRequestException' });
      await send('CreateProvisioningTemplateVersion', {
        templateName: name,
        templateBody: input.templateBody,
        setAsDefault: true,
      });
      expect((await send('ListProvisioningTemplateVersions', { templateName: name }))['versions']).toMatchObject([
        { versionId: 1, isDefaultVersion: false },
        { versionId: 2, isDefaultVersion: true },
      ]);
      expect(await failure('DeleteProvisioningTemplate', { templateName: name })).toMatchObject({
        name: 'DeleteConflictException',
      });
      await send('DeleteProvisioningTemplateVersion', { templateName: name, versionId: 1 });
      await send('UpdateProvisioningTemplate', { templateName: name, enabled: false, description: 'off' });
      expect(await send('DescribeProvisioningTemplate', { templateName: name })).toMatchObject({
        enabled: false,
        description: 'off',
        type: 'FLEET_PROVISIONING',
        defaultVersionId: 2,
      });
      await send('DeleteProvisioningTemplate', { templateName: name });
      expect((await send('ListProvisioningTemplates'))['templates']).toEqual([]);
    });

    test('RegisterThing carries out a template with a signing request in the name of the caller', async () => {
      const templateBody = JSON.stringify({
        Parameters: { ThingName: { Type: 'String' }, CSR: { Type: 'String' } },
        Resources: {
          thing: {
            Type: 'AWS::IoT::Thing',
            Properties: { ThingName: { Ref: 'ThingName' } },
            OverrideSettings: { AttributePayload: 'FAIL' },
          },
          certificate: {
            Type: 'AWS::IoT::Certificate',
            Properties: { CertificateSigningRequest: { Ref: 'CSR' }, Status: 'ACTIVE' },
          },
          policy: { Type: 'AWS::IoT::Policy', Properties: { PolicyDocument: ANY_POLICY } },
        },
      });
      const registered = (await send('RegisterThing', {
        templateBody,
        parameters: { ThingName: name, CSR: await signingRequest() },
      })) as iot.RegisterThingResponse;
      expect(registered.certificatePem).toContain('BEGIN CERTIFICATE');
      expect(Object.keys(registered.resourceArns!).sort()).toEqual(['certificate', 'policy', 'thing']);
      expect((await send('ListThingPrincipals', { thingName: name }))['principals']).toEqual([
        registered.resourceArns!['certificate'],
      ]);
      expect(
        await failure('RegisterThing', { templateBody, parameters: { ThingName: 'a b', CSR: await signingRequest() } }),
      ).toMatchObject({ name: 'ResourceRegistrationFailureException' });
      expect(await failure('RegisterThing', { templateBody, parameters: { ThingName: name } })).toMatchObject({
        name: 'ResourceRegistrationFailureException',
      });
    });
  });
});
