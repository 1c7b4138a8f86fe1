import { VEHICLE_SIGNALS, type TelemetryBatch, type VehicleSignal } from '../contracts/telemetry.ts';
import { rangeOf, type DrivingState } from './drive-cycle.ts';

/** One moment of a vehicle, by signal. */
export type Sample = Readonly<Record<VehicleSignal, number>>;

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

export function sampleOf(state: DrivingState): Sample {
  return {
    'Vehicle.Speed': rounded(state.speed, 1),
    'Vehicle.CurrentLocation.Latitude': rounded(state.latitude, 6),
    'Vehicle.CurrentLocation.Longitude': rounded(state.longitude, 6),
    'Vehicle.CurrentLocation.Altitude': rounded(state.altitude, 1),
    'Vehicle.CurrentLocation.Heading': rounded(state.heading, 0),
    'Vehicle.TraveledDistance': rounded(state.traveledDistance, 3),
    'Vehicle.Powertrain.TractionBattery.StateOfCharge.Current': rounded(state.stateOfCharge, 2),
    'Vehicle.Powertrain.TractionBattery.CurrentPower': Math.round(state.power),
    'Vehicle.Powertrain.Range': rangeOf(state),
    'Vehicle.Exterior.AirTemperature': rounded(state.airTemperature, 1),
    'Vehicle.Cabin.HVAC.AmbientAirTemperature': rounded(state.cabinTemperature, 1),
  };
}

const SIGNALS = Object.keys(VEHICLE_SIGNALS) as VehicleSignal[];
/** Of `{"sequence":…,"at":[…],"signals":{…}}` without any sample, with a generous sequence number. */
const ENVELOPE_BYTES = JSON.stringify({
  sequence: 9_999_999_999,
  at: [],
  signals: Object.fromEntries(SIGNALS.map((signal) => [signal, []])),
}).length;
/** A Unix time in milliseconds and its comma. */
const TIME_BYTES = 14;

/** Collects samples until another one would make the message larger than `targetBytes`. */
export class TelemetryCollector {
  readonly #targetBytes: number;
  #times: number[] = [];
  #samples: Sample[] = [];
  #bytes = ENVELOPE_BYTES;

  constructor(targetBytes: number) {
    this.#targetBytes = targetBytes;
  }

  get size(): number {
    return this.#samples.length;
  }

  /** @returns false, and takes nothing, when the batch is full */
  add(at: number, sample: Sample): boolean {
    let bytes = TIME_BYTES;
    for (const signal of SIGNALS) bytes += String(sample[signal]).length + 1;
    if (this.#samples.length > 0 && this.#bytes + bytes > this.#targetBytes) return false;
    this.#bytes += bytes;
    this.#times.push(at);
    this.#samples.push(sample);
    return true;
  }

  /** What was collected, as the message numbered `sequence`; the collector is empty afterwards. */
  take(sequence: number): TelemetryBatch | undefined {
    if (this.#samples.length === 0) return undefined;
    const samples = this.#samples;
    const signals = Object.fromEntries(SIGNALS.map((signal) => [signal, samples.map((sample) => sample[signal])]));
    const batch: TelemetryBatch = { sequence, at: this.#times, signals };
    this.#times = [];
    this.#samples = [];
    this.#bytes = ENVELOPE_BYTES;
    return batch;
  }
}
