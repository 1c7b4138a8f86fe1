import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DEFAULT_ACCOUNT } from '../../../twin/account.ts';
import { ManualClock } from '../../../twin/clock.ts';
import { CertificateAuthority } from '../../../twin/iot/certificates/authority.ts';
import type { DeviceProvisioning, DeviceProvisioningOptions } from '../../../twin/iot/provisioning/provisioning.ts';
import { openProvisioning } from '../../../twin/iot/provisioning/provisioning.ts';
import type { ProvisioningLogEntry } from '../../../twin/iot/provisioning/log.ts';
import type { Publication } from '../../../twin/iot/publication.ts';
import { Registry } from '../../../twin/iot/registry/registry.ts';
import type { Store } from '../../../twin/state/store.ts';
import { openStore } from '../../../twin/state/store.ts';

/** A registry with provisioning over a state folder that a test can close and open again. */
export interface DeviceWorld extends DeviceProvisioning {
  readonly folder: string;
  readonly clock: ManualClock;
  readonly store: Store;
  readonly registry: Registry;
  readonly authority: CertificateAuthority;
  readonly log: ProvisioningLogEntry[];
  readonly published: Publication[];
  reopen(): Promise<DeviceWorld>;
  /** Publishes a provisioning request; what comes back is decoded from JSON. */
  request(
    topic: string,
    payload?: unknown,
    clientId?: string,
  ): Promise<{ topic: string; payload: Record<string, unknown> }>;
}

export async function openDeviceWorld(
  options: Partial<DeviceProvisioningOptions> = {},
  folder = mkdtempSync(join(tmpdir(), 'iov-devices-')),
  // Certificates made with other tools begin now.
  clock = new ManualClock(Date.now()),
): Promise<DeviceWorld> {
  const store = openStore(join(folder, 'state.db'));
  const registry = new Registry(store, DEFAULT_ACCOUNT, clock);
  const authority = await CertificateAuthority.open(join(folder, 'ca'), clock);
  const log: ProvisioningLogEntry[] = [];
  const published: Publication[] = [];
  const provisioning = openProvisioning({
    registry,
    authority,
    publish: async (publication) => void published.push(publication),
    log: { write: (entry) => void log.push(entry) },
    ...options,
  });
  return {
    ...provisioning,
    folder,
    clock,
    store,
    registry,
    authority,
    log,
    published,
    reopen: async () => {
      await provisioning.close();
      store.close();
      return openDeviceWorld(options, folder, clock);
    },
    request: async (topic, payload, clientId = 'factory-1') => {
      const replies = await provisioning.topics.handle(
        {
          topic,
          payload:
            payload === undefined
              ? Buffer.alloc(0)
              : Buffer.isBuffer(payload)
                ? payload
                : Buffer.from(JSON.stringify(payload)),
          qos: 1,
          retain: false,
          source: { protocol: 'mqtt', clientId },
          receivedAt: clock.now(),
        },
        { clientId, principal: 'c'.repeat(64), protocol: 'mqtt' },
      );
      if (typeof replies === 'string') throw new Error(`${topic} is ${replies}`);
      const [reply] = replies;
      return { topic: reply!.topic, payload: JSON.parse(reply!.payload.toString()) as Record<string, unknown> };
    },
  };
}

export function closeDeviceWorld(world: DeviceWorld): void {
  void world.close();
  world.store.close();
  rmSync(world.folder, { recursive: true });
}

export const ROLE_ARN = 'arn:aws:iam::000000000000:role/provisioning';

/** A policy that lets a device do anything; what it says is not what these tests are about. */
export const ANY_POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iot:*', Resource: '*' }],
});

/** The template that most tests use: a thing named by a parameter, its certificate, an existing policy. */
export const VEHICLE_TEMPLATE = {
  Parameters: { SerialNumber: { Type: 'String' }, 'AWS::IoT::Certificate::Id': { Type: 'String' } },
  Resources: {
    thing: { Type: 'AWS::IoT::Thing', Properties: { ThingName: { Ref: 'SerialNumber' } } },
    certificate: {
      Type: 'AWS::IoT::Certificate',
      Properties: {
        CertificateId: { Ref: 'AWS::IoT::Certificate::Id' },
        Status: 'Active',
        ThingPrincipalType: 'EXCLUSIVE_THING',
      },
    },
    policy: { Type: 'AWS::IoT::Policy', Properties: { PolicyName: 'vehicle' } },
  },
  DeviceConfiguration: { greeting: { 'Fn::Sub': 'hello ${SerialNumber}' } },
};

/** Registers the template and the policy that it names. */
export function addVehicleTemplate(world: DeviceWorld, body: object = VEHICLE_TEMPLATE, hookArn?: string): void {
  if (!world.registry.policies.table.has('vehicle')) world.registry.policies.create('vehicle', ANY_POLICY);
  world.templates.create({
    templateName: 'vehicle',
    templateBody: JSON.stringify(body),
    enabled: true,
    provisioningRoleArn: ROLE_ARN,
    ...(hookArn && { preProvisioningHook: { targetArn: hookArn } }),
  });
}
