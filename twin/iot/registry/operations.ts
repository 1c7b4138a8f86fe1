import type { AwsService, OperationDefinition } from '../../endpoint/service.ts';
import { provisioningOperations } from '../provisioning/operations.ts';
import type { DeviceProvisioning } from '../provisioning/provisioning.ts';
import type { IotEndpoints } from './operations/account.ts';
import { accountOperations } from './operations/account.ts';
import { billingGroupOperations } from './operations/billing-groups.ts';
import { caCertificateOperations } from './operations/ca-certificates.ts';
import { certificateOperations } from './operations/certificates.ts';
import { definitionOperations } from './operations/definitions.ts';
import { policyOperations } from './operations/policies.ts';
import { thingGroupOperations } from './operations/thing-groups.ts';
import { thingTypeOperations } from './operations/thing-types.ts';
import { thingOperations } from './operations/things.ts';
import type { Registry } from './registry.ts';

/**
 * The AWS IoT control plane.
 *
 * @param others operations of other parts (rules, jobs), which win over those here
 */
export function iotService(
  registry: Registry,
  provisioning: DeviceProvisioning,
  endpoints: IotEndpoints,
  others: Readonly<Record<string, OperationDefinition>> = {},
): AwsService {
  return {
    signingNames: ['iot'],
    iamPrefix: 'iot',
    model: () => import('@aws-sdk/client-iot'),
    operations: {
      ...allOrNothing(registry, {
        ...thingOperations(registry),
        ...thingTypeOperations(registry),
        ...thingGroupOperations(registry),
        ...billingGroupOperations(registry),
        ...policyOperations(registry),
        ...certificateOperations(registry, provisioning.issuer),
        ...caCertificateOperations(registry),
        ...accountOperations(registry, endpoints),
        ...definitionOperations(registry),
        ...provisioningOperations(registry, provisioning),
      }),
      ...others,
    },
  };
}

/**
 * An operation that fails half-way (a tag is refused after its group was made) leaves nothing. What an asynchronous one
 * does after its first `await` is not covered: those make their writes in one go at the end.
 */
function allOrNothing(
  registry: Registry,
  operations: Readonly<Record<string, OperationDefinition>>,
): Record<string, OperationDefinition> {
  return Object.fromEntries(
    Object.entries(operations).map(([name, definition]) => [
      name,
      { ...definition, run: (input, context) => registry.atomically(() => definition.run(input, context)) },
    ]),
  );
}
