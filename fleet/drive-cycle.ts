import type { Random } from './random.ts';

/** Where a simulated vehicle is and how it is doing. Units as in the Vehicle Signal Specification. */
export interface DrivingState {
  /** km/h */
  readonly speed: number;
  /** km/h that the driver aims at in the present phase */
  readonly targetSpeed: number;
  /** Seconds until the driver changes their mind. */
  readonly phaseLeft: number;
  readonly latitude: number;
  readonly longitude: number;
  /** metres */
  readonly altitude: number;
  /** degrees, clockwise from north */
  readonly heading: number;
  /** km */
  readonly traveledDistance: number;
  /** percent */
  readonly stateOfCharge: number;
  /** W, negative while recuperating */
  readonly power: number;
  /** celsius */
  readonly airTemperature: number;
  readonly cabinTemperature: number;
}

const METRES_PER_DEGREE = 111_320;
/** Usable energy of the simulated battery, in Wh, and how far a full one goes, in metres. */
const BATTERY_WH = 75_000;
const FULL_RANGE_M = 420_000;
const EMPTY = 8;
const CHARGED = 90;
/** A fast charger, in W. */
const CHARGING_POWER = -120_000;

/** Speeds that people drive at: standing, town, country road, motorway. */
const PHASES = [
  { speed: 0, seconds: 20, weight: 0.2 },
  { speed: 30, seconds: 60, weight: 0.25 },
  { speed: 50, seconds: 120, weight: 0.3 },
  { speed: 90, seconds: 240, weight: 0.15 },
  { speed: 120, seconds: 400, weight: 0.1 },
] as const;

/** A vehicle that is just about to leave, somewhere around `centre`. */
export function parkedVehicle(random: Random, centre: { latitude: number; longitude: number }): DrivingState {
  return {
    speed: 0,
    targetSpeed: 0,
    phaseLeft: random() * 10,
    latitude: centre.latitude + (random() - 0.5) * 0.2,
    longitude: centre.longitude + (random() - 0.5) * 0.3,
    altitude: 480 + random() * 60,
    heading: random() * 360,
    traveledDistance: 1_000 + random() * 80_000,
    stateOfCharge: 40 + random() * 55,
    power: 0,
    airTemperature: 5 + random() * 20,
    cabinTemperature: 20,
  };
}

function nextPhase(random: Random): { targetSpeed: number; phaseLeft: number } {
  let left = random();
  const phase = PHASES.find(({ weight }) => (left -= weight) < 0) ?? PHASES[0];
  return { targetSpeed: phase.speed * (0.8 + random() * 0.3), phaseLeft: phase.seconds * (0.5 + random()) };
}

/** An empty vehicle stands at a charger until it is charged. */
function charge(state: DrivingState, seconds: number): DrivingState {
  const stateOfCharge = Math.min(100, state.stateOfCharge - (CHARGING_POWER * seconds) / 3_600 / (BATTERY_WH / 100));
  return { ...state, speed: 0, targetSpeed: stateOfCharge < CHARGED ? -1 : 0, power: CHARGING_POWER, stateOfCharge };
}

/**
 * Where the vehicle is `seconds` later. Pure but for `random`, so a seeded drive repeats. A target speed of -1 stands
 * for a vehicle at a charger.
 */
export function drive(state: DrivingState, seconds: number, random: Random): DrivingState {
  if (state.targetSpeed === -1 || (state.stateOfCharge < EMPTY && state.speed < 1)) return charge(state, seconds);
  const phase =
    state.phaseLeft > seconds
      ? { targetSpeed: state.targetSpeed, phaseLeft: state.phaseLeft - seconds }
      : nextPhase(random);
  const targetSpeed = state.stateOfCharge < EMPTY ? 0 : phase.targetSpeed;
  // 7 km/h a second is a brisk start, 12 a firm brake.
  const change = Math.max(-12 * seconds, Math.min(7 * seconds, targetSpeed - state.speed));
  const speed = Math.max(0, state.speed + change);
  const metres = (((state.speed + speed) / 2) * 1_000 * seconds) / 3_600;
  const heading = (state.heading + (random() - 0.5) * 8 * Math.min(1, speed / 20) + 360) % 360;
  const radians = (heading * Math.PI) / 180;
  const power = speed < 0.1 ? 400 : Math.round(400 + speed * 90 + speed * speed * 0.9 + change * speed * 25);
  return {
    ...phase,
    targetSpeed,
    speed,
    heading,
    latitude: state.latitude + (metres * Math.cos(radians)) / METRES_PER_DEGREE,
    longitude:
      state.longitude + (metres * Math.sin(radians)) / (METRES_PER_DEGREE * Math.cos((state.latitude * Math.PI) / 180)),
    altitude: state.altitude + (random() - 0.5) * Math.min(1, metres / 20),
    traveledDistance: state.traveledDistance + metres / 1_000,
    power,
    stateOfCharge: Math.max(0, Math.min(100, state.stateOfCharge - (power * seconds) / 3_600 / (BATTERY_WH / 100))),
    airTemperature: state.airTemperature + (random() - 0.5) * 0.02 * seconds,
    cabinTemperature: state.cabinTemperature + (21 - state.cabinTemperature) * Math.min(1, 0.01 * seconds),
  };
}

/** Metres that the battery is good for. */
export function rangeOf(state: DrivingState): number {
  return Math.round((state.stateOfCharge / 100) * FULL_RANGE_M);
}
