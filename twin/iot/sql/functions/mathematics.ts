import * as arithmetic from '../arithmetic.ts';
import { toIndex, toNumber } from '../conversion.ts';
import { Decimal, ExactNumber, toDecimal, toDouble } from '../exact-number.ts';
import { isNumeric, type NumericValue, type Value } from '../value.ts';
import { context, pure, type SqlFunction } from './definition.ts';

const MAX_PLACES = 34;

/** A function of one number that keeps its precision. */
function exact(apply: (value: NumericValue) => Value): (value: Value) => Value {
  return (value) => {
    const number = toNumber(value);
    return number === undefined ? undefined : apply(number);
  };
}

/** A function of one number at double precision; NaN and infinities are Undefined. */
export function double(apply: (value: number) => number): (value: Value) => Value {
  return exact((value) => ExactNumber.fromDouble(apply(toDouble(value))));
}

/** A function of two numbers at double precision. */
export function doubles(apply: (left: number, right: number) => number): (left: Value, right: Value) => Value {
  return (left, right) => {
    const a = toNumber(left);
    const b = toNumber(right);
    return a === undefined || b === undefined ? undefined : ExactNumber.fromDouble(apply(toDouble(a), toDouble(b)));
  };
}

function modulo(left: Value, right: Value): Value {
  const a = toNumber(left);
  const b = toNumber(right);
  return a === undefined || b === undefined ? undefined : arithmetic.remainder(a, b);
}

function absolute(value: NumericValue): Value {
  return ExactNumber.compare(value, 0) < 0 ? arithmetic.negate(value) : value;
}

/** The number of places must be a number itself: the guide's table lists no String for it. */
function truncateTo(value: Value, places: Value): Value {
  const number = toNumber(value);
  const index = isNumeric(places) ? toIndex(places) : undefined;
  if (number === undefined || index === undefined) return undefined;
  const kept = Math.min(Math.max(index, 0), MAX_PLACES);
  return ExactNumber.from(toDecimal(number).toDecimalPlaces(kept, Decimal.ROUND_DOWN));
}

function logarithm10(value: number): number {
  return value > 0 ? Math.log10(value) : NaN;
}

/** Numbers without angles (Developer Guide, "Functions"). */
export const MATHEMATICS: readonly SqlFunction[] = [
  pure('abs', '2015-10-08', [1, 1], exact(absolute), 'like arguments'),
  pure(
    'sign',
    '2015-10-08',
    [1, 1],
    exact((value) => ExactNumber.compare(value, 0)),
  ),
  pure('ceil', '2015-10-08', [1, 1], exact(arithmetic.ceil)),
  pure('floor', '2015-10-08', [1, 1], exact(arithmetic.floor)),
  pure('round', '2015-10-08', [1, 1], exact(arithmetic.round)),
  pure('trunc', '2015-10-08', [2, 2], truncateTo),
  pure('mod', '2015-10-08', [2, 2], modulo, 'like arguments'),
  pure('remainder', '2015-10-08', [2, 2], modulo, 'like arguments'),
  pure('sqrt', '2015-10-08', [1, 1], double(Math.sqrt), 'always'),
  pure('exp', '2015-10-08', [1, 1], double(Math.exp), 'always'),
  pure('ln', '2015-10-08', [1, 1], double(Math.log), 'always'),
  pure('log', '2015-10-08', [1, 1], double(logarithm10), 'always'),
  pure('power', '2015-10-08', [2, 2], doubles(Math.pow), 'always'),
  context('rand', '2015-10-08', [0, 0], (frame) => frame.record(() => Math.random())),
];
