/** What a device can be. The class is the second level of its uplink topics and the name of its thing type. */
export const DEVICE_CLASSES = ['vehicle', 'rsu', 'phone'] as const;

export type DeviceClass = (typeof DEVICE_CLASSES)[number];

/**
 * A thing name: a vehicle's VIN, a roadside unit's id. It is also the MQTT client id (at most 128 bytes, no `+` or `#`:
 * AWS IoT reports no presence for ids that hold them) and one topic level, so no `/` or `$` either. AWS IoT allows `:` in thing
 * names; it is left out here because policies and ARNs separate with it.
 */
export const THING_NAME_PATTERN = '^[A-Za-z0-9_-]{1,64}$';

const thingName = new RegExp(THING_NAME_PATTERN);

/** Whether `value` can be a thing name of this backbone. */
export function isThingName(value: string): boolean {
  return thingName.test(value);
}
