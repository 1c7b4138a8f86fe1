import type { CustomResourceOutcome } from '../shared/custom-resource.ts';

interface ThingIndexingConfiguration {
  readonly thingIndexingMode: 'REGISTRY';
  readonly thingConnectivityIndexingMode: 'STATUS';
}

interface SettingsApi {
  updateEventConfigurations(settings: Record<string, { Enabled: boolean }>): Promise<unknown>;
  updateIndexingConfiguration(settings: ThingIndexingConfiguration): Promise<unknown>;
}

/**
 * Settings of which there is one per account and Region: which registry events are published, and that the fleet is
 * indexed with its connectivity. They are not undone when the stack goes: nobody knows what they were before.
 */
export async function iotAccountSettings(
  properties: Readonly<Record<string, unknown>>,
  api: SettingsApi,
): Promise<CustomResourceOutcome> {
  const events = properties['Events'];
  if (!Array.isArray(events)) throw new Error('Events must be a list of event types');
  await api.updateEventConfigurations(Object.fromEntries(events.map((event) => [String(event), { Enabled: true }])));
  await api.updateIndexingConfiguration({ thingIndexingMode: 'REGISTRY', thingConnectivityIndexingMode: 'STATUS' });
  return { physicalId: 'iot-account-settings' };
}
