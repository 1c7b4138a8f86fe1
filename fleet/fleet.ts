import type { Claim, FrontDoor } from './provisioning.ts';
import { Vehicle, type VehicleObserver } from './vehicle.ts';
import { vinOf } from './vin.ts';

export interface FleetOptions {
  readonly vehicles: number;
  readonly frontDoor: FrontDoor;
  readonly claim: Claim;
  readonly storageRoot: string;
  /** The same seed gives the same vehicles on the same roads. */
  readonly seed?: string;
  readonly sampleEveryMs?: number;
  readonly reportEveryMs?: number;
  /** What a vehicle could not do, in words. */
  onTrouble?(thing: string, what: string): void;
}

export interface FleetCounts {
  readonly vehicles: number;
  readonly connected: number;
  readonly provisioned: number;
  /** Telemetry batches that the front door acknowledged. */
  readonly reported: number;
  /** Commands answered for good, by the answer. */
  readonly commands: Readonly<Record<string, number>>;
}

/** Vehicles that start at the same moment; more would only meet the provisioning quota (10 RegisterThing a second). */
const STARTING_AT_ONCE = 10;

/** Simulated vehicles of one seed. */
export class Fleet {
  readonly vehicles: readonly Vehicle[];
  readonly #connected = new Set<string>();
  readonly #commands: Record<string, number> = {};
  #provisioned = 0;
  #reported = 0;

  constructor(options: FleetOptions) {
    const seed = options.seed ?? 'iov';
    const observer: VehicleObserver = {
      connected: (thing) => void this.#connected.add(thing),
      disconnected: (thing) => void this.#connected.delete(thing),
      provisioned: () => void this.#provisioned++,
      reported: () => void this.#reported++,
      answered: (_thing, status) => {
        if (status !== 'ACCEPTED') this.#commands[status] = (this.#commands[status] ?? 0) + 1;
      },
      trouble: (thing, what) => options.onTrouble?.(thing, what),
    };
    this.vehicles = Array.from(
      { length: options.vehicles },
      (_, index) =>
        new Vehicle({
          thing: vinOf(seed, index + 1),
          frontDoor: options.frontDoor,
          claim: options.claim,
          storageRoot: options.storageRoot,
          seed,
          sampleEveryMs: options.sampleEveryMs ?? 1_000,
          reportEveryMs: options.reportEveryMs ?? 5_000,
          observer,
        }),
    );
  }

  /**
   * Resolves when every vehicle has been connected once.
   *
   * @throws ProvisioningRefused when the front door will not have a vehicle
   */
  async start(onProgress?: (counts: FleetCounts) => void): Promise<void> {
    const waiting = [...this.vehicles];
    const startSome = async (): Promise<void> => {
      for (let vehicle = waiting.shift(); vehicle; vehicle = waiting.shift()) {
        await vehicle.start();
        onProgress?.(this.counts());
      }
    };
    await Promise.all(Array.from({ length: STARTING_AT_ONCE }, startSome));
  }

  counts(): FleetCounts {
    return {
      vehicles: this.vehicles.length,
      connected: this.#connected.size,
      provisioned: this.#provisioned,
      reported: this.#reported,
      commands: { ...this.#commands },
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.vehicles.map((vehicle) => vehicle.stop()));
  }
}
