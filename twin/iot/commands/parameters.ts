import type { CommandParameter, ParameterType, ParameterValue, ValueCondition } from './command.ts';
import { invalid } from './failures.ts';

const MEMBER_TYPES: Readonly<Record<keyof ParameterValue, ParameterType>> = {
  S: 'STRING',
  B: 'BOOLEAN',
  I: 'INTEGER',
  L: 'LONG',
  D: 'DOUBLE',
  BIN: 'BINARY',
  UL: 'UNSIGNEDLONG',
};

const LARGEST_UNSIGNED_LONG = 2n ** 64n - 1n;
const WHOLE_RANGES: Readonly<Partial<Record<ParameterType, readonly [least: bigint, most: bigint]>>> = {
  INTEGER: [-(2n ** 31n), 2n ** 31n - 1n],
  LONG: [-(2n ** 63n), 2n ** 63n - 1n],
  UNSIGNEDLONG: [0n, LARGEST_UNSIGNED_LONG],
};

/** The one member of a value and its type. @throws AwsError ValidationException when it has none or several */
function typedValue(name: string, value: ParameterValue): { type: ParameterType; value: string | number | boolean } {
  const set = Object.entries(value).filter(([, member]) => member !== undefined);
  const [entry] = set;
  if (set.length !== 1 || !entry) throw invalid(`Parameter ${name} must have one value of one type`);
  return { type: MEMBER_TYPES[entry[0] as keyof ParameterValue], value: entry[1] as string | number | boolean };
}

/** @throws AwsError ValidationException for a value of another type than the parameter's, or outside its range */
function checkValue(parameter: CommandParameter, given: ParameterValue): void {
  const { type, value } = typedValue(parameter.name, given);
  const wanted = parameter.type ?? type;
  if (type !== wanted) throw invalid(`Parameter ${parameter.name} is of type ${wanted}, not ${type}`);
  const range = WHOLE_RANGES[type];
  if (range && !(isWhole(value) && BigInt(value) >= range[0] && BigInt(value) <= range[1]))
    throw invalid(`The value of parameter ${parameter.name} is no ${type}: ${value}`);
  for (const condition of parameter.valueConditions ?? [])
    if (!satisfies(condition, type, value))
      throw invalid(`The value of parameter ${parameter.name} does not satisfy ${condition.comparisonOperator}`);
}

function isWhole(value: string | number | boolean): value is string | number {
  return /^-?\d+$/.test(String(value));
}

const NUMERIC: ReadonlySet<ParameterType> = new Set(['INTEGER', 'LONG', 'DOUBLE', 'UNSIGNEDLONG']);
const IN_NUMBERS = ['EQUALS', 'NOT_EQUALS', 'GREATER_THAN', 'GREATER_THAN_EQUALS', 'LESS_THAN', 'LESS_THAN_EQUALS'];

/** Developer guide, "Parameter value conditions": ranges include their ends. */
function satisfies(condition: ValueCondition, type: ParameterType, value: string | number | boolean): boolean {
  const { comparisonOperator: operator, operand } = condition;
  if (operator.startsWith('NOT_')) {
    const positive = { ...condition, comparisonOperator: operator.slice('NOT_'.length) };
    return !satisfies(positive, type, value);
  }
  if (!NUMERIC.has(type))
    return operator === 'EQUALS' ? operand.string === value : (operand.strings ?? []).includes(String(value));
  const compared = (other: string): number => compareNumbers(String(value), other);
  switch (operator) {
    case 'EQUALS':
      return compared(operand.number!) === 0;
    case 'GREATER_THAN':
      return compared(operand.number!) > 0;
    case 'GREATER_THAN_EQUALS':
      return compared(operand.number!) >= 0;
    case 'LESS_THAN':
      return compared(operand.number!) < 0;
    case 'LESS_THAN_EQUALS':
      return compared(operand.number!) <= 0;
    case 'IN_RANGE':
      return compared(operand.numberRange!.min) >= 0 && compared(operand.numberRange!.max) <= 0;
    default:
      return operand.numbers!.some((number) => compared(number) === 0);
  }
}

/** Whole numbers exactly, for longs exceed what a double holds. */
function compareNumbers(a: string, b: string): number {
  if (isWhole(a) && isWhole(b)) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
  return Number(a) - Number(b);
}

/** @throws AwsError ValidationException for an operator that the type does not have, or without its operand */
function checkCondition(
  name: string,
  type: ParameterType | undefined,
  { comparisonOperator, operand }: ValueCondition,
): void {
  const numeric =
    type === undefined ? operand.string === undefined && operand.strings === undefined : NUMERIC.has(type);
  const isNumber = (text: string | undefined): boolean =>
    text !== undefined && text !== '' && Number.isFinite(Number(text));
  const sets = comparisonOperator.endsWith('IN_SET');
  const { numberRange: range } = operand;
  const given = numeric
    ? IN_NUMBERS.includes(comparisonOperator)
      ? isNumber(operand.number)
      : sets
        ? Boolean(operand.numbers?.length) && operand.numbers!.every(isNumber)
        : isNumber(range?.min) && isNumber(range?.max) && Number(range!.min) <= Number(range!.max)
    : type !== 'BOOLEAN' &&
      type !== 'BINARY' &&
      (sets
        ? Boolean(operand.strings?.length)
        : comparisonOperator.endsWith('EQUALS') && operand.string !== undefined && !/THAN/.test(comparisonOperator));
  if (!given) throw invalid(`Invalid value condition ${comparisonOperator} of parameter ${name}`);
}

const PARAMETER_NAME = /^[.$a-zA-Z0-9_-]{1,192}$/;

/** @throws AwsError ValidationException */
export function checkParameters(parameters: readonly CommandParameter[]): void {
  const names = new Set<string>();
  for (const parameter of parameters) {
    const { name, type, value, defaultValue, valueConditions = [] } = parameter;
    if (!PARAMETER_NAME.test(name)) throw invalid(`Invalid parameter name: ${name}`);
    if (names.has(name)) throw invalid(`Parameter ${name} is given twice`);
    names.add(name);
    const known = type ?? typeOf(name, value ?? defaultValue);
    for (const condition of valueConditions) checkCondition(name, known, condition);
    for (const given of [value, defaultValue]) if (given) checkValue(parameter, given);
  }
}

function typeOf(name: string, value: ParameterValue | undefined): ParameterType | undefined {
  return value && typedValue(name, value).type;
}

/**
 * The values that an execution has: those that it was given, then the command's own and its defaults (developer guide,
 * "Parameter value priority and evaluation").
 *
 * @throws AwsError ValidationException for a value that is missing, unknown, of another type or against a condition
 */
export function resolveParameters(
  parameters: readonly CommandParameter[],
  given: Readonly<Record<string, ParameterValue>>,
): Record<string, ParameterValue> {
  for (const name of Object.keys(given))
    if (!parameters.some((parameter) => parameter.name === name)) throw invalid(`The command has no parameter ${name}`);
  return Object.fromEntries(
    parameters.map((parameter) => {
      const { name, value, defaultValue } = parameter;
      const resolved = (Object.hasOwn(given, name) ? given[name] : undefined) ?? value ?? defaultValue;
      if (!resolved) throw invalid(`Parameter ${name} has no value`);
      checkValue(parameter, resolved);
      return [name, resolved];
    }),
  );
}

/** The value as JSON has it in a payload. */
export function plainValue(value: ParameterValue): string | number | boolean {
  return typedValue('', value).value;
}
