import { Decimal as DecimalJs } from 'decimal.js';

/** 34 digits, magnitudes 1E-999 to 9.99…E999 (Developer Guide, "Data types"); half-even is what IEEE decimal128 arithmetic rounds by. */
export const Decimal = DecimalJs.clone({
  precision: 34,
  rounding: DecimalJs.ROUND_HALF_EVEN,
  modulo: DecimalJs.ROUND_DOWN,
  toExpNeg: -7,
  toExpPos: 40,
  maxE: 999,
  minE: -999,
});
export type Decimal = DecimalJs;

const MAX_INT_DIGITS = 34;
/** A double keeps any decimal of this many digits. */
const DOUBLE_DIGITS = 15;

// V8 has JSON.rawJSON; TypeScript's ES2024 library does not name it yet.
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** A number that no double stands for exactly, or (in SQL version 2015-10-08) a whole Decimal such as 10.0. */
export class ExactNumber {
  readonly decimal: Decimal;
  readonly isInt: boolean;

  private constructor(decimal: Decimal, isInt: boolean) {
    this.decimal = decimal;
    this.isInt = isInt;
  }

  /** The smallest form of `value`: a plain number where one is exact. `undefined` for NaN and what overflows. */
  static from(value: Decimal): number | ExactNumber | undefined {
    if (!value.isFinite()) return undefined;
    if (value.precision() <= DOUBLE_DIGITS && value.e < DOUBLE_DIGITS && value.e > -300) return value.toNumber() + 0;
    const isInt = value.isInteger() && value.e < MAX_INT_DIGITS;
    if (!isInt || value.e < 16) {
      const double = value.toNumber();
      const exact = Number.isInteger(double) ? Number.isSafeInteger(double) : !isInt;
      if (exact && Number.isFinite(double) && double !== 0 && new Decimal(double).eq(value)) return double;
    }
    return new ExactNumber(
      value.precision() > MAX_INT_DIGITS ? value.toSignificantDigits(MAX_INT_DIGITS) : value,
      isInt,
    );
  }

  /** The Decimal that is whole, for version 2015-10-08, where 10.0 does not become 10. */
  static wholeDecimal(value: number | ExactNumber): ExactNumber {
    return new ExactNumber(toDecimal(value), false);
  }

  /** As {@link from}, for the result of a function that works with doubles. */
  static fromDouble(value: number): number | ExactNumber | undefined {
    if (Number.isSafeInteger(value)) return value + 0;
    if (!Number.isFinite(value)) return undefined;
    return Number.isInteger(value) ? ExactNumber.from(new Decimal(value)) : value;
  }

  /** Reads a JSON or SQL number. */
  static parse(text: string): number | ExactNumber | undefined {
    return ExactNumber.from(new Decimal(text));
  }

  static compare(left: number | ExactNumber, right: number | ExactNumber): number {
    if (typeof left === 'number' && typeof right === 'number') return left < right ? -1 : left > right ? 1 : 0;
    return toDecimal(left).comparedTo(toDecimal(right));
  }

  /** As Java's BigDecimal prints it: an Int in full, a Decimal with an exponent where that is shorter, whole Decimals as `10.0`. */
  toString(): string {
    if (this.isInt) return this.decimal.toFixed();
    const text = this.decimal.toString().replace('e', 'E');
    return this.decimal.isInteger() && !text.includes('E') ? `${text}.0` : text;
  }

  toJSON(): unknown {
    return rawJSON(this.toString());
  }
}

export function toDecimal(value: number | ExactNumber): Decimal {
  return typeof value === 'number' ? new Decimal(value) : value.decimal;
}

export function toDouble(value: number | ExactNumber): number {
  return typeof value === 'number' ? value : value.decimal.toNumber();
}
