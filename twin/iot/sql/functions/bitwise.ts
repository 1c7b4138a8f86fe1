import { truncate } from '../arithmetic.ts';
import { toNumber } from '../conversion.ts';
import { Decimal, ExactNumber, toDecimal } from '../exact-number.ts';
import type { Value } from '../value.ts';
import { pure, type SqlFunction } from './definition.ts';

function toBigInt(value: Value): bigint | undefined {
  const number = toNumber(value);
  if (number === undefined) return undefined;
  const whole = truncate(number);
  return typeof whole === 'number' ? BigInt(whole) : BigInt(toDecimal(whole).toFixed());
}

function fromBigInt(value: bigint): Value {
  return ExactNumber.from(new Decimal(value.toString()));
}

function bitwise(apply: (left: bigint, right: bigint) => bigint): (left: Value, right: Value) => Value {
  return (left, right) => {
    const a = toBigInt(left);
    const b = toBigInt(right);
    return a === undefined || b === undefined ? undefined : fromBigInt(apply(a, b));
  };
}

/**
 * The guide says both `bitnot(13)` = 2 and "a bitwise NOT of the argument". 2 is what is left of ~13 in the four bits that 13 takes,
 * so a non-negative Int is inverted within its own bits; a negative one, of which no example is given, as two's complement.
 */
function invert(value: bigint): bigint {
  return value < 0n ? ~value : BigInt.asUintN(value.toString(2).length, ~value);
}

/** Values that are no numbers come back as they are: the guide's "Other value: Other value". */
function bitnot(value: Value): Value {
  const whole = toBigInt(value);
  if (whole !== undefined) return fromBigInt(invert(whole));
  return typeof value === 'string' ? undefined : value;
}

/** Bits of Ints of any size; fractions are cut off first (Developer Guide, "Functions"). */
export const BITWISE: readonly SqlFunction[] = [
  pure(
    'bitand',
    '2015-10-08',
    [2, 2],
    bitwise((a, b) => a & b),
  ),
  pure(
    'bitor',
    '2015-10-08',
    [2, 2],
    bitwise((a, b) => a | b),
  ),
  pure(
    'bitxor',
    '2015-10-08',
    [2, 2],
    bitwise((a, b) => a ^ b),
  ),
  pure('bitnot', '2015-10-08', [1, 1], bitnot),
];
