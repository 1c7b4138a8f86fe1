import { connectAsync, type MqttClient } from 'mqtt';

import { DeviceStorage } from '../../../fleet/identity.ts';
import { provisionByClaim } from '../../../fleet/provisioning.ts';
import type { RunningBackbone } from './running-backbone.ts';

/** A connection of a device that registers with its class's claim certificate when nobody knows it yet. */
export async function connectDevice(
  backbone: RunningBackbone,
  thing: string,
  deviceClass: 'vehicle' | 'rsu' = 'vehicle',
): Promise<MqttClient> {
  const storage = new DeviceStorage(`${backbone.folder}/devices`, thing);
  let identity = storage.identity();
  if (!identity) {
    identity = await provisionByClaim(backbone.frontDoor, await backbone.claim(deviceClass), {
      ThingName: thing,
      SerialNumber: `SN-${thing}`,
    });
    storage.keepIdentity(identity);
  }
  const client = await connectAsync(backbone.frontDoor.url, {
    ...{ clientId: thing, protocolVersion: 5, reconnectPeriod: 0, ca: backbone.frontDoor.ca },
    ...{ cert: identity.certificatePem, key: identity.privateKeyPem },
  });
  client.on('error', () => undefined);
  return client;
}
