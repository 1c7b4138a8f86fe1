import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../twin/account.ts';
import { SystemClock } from '../../../twin/clock.ts';
import type { Admission, ConnectRequest, Refusal } from '../../../twin/iot/broker/ports.ts';
import { CertificateAuthority, type KeyedCertificate } from '../../../twin/iot/certificates/authority.ts';
import { DeviceGatekeeper } from '../../../twin/iot/gatekeeper.ts';
import { ConnectionRegistry } from '../../../twin/iot/registry/connection-facts.ts';
import { Registry } from '../../../twin/iot/registry/registry.ts';
import { openStore } from '../../../twin/state/store.ts';

const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 'iot:Connect', Resource: 'arn:aws:iot:*:*:client/${iot:Connection.Thing.ThingName}' },
    {
      Effect: 'Allow',
      Action: 'iot:Publish',
      Resource: 'arn:aws:iot:*:*:topic/dt/${iot:Connection.Thing.ThingName}/*',
    },
  ],
});

describe('the gatekeeper', () => {
  let folder: string;
  let issued: KeyedCertificate;
  let der: Buffer;
  let registry: Registry;
  let gatekeeper: DeviceGatekeeper;
  let arn: string;
  let certificateId: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iov-gatekeeper-'));
    issued = await (await CertificateAuthority.open(folder, new SystemClock())).issueWithNewKeys();
    der = new X509Certificate(issued.certificatePem).raw;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeEach(() => {
    registry = new Registry(openStore(':memory:'), DEFAULT_ACCOUNT, new SystemClock());
    registry.policies.create('device', POLICY);
    registry.things.create({ thingName: 'car-1' });
    ({ certificateArn: arn, certificateId } = registry.certificates.register({
      certificatePem: issued.certificatePem,
      status: 'ACTIVE',
    }));
    registry.policyAttachments.attach('device', arn);
    registry.principals.attach('car-1', arn);
    gatekeeper = new DeviceGatekeeper({
      account: DEFAULT_ACCOUNT,
      connections: new ConnectionRegistry(registry),
      onChange: (listener) => void registry.changes.subscribe(listener),
      authorizeSigned: (accessKeyId, action) => accessKeyId === 'ADMIN' || action === 'iot:Connect',
    });
  });

  const request = (more: Partial<ConnectRequest> = {}): ConnectRequest => ({
    transport: 'tls',
    protocolVersion: 5,
    clientId: 'car-1',
    certificate: { certificateId, der, pem: issued.certificatePem },
    sourceIp: '127.0.0.1',
    sourcePort: 1,
    cleanStart: true,
    persistent: false,
    ...more,
  });
  const admitted = async (more?: Partial<ConnectRequest>): Promise<Admission> => {
    const answer = await gatekeeper.admit(request(more));
    if ('refused' in answer) throw new Error(answer.detail);
    return answer;
  };
  const refused = async (more?: Partial<ConnectRequest>): Promise<Refusal> =>
    (await gatekeeper.admit(request(more))) as Refusal;

  test('lets a device in as its thing, to its own topics alone', async () => {
    const admission = await admitted();
    expect([admission.principal, admission.thingName]).toEqual([certificateId, 'car-1']);
    expect(admission.authorize('iot:Publish', 'dt/car-1/telemetry')).toBe(true);
    expect(admission.authorize('iot:Publish', 'dt/car-2/telemetry')).toBe(false);
    expect(admission.authorize('iot:Subscribe', 'dt/car-1/telemetry')).toBe(false);
    expect(admission.explain!('iot:Publish', 'dt/car-2/telemetry')).toContain('device');
  });

  test.each<[string, Partial<ConnectRequest>, string]>([
    ['under another client id', { clientId: 'car-2' }, 'NOT_AUTHORIZED'],
    [
      'with a last will that it may not publish',
      { lastWill: { topic: 'dt/car-2/event', retain: false } },
      'NOT_AUTHORIZED',
    ],
    [
      'with a retained last will and no right to retain',
      { lastWill: { topic: 'dt/car-1/event', retain: true } },
      'NOT_AUTHORIZED',
    ],
    ['without any credentials', { certificate: undefined }, 'BAD_CREDENTIALS'],
  ])('refuses a device %s', async (_how, more, reason) => {
    expect((await refused(more)).refused).toBe(reason);
  });

  test.each(['INACTIVE', 'REVOKED'] as const)('refuses a certificate that is %s', async (status) => {
    registry.certificates.update(certificateId, status);
    expect(await refused()).toMatchObject({
      refused: 'NOT_AUTHORIZED',
      detail: expect.stringContaining('is not ACTIVE'),
    });
  });

  test('binds a live connection when its policy is detached, changed or its certificate taken back', async () => {
    const [first, second] = [await admitted(), await admitted()];
    registry.policies.createVersion('device', POLICY.replace('topic/dt/', 'topic/other/'), true);
    expect(first.authorize('iot:Publish', 'dt/car-1/telemetry')).toBe(false);
    expect(first.authorize('iot:Publish', 'other/car-1/telemetry')).toBe(true);
    registry.certificates.update(certificateId, 'INACTIVE');
    expect(second.authorize('iot:Publish', 'other/car-1/telemetry')).toBe(false);
  });

  test('asks for just-in-time registration of an unknown certificate once', async () => {
    let asked = 0;
    const unknown = new Registry(openStore(':memory:'), DEFAULT_ACCOUNT, new SystemClock());
    gatekeeper = new DeviceGatekeeper({
      account: DEFAULT_ACCOUNT,
      connections: new ConnectionRegistry(unknown),
      onChange: () => undefined,
      authorizeSigned: () => false,
      registerJustInTime: async () => ++asked > 1,
    });
    expect((await refused()).detail).toContain('is not registered');
    expect(asked).toBe(1);
  });

  test('lets signed requests do what IAM allows their caller', async () => {
    const signed = (accessKeyId: string) => ({
      certificate: undefined,
      signature: { accessKeyId, principal: 'AROA:app' },
    });
    expect((await admitted(signed('ADMIN'))).authorize('iot:Publish', 'any/topic')).toBe(true);
    expect((await admitted(signed('OTHER'))).authorize('iot:Publish', 'any/topic')).toBe(false);
  });

  test('does not ask for iot:Connect where an HTTPS request publishes', async () => {
    const admission = await admitted({ transport: 'https', clientId: '', protocolVersion: undefined });
    expect(admission.authorize('iot:Publish', 'dt/car-1/telemetry')).toBe(false);
  });
});
