import type { JsonSchema } from './schema.ts';
import { THING_NAME_PATTERN } from './device-classes.ts';

/** What a device sends with RegisterThing (`parameters`), all strings. */
export interface ProvisioningParameters {
  /** The thing name that the device asks for: a vehicle's VIN. */
  readonly ThingName: string;
  /** The telematics unit's serial number, from manufacture. */
  readonly SerialNumber: string;
}

/** What a device is told when it has been registered (`deviceConfiguration` of the RegisterThing response), all strings. */
export interface DeviceConfiguration {
  /** The cell that the device belongs to. */
  readonly cell: string;
  /** The device's class: the second level of its uplink topics. */
  readonly deviceClass: string;
  /** The size that telemetry batches should approach, in bytes. */
  readonly telemetryTargetBytes: string;
}

export const provisioningParametersSchema: JsonSchema = {
  $id: 'iov.provisioning-parameters',
  title: 'ProvisioningParameters',
  type: 'object',
  required: ['ThingName', 'SerialNumber'],
  properties: {
    ThingName: { type: 'string', pattern: THING_NAME_PATTERN },
    SerialNumber: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' },
  },
};
