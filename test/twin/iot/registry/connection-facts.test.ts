import { X509Certificate } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { CertificateRecord } from '../../../../twin/iot/certificates/certificates.ts';
import type { RegistryChange } from '../../../../twin/iot/registry/changes.ts';
import type { CertificateRefusal, RegisteredConnection } from '../../../../twin/iot/registry/connection-facts.ts';
import { Authorizer } from '../../../../twin/iot/policy/index.ts';
import type { DeviceWorld } from '../device-world.ts';
import { addVehicleTemplate, ANY_POLICY, closeDeviceWorld, openDeviceWorld } from '../device-world.ts';
import { issueDeviceCertificate } from '../own-authority.ts';

describe('what the registry tells of a connection', () => {
  let world: DeviceWorld;
  let certificate: CertificateRecord;
  let der: Buffer;
  beforeEach(async () => {
    world = await openDeviceWorld();
    const certificatePem = await issueDeviceCertificate(world.authority, 'CN=VIN1, O=Example, C=DE');
    certificate = world.registry.certificates.register({ certificatePem, status: 'ACTIVE' });
    der = new X509Certificate(certificatePem).raw;
  });
  afterEach(() => closeDeviceWorld(world));

  const connect = (clientId: string): RegisteredConnection & CertificateRefusal =>
    world.connections.connectionFacts(der, clientId) as RegisteredConnection & CertificateRefusal;

  test('names the certificate and its subject and issuer, and no thing when none is attached', () => {
    world.registry.things.create({ thingName: 'VIN1' });
    const { facts, policies, exclusiveThingName } = connect('VIN1');
    expect(facts).toEqual({
      clientId: 'VIN1',
      certificateId: certificate.certificateId,
      certificate: {
        subject: { CommonName: ['VIN1'], Organization: ['Example'], Country: ['DE'] },
        issuer: { CommonName: ['twin CA'], Organization: ['twin'] },
        serialNumber: expect.stringMatching(/^[0-9a-f]{40}$/),
      },
      isAttached: false,
    });
    expect(policies).toEqual([]);
    expect(exclusiveThingName).toBeUndefined();
  });

  test('names a thing that is attached not exclusively only to a client of its name', () => {
    world.registry.thingTypes.create('car');
    world.registry.things.create({
      thingName: 'VIN1',
      thingTypeName: 'car',
      attributePayload: { attributes: { line: 'a' } },
    });
    world.registry.attachThingPrincipal('VIN1', certificate.certificateArn);
    expect(connect('VIN1').facts).toMatchObject({
      isAttached: true,
      thingName: 'VIN1',
      thingTypeName: 'car',
      thingAttributes: { line: 'a' },
      thingPrincipalType: 'NON_EXCLUSIVE_THING',
    });
    expect(connect('VIN1').exclusiveThingName).toBeUndefined();
    expect(connect('other').facts).toMatchObject({ isAttached: false });
    expect(connect('other').facts.thingName).toBeUndefined();
  });

  test('names an exclusive thing whatever the client calls itself', () => {
    world.registry.things.create({ thingName: 'VIN1' });
    world.registry.attachThingPrincipal('VIN1', certificate.certificateArn, 'EXCLUSIVE_THING');
    expect(connect('phone-7')).toMatchObject({
      exclusiveThingName: 'VIN1',
      facts: { thingName: 'VIN1', isAttached: true },
    });
  });

  test('gives the policies of the certificate and of the groups above its thing, in their default versions', () => {
    const { registry } = world;
    for (const name of ['own', 'group', 'root', 'elsewhere']) registry.policies.create(name, ANY_POLICY);
    registry.things.create({ thingName: 'VIN1' });
    registry.thingGroups.create('all');
    registry.thingGroups.create('pilot', 'all');
    registry.thingGroups.create('other');
    registry.addThingToGroup('pilot', 'VIN1');
    registry.attachPolicy('own', certificate.certificateArn);
    registry.attachPolicy('group', registry.thingGroups.describe('pilot').thingGroupArn);
    registry.attachPolicy('root', registry.thingGroups.describe('all').thingGroupArn);
    registry.attachPolicy('elsewhere', registry.thingGroups.describe('other').thingGroupArn);
    expect(connect('VIN1').policies.map((policy) => policy.policyName)).toEqual(['own']);
    registry.attachThingPrincipal('VIN1', certificate.certificateArn);
    const before = connect('VIN1').policies;
    expect(before.map((policy) => policy.policyName).sort()).toEqual(['group', 'own', 'root']);
    // The same objects until a version changes, so that compiled policies can hang on them.
    expect(connect('VIN1').policies[0]).toBe(before[0]);
    registry.policies.createVersion('own', ANY_POLICY.replace('iot:*', 'iot:Connect'), true);
    const after = connect('VIN1').policies.find((policy) => policy.policyName === 'own')!;
    expect(after).toMatchObject({ versionId: '2', document: expect.stringContaining('iot:Connect') });
  });

  test.each(['INACTIVE', 'REVOKED', 'PENDING_ACTIVATION', 'PENDING_TRANSFER'] as const)(
    'refuses a certificate that is %s',
    (status) => {
      world.registry.certificates.setStatus(certificate.certificateId, status);
      expect(connect('VIN1')).toEqual({
        refused: 'certificate-not-active',
        certificateId: certificate.certificateId,
        status,
      });
    },
  );

  test('refuses a certificate that nobody registered, and one outside its validity', async () => {
    const stranger = new X509Certificate(await issueDeviceCertificate(world.authority)).raw;
    expect(world.connections.connectionFacts(stranger, 'x')).toMatchObject({ refused: 'unknown-certificate' });
    await world.clock.advance(certificate.notAfter - world.clock.now() + 1);
    expect(connect('VIN1')).toMatchObject({ refused: 'certificate-expired' });
  });

  test('gives the user properties that the thing type propagates', () => {
    world.registry.thingTypes.create('car', {
      mqtt5Configuration: {
        propagatingAttributes: [
          { userPropertyKey: 'line', thingAttribute: 'line' },
          { userPropertyKey: 'missing', thingAttribute: 'missing' },
          { userPropertyKey: 'client', connectionAttribute: 'iot:ClientId' },
          { userPropertyKey: 'thing', connectionAttribute: 'iot:Thing.ThingName' },
        ],
      },
    });
    world.registry.things.create({
      thingName: 'VIN1',
      thingTypeName: 'car',
      attributePayload: { attributes: { line: 'a' } },
    });
    world.registry.attachThingPrincipal('VIN1', certificate.certificateArn, 'EXCLUSIVE_THING');
    expect(connect('c1').propagatedUserProperties).toEqual([
      ['line', 'a'],
      ['client', 'c1'],
      ['thing', 'VIN1'],
    ]);
  });

  test('tells of what changed, and of nothing that a failed transaction undid', () => {
    const changes: RegistryChange[] = [];
    world.registry.changes.subscribe((change) => changes.push(change));
    const { certificateId, certificateArn } = certificate;
    world.registry.policies.create('own', ANY_POLICY);
    world.registry.attachPolicy('own', certificateArn);
    world.registry.certificates.update(certificateId, 'REVOKED');
    const failing = (): void =>
      world.registry.atomically(() => {
        world.registry.things.create({ thingName: 'ghost' });
        world.registry.detachPolicy('own', certificateArn);
        throw new Error('no');
      });
    expect(failing).toThrow('no');
    expect(changes).toEqual([
      { kind: 'policy-attached', policyName: 'own', target: certificateArn },
      { kind: 'certificate-status', certificateId, status: 'REVOKED' },
    ]);
    expect(world.registry.things.get('ghost')).toBeUndefined();
    expect(world.registry.policyAttachments.policiesOf(certificateArn)).toEqual(['own']);
  });

  test('survives a restart with all its indices', async () => {
    const { registry } = world;
    registry.policies.create('own', ANY_POLICY);
    registry.things.create({ thingName: 'VIN1' });
    registry.attachPolicy('own', certificate.certificateArn);
    registry.attachThingPrincipal('VIN1', certificate.certificateArn, 'EXCLUSIVE_THING');
    const before = connect('VIN1');
    world = await world.reopen();
    expect(JSON.stringify(connect('VIN1'))).toBe(JSON.stringify(before));
  });

  test('lets a temporary claim use the topics of its template, for five minutes', async () => {
    addVehicleTemplate(world);
    const claim = await world.claims.create('vehicle');
    const claimDer = new X509Certificate(claim.certificatePem).raw;
    const admitted = world.connections.connectionFacts(claimDer, 'phone') as RegisteredConnection;
    const authorizer = new Authorizer(
      admitted.policies.map(({ policy }) => policy),
      admitted.facts,
      world.registry.account,
    );
    expect(authorizer.isAllowed('iot:Connect', 'phone')).toBe(true);
    expect(authorizer.isAllowed('iot:Publish', '$aws/certificates/create-from-csr/json')).toBe(true);
    expect(authorizer.isAllowed('iot:Subscribe', '$aws/provisioning-templates/vehicle/provision/json/accepted')).toBe(
      true,
    );
    expect(authorizer.isAllowed('iot:Publish', '$aws/provisioning-templates/other/provision/json')).toBe(false);
    expect(authorizer.isAllowed('iot:Publish', 'dt/vehicle/VIN1/telemetry')).toBe(false);
    expect(world.registry.certificates.get(claim.certificateId)).toBeUndefined();
    await world.clock.advance(300_000);
    expect(world.connections.connectionFacts(claimDer, 'phone')).toMatchObject({ refused: 'unknown-certificate' });
    await expect(world.claims.create('none')).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });
});
