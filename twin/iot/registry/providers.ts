import type { ResourceProvider } from '../../cloudformation/provider.ts';
import { provisioningTemplateProvider } from '../provisioning/providers.ts';
import type { DeviceProvisioning } from '../provisioning/provisioning.ts';
import { certificateProviders } from './providers/certificates.ts';
import { definitionProviders } from './providers/definitions.ts';
import { loggingProviders } from './providers/logging.ts';
import { policyProviders } from './providers/policies.ts';
import { thingProviders } from './providers/things.ts';
import type { Registry } from './registry.ts';
import type { DynamicThingGroups } from './thing-groups.ts';

/** The resource types of the registry, certificates and provisioning (CloudFormation template reference, AWS IoT). */
export function registryProviders(
  registry: Registry,
  provisioning: DeviceProvisioning,
  dynamicGroups?: DynamicThingGroups,
): ResourceProvider[] {
  const providers = [
    ...thingProviders(registry, dynamicGroups),
    ...policyProviders(registry),
    ...certificateProviders(registry, provisioning.issuer),
    ...definitionProviders(registry),
    ...loggingProviders(registry),
    provisioningTemplateProvider(registry, provisioning.templates),
  ];
  return providers.map((provider) => allOrNothing(registry, provider));
}

/** A resource that cannot be made whole is not made at all; see `allOrNothing` of the operations. */
function allOrNothing(registry: Registry, provider: ResourceProvider): ResourceProvider {
  return {
    type: provider.type,
    create: (request) => registry.atomically(() => provider.create(request)),
    update: (request) => registry.atomically(() => provider.update(request)),
    delete: (request) => registry.atomically(() => provider.delete(request)),
  };
}
