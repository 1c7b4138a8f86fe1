import { X509Certificate } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { RegistrationConfig } from '../../../../twin/iot/certificates/ca-certificates.ts';
import { certificateIdOf } from '../../../../twin/iot/certificates/fingerprint.ts';
import type { DeviceWorld } from '../device-world.ts';
import { ANY_POLICY, closeDeviceWorld, openDeviceWorld, ROLE_ARN } from '../device-world.ts';
import { ownAuthority } from '../own-authority.ts';

const TEMPLATE = {
  Parameters: {
    'AWS::IoT::Certificate::CommonName': { Type: 'String' },
    'AWS::IoT::Certificate::Country': { Type: 'String' },
    'AWS::IoT::Certificate::Id': { Type: 'String' },
  },
  Resources: {
    thing: {
      Type: 'AWS::IoT::Thing',
      Properties: {
        ThingName: { Ref: 'AWS::IoT::Certificate::CommonName' },
        AttributePayload: { version: 'v1', country: { Ref: 'AWS::IoT::Certificate::Country' } },
      },
    },
    certificate: {
      Type: 'AWS::IoT::Certificate',
      Properties: { CertificateId: { Ref: 'AWS::IoT::Certificate::Id' }, Status: 'ACTIVE' },
      OverrideSettings: { Status: 'DO_NOTHING' },
    },
    policy: { Type: 'AWS::IoT::Policy', Properties: { PolicyDocument: ANY_POLICY } },
  },
};

describe('a certificate that nobody registered, of a CA that somebody did', () => {
  let world: DeviceWorld;
  let pki: Awaited<ReturnType<typeof ownAuthority>>;
  beforeEach(async () => {
    world = await openDeviceWorld();
    pki = await ownAuthority();
  });
  afterEach(() => closeDeviceWorld(world));

  const registerCa = (registrationConfig?: RegistrationConfig, changes: object = {}): string =>
    world.registry.caCertificates.register(
      {
        caCertificatePem: pki.caPem,
        setAsActive: true,
        allowAutoRegistration: true,
        certificateMode: 'SNI_ONLY',
        registrationConfig,
        ...changes,
      },
      () => 'code',
    ).certificateId;
  const newcomer = async (subject = 'CN=VIN9, C=DE'): Promise<Buffer> =>
    new X509Certificate(await pki.issue(subject)).raw;

  test('is registered, pending activation, and announced on the topic of its CA', async () => {
    const caCertificateId = registerCa();
    const der = await newcomer();
    expect(await world.justInTime.registerNewcomer(der, 'VIN9')).toBe(false);
    const certificateId = certificateIdOf(der);
    expect(world.registry.certificates.describe(certificateId)).toMatchObject({
      status: 'PENDING_ACTIVATION',
      caCertificateId,
    });
    expect(world.published).toHaveLength(1);
    expect(world.published[0]!.topic).toBe(`$aws/events/certificates/registered/${caCertificateId}`);
    expect(JSON.parse(world.published[0]!.payload.toString())).toEqual({
      certificateId,
      caCertificateId,
      timestamp: world.clock.now(),
      certificateStatus: 'PENDING_ACTIVATION',
      awsAccountId: '000000000000',
      certificateRegistrationTimestamp: world.clock.now(),
    });
    expect(world.connections.connectionFacts(der, 'VIN9')).toMatchObject({ refused: 'certificate-not-active' });
  });

  test('is registered once when its device connects twice at once', async () => {
    registerCa();
    const der = await newcomer();
    await Promise.all([world.justInTime.registerNewcomer(der, 'VIN9'), world.justInTime.registerNewcomer(der, 'VIN9')]);
    expect(world.published).toHaveLength(1);
  });

  test.each<[string, () => RegistrationConfig]>([
    ['the body', () => ({ templateBody: JSON.stringify(TEMPLATE), roleArn: ROLE_ARN })],
    [
      'the name',
      () => {
        world.templates.create({
          templateName: 'jitp',
          type: 'JITP',
          templateBody: JSON.stringify(TEMPLATE),
          enabled: true,
          provisioningRoleArn: ROLE_ARN,
        });
        return { templateName: 'jitp' };
      },
    ],
  ])('is provisioned by a template of which the CA gives %s', async (_, config) => {
    registerCa(config());
    const der = await newcomer();
    await world.justInTime.registerNewcomer(der, 'VIN9');
    expect(world.registry.things.describe('VIN9').attributes).toEqual({ version: 'v1', country: 'DE' });
    expect(world.connections.connectionFacts(der, 'VIN9')).toMatchObject({
      facts: { thingName: 'VIN9', isAttached: true },
    });
    expect(world.published).toEqual([]);
    expect(world.log).toEqual([
      expect.objectContaining({ status: 'Success', thingName: 'VIN9', eventType: 'RegisterDeviceCertificate' }),
    ]);
  });

  test('may be let in at once, where that is wanted', async () => {
    closeDeviceWorld(world);
    world = await openDeviceWorld({ firstConnection: 'admitted' });
    registerCa({ templateBody: JSON.stringify(TEMPLATE), roleArn: ROLE_ARN });
    expect(await world.justInTime.registerNewcomer(await newcomer(), 'VIN9')).toBe(true);
  });

  test('stays pending when its subject lacks a field that the template needs, and the log says which', async () => {
    registerCa({ templateBody: JSON.stringify(TEMPLATE), roleArn: ROLE_ARN });
    const der = await newcomer('CN=VIN9');
    await world.justInTime.registerNewcomer(der, 'VIN9');
    expect(world.registry.things.get('VIN9')).toBeUndefined();
    expect(world.registry.certificates.describe(certificateIdOf(der)).status).toBe('PENDING_ACTIVATION');
    expect(world.log.at(-1)).toMatchObject({
      status: 'Failure',
      details: expect.stringContaining('AWS::IoT::Certificate::Country'),
    });
  });

  test.each([
    ['its CA is inactive', { setAsActive: false }],
    ['its CA does not register automatically', { allowAutoRegistration: false }],
  ])('stays unknown when %s', async (_, changes) => {
    registerCa(undefined, changes);
    expect(await world.justInTime.registerNewcomer(await newcomer(), 'VIN9')).toBe(false);
    expect(world.registry.certificates.table.size).toBe(0);
  });

  test('stays unknown when another CA of the same name signed it, and when it is no certificate at all', async () => {
    registerCa();
    pki = await ownAuthority();
    expect(await world.justInTime.registerNewcomer(await newcomer(), 'VIN9')).toBe(false);
    expect(await world.justInTime.registerNewcomer(Buffer.from('nonsense'), 'VIN9')).toBe(false);
    expect(world.registry.certificates.table.size).toBe(0);
  });
});
