import { addressRange } from './ip-address.ts';
import { plainText } from './template.ts';
import { Pattern, type PatternPart } from './wildcard.ts';

type ValueTest = (requestValue: string) => boolean;

/** Makes a test of request values from one value of the policy, its variables already replaced. */
type Comparison = (policyValue: readonly PatternPart[]) => ValueTest;

export interface ConditionOperator {
  readonly compare: Comparison;
  /** `…Not…`: holds when no value of the policy matches. */
  readonly negated: boolean;
  /** Only string and ARN operators replace policy variables; elsewhere `${…}` is text that matches nothing. */
  readonly variables: boolean;
}

const never: ValueTest = () => false;

const stringEquals: Comparison = (parts) => {
  const expected = plainText(parts);
  return (value) => value === expected;
};

const stringEqualsIgnoreCase: Comparison = (parts) => {
  const expected = plainText(parts).toLowerCase();
  return (value) => value.toLowerCase() === expected;
};

const stringLike: Comparison = (parts) => {
  const pattern = new Pattern(parts);
  return (value) => pattern.matches(value);
};

/** Splits at the first five colons: the resource component keeps its own. */
function arnComponents(parts: readonly PatternPart[]): PatternPart[][] {
  const components: PatternPart[][] = [[]];
  for (const part of parts) {
    let rest = part.kind === 'literal' ? part.text : '';
    if (part.kind !== 'literal') components[components.length - 1]!.push(part);
    while (rest !== '') {
      const colon = components.length < 6 ? rest.indexOf(':') : -1;
      const text = colon < 0 ? rest : rest.slice(0, colon);
      if (text !== '') components[components.length - 1]!.push({ kind: 'literal', text });
      if (colon >= 0) components.push([]);
      rest = colon < 0 ? '' : rest.slice(colon + 1);
    }
  }
  return components;
}

/** "Each of the six colon-delimited components of the ARN is checked separately"; ArnEquals and ArnLike are alike. */
const arnLike: Comparison = (parts) => {
  const components = arnComponents(parts);
  if (components.length !== 6) return plainText(parts) === '*' ? () => true : never;
  const patterns = components.map((component) => new Pattern(component));
  return (value) => {
    const actual = arnComponents([{ kind: 'literal', text: value }]).map(plainText);
    return actual.length === 6 && patterns.every((pattern, index) => pattern.matches(actual[index]!));
  };
};

const bool: Comparison = (parts) => {
  const expected = plainText(parts).toLowerCase();
  return expected === 'true' || expected === 'false' ? (value) => value.toLowerCase() === expected : never;
};

const binaryEquals: Comparison = (parts) => {
  const expected = Buffer.from(plainText(parts), 'base64');
  return (value) => expected.equals(Buffer.from(value, 'base64'));
};

const ipAddress: Comparison = (parts) => addressRange(plainText(parts)) ?? never;

function numberOf(text: string): number {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
}

/** Milliseconds since the epoch of an ISO 8601 date (W3C profile) or of seconds since the epoch. */
function instantOf(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text) && text.length > 4) return Number(text) * 1000;
  return /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?$/.test(text) ? Date.parse(text) : NaN;
}

function ordered(read: (text: string) => number, holds: (actual: number, limit: number) => boolean): Comparison {
  return (parts) => {
    const limit = read(plainText(parts));
    return (value) => holds(read(value), limit);
  };
}

function operator(compare: Comparison, variables = false): ConditionOperator {
  return { compare, negated: false, variables };
}

function not(positive: ConditionOperator): ConditionOperator {
  return { ...positive, negated: true };
}

function orderedOperators(type: string, read: (text: string) => number): [string, ConditionOperator][] {
  const equals = operator(ordered(read, (actual, limit) => actual === limit));
  return [
    [`${type}Equals`, equals],
    [`${type}NotEquals`, not(equals)],
    [`${type}LessThan`, operator(ordered(read, (actual, limit) => actual < limit))],
    [`${type}LessThanEquals`, operator(ordered(read, (actual, limit) => actual <= limit))],
    [`${type}GreaterThan`, operator(ordered(read, (actual, limit) => actual > limit))],
    [`${type}GreaterThanEquals`, operator(ordered(read, (actual, limit) => actual >= limit))],
  ];
}

/** IAM User Guide, "IAM JSON policy elements: Condition operators". `Null` asks about the key, so it is not here. */
export const CONDITION_OPERATORS: ReadonlyMap<string, ConditionOperator> = new Map([
  ['StringEquals', operator(stringEquals, true)],
  ['StringNotEquals', not(operator(stringEquals, true))],
  ['StringEqualsIgnoreCase', operator(stringEqualsIgnoreCase, true)],
  ['StringNotEqualsIgnoreCase', not(operator(stringEqualsIgnoreCase, true))],
  ['StringLike', operator(stringLike, true)],
  ['StringNotLike', not(operator(stringLike, true))],
  ...orderedOperators('Numeric', numberOf),
  ...orderedOperators('Date', instantOf),
  ['Bool', operator(bool, true)],
  ['BinaryEquals', operator(binaryEquals)],
  ['IpAddress', operator(ipAddress)],
  ['NotIpAddress', not(operator(ipAddress))],
  ['ArnEquals', operator(arnLike, true)],
  ['ArnLike', operator(arnLike, true)],
  ['ArnNotEquals', not(operator(arnLike, true))],
  ['ArnNotLike', not(operator(arnLike, true))],
]);
