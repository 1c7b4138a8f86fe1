import { addressRange } from '../../policy-language/ip-address.ts';
import { Pattern } from '../../policy-language/wildcard.ts';
import type { PatternPart } from '../../policy-language/wildcard.ts';

/** A pattern that its service would refuse; the message is the reason it would give. */
export class PatternError extends Error {}

/** Whether one value fits; `undefined` stands for a value that is not there. */
export type Matcher = (value: unknown) => boolean;

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/**
 * One element of a pattern's list: a value, or an object of one operator.
 *
 * @throws PatternError
 */
export function compileMatcher(condition: unknown): Matcher {
  if (condition === null || ['string', 'number', 'boolean'].includes(typeof condition)) {
    return (value) => value === condition;
  }
  const [operator, operand] = onlyEntry(condition);
  switch (operator) {
    case 'exists':
      if (typeof operand !== 'boolean') throw new PatternError('exists match pattern must be either true or false.');
      return (value) => (value !== undefined) === operand;
    case 'numeric':
      return compileNumeric(operand);
    case 'cidr': {
      const contains = addressRange(textOf(operator, operand));
      if (!contains) throw new PatternError("Malformed CIDR, one '/' required");
      return (value) => typeof value === 'string' && contains(value);
    }
    case 'anything-but':
      return compileAnythingBut(operand);
    default:
      return compileText(operator, operand);
  }
}

function compileText(operator: string, operand: unknown): Matcher {
  switch (operator) {
    case 'prefix':
    case 'suffix': {
      const ignoreCase = typeof operand === 'object' && operand !== null;
      const text = ignoreCase ? textOf(...onlyEntry(operand, 'equals-ignore-case')) : textOf(operator, operand);
      const wanted = ignoreCase ? text.toLowerCase() : text;
      return (value) => {
        if (typeof value !== 'string') return false;
        const given = ignoreCase ? value.toLowerCase() : value;
        return operator === 'prefix' ? given.startsWith(wanted) : given.endsWith(wanted);
      };
    }
    case 'equals-ignore-case': {
      const wanted = textOf(operator, operand).toLowerCase();
      return (value) => typeof value === 'string' && value.toLowerCase() === wanted;
    }
    case 'wildcard': {
      const pattern = compileWildcard(textOf(operator, operand));
      return (value) => typeof value === 'string' && pattern.matches(value);
    }
    default:
      throw new PatternError(`Unrecognized match type ${operator}`);
  }
}

/** Holds for a value that is there and is none of those; with an operator inside, for one that it does not fit. */
function compileAnythingBut(operand: unknown): Matcher {
  if (typeof operand === 'object' && operand !== null && !Array.isArray(operand)) {
    const [operator, inner] = onlyEntry(operand);
    const refused = (Array.isArray(inner) ? inner : [inner]).map((text) => compileText(operator, text));
    return (value) => value !== undefined && !refused.some((matcher) => matcher(value));
  }
  const refused: unknown[] = Array.isArray(operand) ? operand : [operand];
  if (refused.length === 0 || refused.some((value) => !['string', 'number'].includes(typeof value))) {
    throw new PatternError('anything-but match pattern must be a string or number, or a list of them.');
  }
  return (value) => value !== undefined && !refused.includes(value);
}

function compileNumeric(operand: unknown): Matcher {
  const parts: unknown[] = Array.isArray(operand) ? operand : [];
  if (parts.length !== 2 && parts.length !== 4)
    throw new PatternError('Invalid member in numeric match: it takes one or two comparisons');
  const tests: ((value: number) => boolean)[] = [];
  for (let index = 0; index < parts.length; index += 2) {
    const compare = COMPARISONS[String(parts[index])];
    const bound = parts[index + 1];
    if (!compare || typeof bound !== 'number') {
      throw new PatternError(`Invalid member in numeric match: ${String(parts[index])} ${String(bound)}`);
    }
    tests.push((value) => compare(value, bound));
  }
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}

/** `*` stands for any text; `\*` and `\\` for themselves. */
function compileWildcard(source: string): Pattern {
  if (/\*\*/.test(source)) throw new PatternError('Consecutive wildcard characters are not allowed');
  const parts: PatternPart[] = [];
  for (const token of source.match(/\\[*\\]|\*|[^\\*]+|\\/g) ?? []) {
    if (token === '*') parts.push({ kind: 'any-run' });
    else if (token === '\\') throw new PatternError('Invalid escape character in wildcard');
    else parts.push({ kind: 'literal', text: token.startsWith('\\') ? token.slice(1) : token });
  }
  return new Pattern(parts);
}

function onlyEntry(condition: unknown, expected?: string): [string, unknown] {
  const entries = typeof condition === 'object' && condition !== null ? Object.entries(condition) : [];
  if (entries.length !== 1 || (expected !== undefined && entries[0]![0] !== expected)) {
    throw new PatternError('Match value must be String, number, true, false, or null, or an object of one match type');
  }
  return entries[0] as [string, unknown];
}

function textOf(operator: string, operand: unknown): string {
  if (typeof operand !== 'string') throw new PatternError(`${operator} match pattern must be a string`);
  return operand;
}
