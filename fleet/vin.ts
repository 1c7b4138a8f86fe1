import { seededRandom } from './random.ts';

/** I, O and Q do not occur in a VIN (ISO 3779). */
const CHARACTERS = 'ABCDEFGHJKLMNPRSTUVWXYZ0123456789';
const WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
const VALUES: Readonly<Record<string, number>> = Object.fromEntries(
  [...'ABCDEFGH']
    .map((letter, index) => [letter, index + 1] as const)
    .concat(
      [...'JKLMN'].map((letter, index) => [letter, index + 1] as const),
      [
        ['P', 7],
        ['R', 9],
      ],
      [...'STUVWXYZ'].map((letter, index) => [letter, index + 2] as const),
      [...'0123456789'].map((digit) => [digit, Number(digit)] as const),
    ),
);

/** The check digit in position 9 of a VIN (49 CFR 565.15). */
export function checkDigit(vin: string): string {
  const sum = [...vin].reduce((total, character, index) => total + (VALUES[character] ?? 0) * WEIGHTS[index]!, 0);
  return sum % 11 === 10 ? 'X' : String(sum % 11);
}

/** The VIN of the fleet's vehicle number `index`: the same for the same seed, with a true check digit. */
export function vinOf(seed: string, index: number): string {
  const random = seededRandom(`${seed}/vin/${index}`);
  const descriptor = Array.from({ length: 5 }, () => CHARACTERS[Math.floor(random() * CHARACTERS.length)]).join('');
  const serial = String(index).padStart(6, '0');
  const vin = `WTW${descriptor}0TA${serial}`;
  return vin.slice(0, 8) + checkDigit(vin) + vin.slice(9);
}
