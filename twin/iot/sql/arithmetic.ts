import { Decimal, ExactNumber, toDecimal } from './exact-number.ts';
import { isInt, type NumericValue, type Value } from './value.ts';

/** Integers below this keep their digits through a division by a power of ten. */
const EXACT_LIMIT = 1e15;
const SCALES = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];

type Arithmetic = (left: NumericValue, right: NumericValue) => NumericValue | undefined;

/** The least power of ten that makes `value` whole, or 0 where none of the small ones does. */
function scaleOf(value: number): number {
  for (const scale of SCALES) {
    const whole = Math.round(value * scale);
    if (Math.abs(whole) < EXACT_LIMIT && whole / scale === value) return scale;
  }
  return 0;
}

/**
 * `left + right` as decimals. Safe integers and decimals of few places stay doubles: scaled to whole numbers they add exactly,
 * and dividing by the scale rounds once, to the double that prints as the exact sum. The rest goes through 34-digit decimals.
 */
export const add: Arithmetic = (left, right) => {
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right;
    if (Number.isSafeInteger(left) && Number.isSafeInteger(right)) {
      if (Number.isSafeInteger(sum)) return sum;
    } else {
      const leftScale = scaleOf(left);
      const rightScale = scaleOf(right);
      if (leftScale !== 0 && rightScale !== 0) {
        const scale = Math.max(leftScale, rightScale);
        const scaled = Math.round(left * scale) + Math.round(right * scale);
        if (Math.abs(scaled) < EXACT_LIMIT) return scaled / scale + 0;
      }
    }
  }
  return ExactNumber.from(toDecimal(left).plus(toDecimal(right)));
};

export const subtract: Arithmetic = (left, right) => add(left, negate(right));

/** `left * right`, with the same short way as {@link add}. */
export const multiply: Arithmetic = (left, right) => {
  if (typeof left === 'number' && typeof right === 'number') {
    const product = left * right;
    if (Number.isInteger(left) && Number.isInteger(right)) {
      if (Number.isSafeInteger(product)) return product + 0;
    } else {
      const leftScale = scaleOf(left);
      const rightScale = scaleOf(right);
      if (leftScale !== 0 && rightScale !== 0) {
        const scaled = Math.round(left * leftScale) * Math.round(right * rightScale);
        if (Math.abs(scaled) < EXACT_LIMIT) return scaled / (leftScale * rightScale) + 0;
      }
    }
  }
  return ExactNumber.from(toDecimal(left).times(toDecimal(right)));
};

/** Int by Int is an Int, cut off towards zero ("Int value", Developer Guide, "/ operator"). Undefined by zero. */
export const divide: Arithmetic = (left, right) => {
  if (ExactNumber.compare(right, 0) === 0) return undefined;
  if (isInt(left) && isInt(right)) {
    if (typeof left === 'number' && typeof right === 'number') return Math.trunc(left / right) + 0;
    return ExactNumber.from(toDecimal(left).divToInt(toDecimal(right)));
  }
  return ExactNumber.from(toDecimal(left).div(toDecimal(right)));
};

/** The remainder has the sign of `left`, as in Java. Undefined by zero. */
export const remainder: Arithmetic = (left, right) => {
  if (ExactNumber.compare(right, 0) === 0) return undefined;
  if (typeof left === 'number' && typeof right === 'number' && Number.isInteger(left) && Number.isInteger(right)) {
    return (left % right) + 0;
  }
  return ExactNumber.from(toDecimal(left).mod(toDecimal(right)));
};

export function negate(value: NumericValue): NumericValue {
  if (typeof value === 'number') return 0 - value;
  const negated = value.decimal.negated();
  return value.isInt || !negated.isInteger()
    ? ExactNumber.from(negated)!
    : ExactNumber.wholeDecimal(ExactNumber.from(negated)!);
}

/** Cuts the fraction off: "rounded down" to an Int as Java's RoundingMode.DOWN means it, towards zero. */
export function truncate(value: NumericValue): NumericValue {
  return typeof value === 'number' ? Math.trunc(value) + 0 : ExactNumber.from(value.decimal.trunc())!;
}

export function floor(value: NumericValue): NumericValue {
  return typeof value === 'number' ? Math.floor(value) + 0 : ExactNumber.from(value.decimal.floor())!;
}

export function ceil(value: NumericValue): NumericValue {
  return typeof value === 'number' ? Math.ceil(value) + 0 : ExactNumber.from(value.decimal.ceil())!;
}

/** Half goes away from zero: the guide's examples have round(-1.5) = -2. */
export function round(value: NumericValue): NumericValue {
  if (typeof value === 'number') return Math.sign(value) * Math.round(Math.abs(value)) + 0;
  return ExactNumber.from(value.decimal.toDecimalPlaces(0, Decimal.ROUND_HALF_UP))!;
}

/** In version 2015-10-08 the result of an operation on a Decimal is a Decimal, whole or not. */
export function asDecimal(value: Value): Value {
  return isInt(value) ? ExactNumber.wholeDecimal(value) : value;
}
