import { compileMatcher, PatternError } from './matchers.ts';
import type { Matcher } from './matchers.ts';

export { PatternError } from './matchers.ts';

/** Whether an event, or a message's attributes, fits. */
export type EventPattern = (event: Readonly<Record<string, unknown>>) => boolean;

type Test = (value: unknown) => boolean;

const DEEPEST = 32;

/**
 * Compiles the patterns that EventBridge's rules and SNS's filter policies share (EventBridge user guide, "Event
 * patterns"; SNS developer guide, "Filter policy constraints"): an object of the names to look at, whose leaves are lists
 * of which one must hold.
 *
 * @throws PatternError that says what cannot be read
 */
export function compileEventPattern(pattern: unknown): EventPattern {
  if (!isObject(pattern)) throw new PatternError('Filter is not an object');
  if (Object.keys(pattern).length === 0) throw new PatternError('Empty patterns are not allowed');
  const test = compileObject(pattern, 0);
  return (event) => test(event);
}

function compileObject(pattern: Readonly<Record<string, unknown>>, depth: number): Test {
  if (depth > DEEPEST) throw new PatternError('The pattern is nested too deep');
  const tests = Object.entries(pattern).map(([name, rule]) => compileMember(name, rule, depth));
  return (value) =>
    Array.isArray(value)
      ? value.some((element) => tests.every((test) => test(element)))
      : tests.every((test) => test(value));
}

function compileMember(name: string, rule: unknown, depth: number): Test {
  if (name === '$or' && Array.isArray(rule) && rule.length > 1 && rule.every(isObject)) {
    const alternatives = rule.map((alternative) => compileObject(alternative, depth + 1));
    return (holder) => alternatives.some((test) => test(holder));
  }
  const inMember = (test: Test): Test => {
    return (holder) => test(isObject(holder) && Object.hasOwn(holder, name) ? holder[name] : undefined);
  };
  if (isObject(rule)) {
    if (Object.keys(rule).length === 0) throw new PatternError('Empty objects are not allowed');
    return inMember(compileObject(rule, depth + 1));
  }
  if (!Array.isArray(rule)) throw new PatternError(`"${name}" must be an object or an array`);
  if (rule.length === 0) throw new PatternError('Empty arrays are not allowed');
  const matchers = rule.map((condition) => compileMatcher(condition));
  return inMember((value) => matchers.some((matcher) => matchesLeaf(matcher, value)));
}

/** A list in the event fits when one of its elements does. */
function matchesLeaf(matcher: Matcher, value: unknown): boolean {
  if (isObject(value)) return matcher(undefined);
  if (!Array.isArray(value)) return matcher(value);
  if (value.length === 0) return matcher(undefined);
  return value.some((element) => matchesLeaf(matcher, element));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
