import type { JsonSchema } from './schema.ts';

/**
 * Size that a telemetry batch should approach and not pass, in bytes: AWS IoT meters messages and rule actions in steps of 5 KB, so a
 * smaller batch wastes money and a larger one pays twice.
 */
export const TELEMETRY_TARGET_BYTES = 5 * 1024;

/** Signals that vehicles report, named after the COVESA Vehicle Signal Specification, with their units. */
export const VEHICLE_SIGNALS = {
  'Vehicle.Speed': { unit: 'km/h', minimum: -250, maximum: 500 },
  'Vehicle.CurrentLocation.Latitude': { unit: 'degrees', minimum: -90, maximum: 90 },
  'Vehicle.CurrentLocation.Longitude': { unit: 'degrees', minimum: -180, maximum: 180 },
  'Vehicle.CurrentLocation.Altitude': { unit: 'm', minimum: -500, maximum: 9000 },
  'Vehicle.CurrentLocation.Heading': { unit: 'degrees', minimum: 0, maximum: 360 },
  'Vehicle.TraveledDistance': { unit: 'km', minimum: 0, maximum: 10_000_000 },
  'Vehicle.Powertrain.TractionBattery.StateOfCharge.Current': { unit: 'percent', minimum: 0, maximum: 100 },
  'Vehicle.Powertrain.TractionBattery.CurrentPower': { unit: 'W', minimum: -1_000_000, maximum: 1_000_000 },
  'Vehicle.Powertrain.Range': { unit: 'm', minimum: 0, maximum: 5_000_000 },
  'Vehicle.Exterior.AirTemperature': { unit: 'celsius', minimum: -80, maximum: 80 },
  'Vehicle.Cabin.HVAC.AmbientAirTemperature': { unit: 'celsius', minimum: -80, maximum: 120 },
} as const;

export type VehicleSignal = keyof typeof VEHICLE_SIGNALS;

/**
 * One telemetry message: samples taken over some seconds, column by column, so that a signal's name is sent once a batch and not
 * once a sample. Every column has as many entries as `at`; `null` where a signal was not sampled.
 */
export interface TelemetryBatch {
  /** Counts the device's batches from 0 since it was provisioned; gaps and repetitions show what was lost or sent twice. */
  readonly sequence: number;
  /** When each sample was taken: Unix time in ms, ascending. */
  readonly at: readonly number[];
  readonly signals: { readonly [signal in VehicleSignal]?: readonly (number | null)[] };
}

export const telemetrySchema: JsonSchema = {
  $id: 'iov.telemetry',
  title: 'TelemetryBatch',
  type: 'object',
  required: ['sequence', 'at', 'signals'],
  additionalProperties: false,
  properties: {
    sequence: { type: 'integer', minimum: 0 },
    at: { type: 'array', minItems: 1, maxItems: 600, items: { type: 'integer', minimum: 0 } },
    signals: {
      type: 'object',
      minProperties: 1,
      additionalProperties: false,
      properties: Object.fromEntries(
        Object.entries(VEHICLE_SIGNALS).map(([name, { unit, minimum, maximum }]) => [
          name,
          {
            description: `in ${unit}`,
            type: 'array',
            items: { anyOf: [{ type: 'number', minimum, maximum }, { type: 'null' }] },
          },
        ]),
      ),
    },
  },
};
