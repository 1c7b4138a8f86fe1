import type { DeviceClass } from '../../contracts/device-classes.ts';

export interface VehicleRegister {
  /** Whether the account has a vehicle of this name. */
  has(thing: string): Promise<boolean>;
}

/** DescribeThing is limited to 350 calls a second in an account; vehicles hardly ever vanish. In ms. */
const REMEMBERED = 60_000;
const REMEMBERED_AT_MOST = 10_000;

const VEHICLE: DeviceClass = 'vehicle';

/** The registry of AWS IoT, asked once a minute for each vehicle. What is not there is asked for every time. */
export function vehicleRegister(
  describe: (thing: string) => Promise<{ readonly thingTypeName?: string } | undefined>,
  now: () => number,
): VehicleRegister {
  const known = new Map<string, number>();
  return {
    async has(thing) {
      if ((known.get(thing) ?? 0) > now()) return true;
      const found = await describe(thing);
      // Things without a type (made by hand) may be vehicles; those of another class are not.
      if (!found || (found.thingTypeName ?? VEHICLE) !== VEHICLE) return false;
      if (known.size >= REMEMBERED_AT_MOST) known.clear();
      known.set(thing, now() + REMEMBERED);
      return true;
    },
  };
}
