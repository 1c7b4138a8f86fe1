import { both, either, exactly, not, range } from './character-class.ts';
import { escapedClass, escapedCodePoint } from './escapes.ts';
import type { PatternSource } from './source.ts';
import { PatternSyntaxError, type CharacterTest } from './syntax.ts';

const MAX_DEPTH = 50;

/** Reads what follows `[`: ranges, escapes, nested classes (union), `&&` (intersection), up to its `]`. */
export function parseClass(source: PatternSource, depth = 1): CharacterTest {
  if (depth > MAX_DEPTH) throw new PatternSyntaxError(`classes are nested more than ${MAX_DEPTH} deep`);
  const isNegated = source.take('^');
  const factors: CharacterTest[] = [];
  let union: CharacterTest | undefined;
  for (let isFirst = true; ; isFirst = false) {
    if (source.take('&&')) {
      if (union) factors.push(union);
      union = undefined;
      continue;
    }
    const character = source.next();
    if (character === ']' && !isFirst) break;
    const item = character === '[' ? parseClass(source, depth + 1) : classItem(character, source);
    union = union ? either(union, item) : item;
  }
  if (union) factors.push(union);
  const [first, ...others] = factors;
  if (!first) throw new PatternSyntaxError('a class has nothing in it');
  const test = others.reduce(both, first);
  return isNegated ? not(test) : test;
}

function classItem(character: string, source: PatternSource): CharacterTest {
  let first: number;
  if (character === '\\') {
    const escaped = source.next();
    if (escaped === 'Q') return quoted(source);
    if (/[pPdDsSwWhHvV]/.test(escaped)) return escapedClass(escaped, source);
    first = escapedCodePoint(escaped, source);
  } else first = character.codePointAt(0)!;
  // A minus sign before the end of the class, or before a nested one, is itself.
  if (source.peek() !== '-' || ['', ']', '['].includes(source.peek(1))) return exactly(first);
  source.next();
  const end = source.next();
  const last = end === '\\' ? escapedCodePoint(source.next(), source) : end.codePointAt(0)!;
  if (last < first) throw new PatternSyntaxError(`illegal character range at ${source.at}`);
  return range(first, last);
}

function quoted(source: PatternSource): CharacterTest {
  const text = source.takeUntil('\\E');
  if (text === undefined) throw new PatternSyntaxError('unclosed \\Q in a class');
  return (code) => text.includes(String.fromCodePoint(code));
}
