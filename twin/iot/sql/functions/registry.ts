import { BITWISE } from './bitwise.ts';
import { COLLECTIONS } from './collections.ts';
import type { SqlFunction } from './definition.ts';
import { ENCODING } from './encoding.ts';
import { EXTERNAL } from './external.ts';
import { HASHES } from './hashes.ts';
import { MATHEMATICS } from './mathematics.ts';
import { MESSAGE } from './message.ts';
import { MISSING_VALUES } from './missing-values.ts';
import { REGULAR_EXPRESSIONS } from './regular-expressions.ts';
import { STRINGS } from './strings.ts';
import { TIME } from './time.ts';
import { TRIGONOMETRY } from './trigonometry.ts';

/** `cast` has a syntax of its own (`cast(value AS type)`), so the parser knows it and the registry does not. */
const FUNCTIONS: ReadonlyMap<string, SqlFunction> = new Map(
  [
    ...MATHEMATICS,
    ...TRIGONOMETRY,
    ...BITWISE,
    ...STRINGS,
    ...REGULAR_EXPRESSIONS,
    ...COLLECTIONS,
    ...MISSING_VALUES,
    ...HASHES,
    ...ENCODING,
    ...TIME,
    ...MESSAGE,
    ...EXTERNAL,
  ].map((definition) => [definition.name, definition]),
);

/** The function of this name in lower case. */
export function findFunction(name: string): SqlFunction | undefined {
  return FUNCTIONS.get(name);
}

/** All functions of the language, `cast` included, in alphabetical order. */
export function functionNames(): string[] {
  return [...FUNCTIONS.keys(), 'cast'].sort();
}

/** The name one edit away from a misspelt one: a letter missing, added, changed, or an underscore forgotten. */
export function similarFunction(name: string): string | undefined {
  return [...FUNCTIONS.keys()].find((known) => isOneEditAway(known.replaceAll('_', ''), name.replaceAll('_', '')));
}

function isOneEditAway(a: string, b: string): boolean {
  if (a === b) return true;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  return restA.slice(1) === restB.slice(1) || restA.slice(1) === restB || restA === restB.slice(1);
}
