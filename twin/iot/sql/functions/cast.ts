import { truncate } from '../arithmetic.ts';
import type { Expression } from '../ast.ts';
import type { CompileContext } from '../compile-context.ts';
import { toBoolean, toNumber, toText } from '../conversion.ts';
import { ExactNumber, toDouble } from '../exact-number.ts';
import type { Evaluator } from '../frame.ts';
import { isInt, isNumeric, type Value } from '../value.ts';
import { isOriginalVersion } from '../version.ts';

type Conversion = (value: Value) => Value;

/** Numbers may be cast from Booleans, which no implicit conversion does (Developer Guide, "cast"). */
const castToDecimal: Conversion = (value) => (typeof value === 'boolean' ? Number(value) : toNumber(value));

const castToInt: Conversion = (value) => {
  const number = castToDecimal(value);
  return isNumeric(number) ? truncate(number) : undefined;
};

const castToDouble: Conversion = (value) => {
  const number = castToDecimal(value);
  return isNumeric(number) ? ExactNumber.fromDouble(toDouble(number)) : undefined;
};

const castToBoolean: Conversion = (value) =>
  isNumeric(value) ? ExactNumber.compare(value, 0) !== 0 : toBoolean(value);

/** From a Boolean 1.0; from an Int "a Decimal with no decimal point": only version 2015-10-08 can tell the two apart. */
function keepingWholeDecimals(convert: Conversion): Conversion {
  return (value) => {
    const result = convert(value);
    return isInt(result) && !isInt(value) ? ExactNumber.wholeDecimal(result) : result;
  };
}

const TYPES: Readonly<Record<string, { convert: Conversion; isDecimal?: boolean; isNew?: boolean }>> = {
  string: { convert: toText },
  nvarchar: { convert: toText },
  text: { convert: toText },
  ntext: { convert: toText },
  varchar: { convert: toText },
  int: { convert: castToInt },
  integer: { convert: castToInt },
  double: { convert: castToDouble, isDecimal: true },
  decimal: { convert: castToDecimal, isDecimal: true, isNew: true },
  bool: { convert: castToBoolean, isNew: true },
  boolean: { convert: castToBoolean, isNew: true },
};

/** `cast(value AS type)`. Types that the statement's version does not know are errors of the text. */
export function compileCast(expression: Expression & { kind: 'cast' }, context: CompileContext): Evaluator {
  const isOriginal = isOriginalVersion(context.version);
  const type = Object.hasOwn(TYPES, expression.type) ? TYPES[expression.type] : undefined;
  if (!type || (type.isNew && isOriginal)) {
    const known = Object.keys(TYPES).filter((name) => !isOriginal || !TYPES[name]!.isNew);
    throw context.error(`cast() to ${expression.type} is not possible; the types are ${known.join(', ')}`, expression);
  }
  const operand = context.compile(expression.operand);
  const convert = isOriginal && type.isDecimal ? keepingWholeDecimals(type.convert) : type.convert;
  return (frame) => convert(operand(frame));
}
