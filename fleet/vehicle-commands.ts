import { CommandRefused, type CommandHandler } from './command-executor.ts';
import type { DrivingState } from './drive-cycle.ts';

/** The parts of a vehicle that commands act on. */
export interface VehicleBody {
  locked: boolean;
  climateUntil: number | undefined;
  /** How often the horn was sounded. */
  honks: number;
}

export const newBody = (): VehicleBody => ({ locked: true, climateUntil: undefined, honks: 0 });

/** A vehicle does not open its doors above walking pace. */
const WALKING_PACE = 7;
const DEFAULT_CLIMATE_MINUTES = 15;

/** What a simulated vehicle does for each command of the catalogue. */
export function vehicleCommands(
  body: VehicleBody,
  state: () => DrivingState,
  now: () => number,
): Record<string, CommandHandler> {
  return {
    'doors.lock': () => ({ locked: (body.locked = true) }),
    'doors.unlock': () => {
      if (state().speed > WALKING_PACE)
        throw new CommandRefused('not-now', `the vehicle moves at ${Math.round(state().speed)} km/h`);
      return { locked: (body.locked = false) };
    },
    'climate.start': ({ minutes }) => {
      body.climateUntil = now() + Number(minutes ?? DEFAULT_CLIMATE_MINUTES) * 60_000;
      return { until: body.climateUntil };
    },
    'horn.honk': ({ times }) => {
      body.honks += Number(times ?? 1);
      return {};
    },
    'location.get': () => ({ latitude: state().latitude, longitude: state().longitude, at: now() }),
  };
}
