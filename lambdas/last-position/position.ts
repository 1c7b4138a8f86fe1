import type { MSKRecord } from 'aws-lambda';
import { isThingName } from '../../contracts/device-classes.ts';
import { geohash } from '../../contracts/geohash.ts';
import type { TelemetryBatch, VehicleSignal } from '../../contracts/telemetry.ts';

/** Where a device was, and when it said so. */
export interface Position {
  readonly thing: string;
  /** In degrees. */
  readonly latitude: number;
  readonly longitude: number;
  /** Name of the area, as in `bc/area/<geohash>`. */
  readonly geohash: string;
  /** Unix time in ms, of the device. */
  readonly at: number;
}

const LATITUDE: VehicleSignal = 'Vehicle.CurrentLocation.Latitude';
const LONGITUDE: VehicleSignal = 'Vehicle.CurrentLocation.Longitude';

/** The newest position in a record of `iov.telemetry`; `undefined` when it has none, or is not what the contract says. */
export function positionOf({ key, value }: Pick<MSKRecord, 'key' | 'value'>): Position | undefined {
  // The key is the thing name, which the rule takes from the topic.
  const thing = Buffer.from(key ?? '', 'base64').toString('utf8');
  const batch = parse(value);
  if (!isThingName(thing) || !batch) return undefined;
  const latitudes = batch.signals[LATITUDE] ?? [];
  const longitudes = batch.signals[LONGITUDE] ?? [];
  for (let sample = batch.at.length - 1; sample >= 0; sample--) {
    const [latitude, longitude, at] = [latitudes[sample], longitudes[sample], batch.at[sample]];
    if (within(latitude, 90) && within(longitude, 180) && Number.isSafeInteger(at))
      return { thing, latitude, longitude, geohash: geohash(latitude, longitude), at: at! };
  }
  return undefined;
}

function within(value: number | null | undefined, limit: number): value is number {
  return typeof value === 'number' && Math.abs(value) <= limit;
}

function parse(value: string): TelemetryBatch | undefined {
  try {
    const batch = JSON.parse(Buffer.from(value ?? '', 'base64').toString('utf8')) as Partial<TelemetryBatch> | null;
    return Array.isArray(batch?.at) && typeof batch.signals === 'object' && batch.signals !== null
      ? (batch as TelemetryBatch)
      : undefined;
  } catch {
    return undefined;
  }
}
