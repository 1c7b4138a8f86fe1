import { ExactNumber } from './exact-number.ts';
import { truncate } from './arithmetic.ts';
import { isNumeric, type NumericValue, type Value } from './value.ts';

/** What the guide says a String must look like to become a number (Developer Guide, "Conversions"). */
const DECIMAL_TEXT = /^-?\d+(\.\d+)?(E-?\d+)?$/i;
/** Longer than any number of 34 digits and an exponent can usefully be; keeps the conversion's cost bounded. */
const MAX_DECIMAL_TEXT = 4_096;

/** "To decimal": numbers and Strings that read as one; everything else, Null included, is Undefined here. */
export function toNumber(value: Value): NumericValue | undefined {
  if (isNumeric(value)) return value;
  if (typeof value !== 'string' || value.length > MAX_DECIMAL_TEXT || !DECIMAL_TEXT.test(value)) return undefined;
  return ExactNumber.parse(value);
}

/** "To int", with decimals cut off. Far-away values are clamped to the safe integers: every caller has narrower bounds of its own. */
export function toIndex(value: Value): number | undefined {
  const number = toNumber(value);
  if (number === undefined) return undefined;
  const whole = truncate(number);
  if (typeof whole === 'number') return whole;
  return whole.decimal.isNegative() ? Number.MIN_SAFE_INTEGER : Number.MAX_SAFE_INTEGER;
}

/** "To Boolean": Booleans, and the Strings true and false in any case. */
export function toBoolean(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string' || value.length > 5) return undefined;
  const lower = value.toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : undefined;
}

/** "To string": Null and Undefined have none; arrays and objects become JSON text. */
export function toText(value: Value): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return numberText(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'undefined':
      return undefined;
    default:
      if (value === null) return undefined;
      return value instanceof ExactNumber ? value.toString() : JSON.stringify(value);
  }
}

function numberText(value: number): string {
  const text = String(value);
  return text.includes('e') ? text.replace('e', 'E') : text;
}
