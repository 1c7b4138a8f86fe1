import { exactly, not, predefinedClass, propertyClass } from './character-class.ts';
import type { PatternSource } from './source.ts';
import { PatternSyntaxError, type CharacterTest } from './syntax.ts';

const CONTROL_ESCAPES: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 };

/** How the number of a code point is written after `\x`, `\u` and `\0`, and its base. */
const NUMERIC_ESCAPES: Readonly<Record<string, { digits: RegExp; base: number }>> = {
  x: { digits: /([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\}/y, base: 16 },
  u: { digits: /([0-9A-Fa-f]{4})/y, base: 16 },
  '0': { digits: /([0-3]?[0-7]{1,2})/y, base: 8 },
};

const PROPERTY = /\{(\^?)([^}]*)\}|([A-Z])/y;

/** What a backslash and `character` stand for, in or outside of a class. */
export function escapedClass(character: string, source: PatternSource): CharacterTest {
  if (character !== 'p' && character !== 'P') {
    return predefinedClass(character) ?? exactly(escapedCodePoint(character, source));
  }
  const match = source.takeMatch(PROPERTY);
  if (!match) throw new PatternSyntaxError(`\\${character} needs a property`);
  const test = propertyClass(match[2] ?? match[3]!);
  return (character === 'P') !== (match[1] === '^') ? not(test) : test;
}

/** The one code point that a backslash and `character` stand for. */
export function escapedCodePoint(character: string, source: PatternSource): number {
  if (Object.hasOwn(CONTROL_ESCAPES, character)) return CONTROL_ESCAPES[character]!;
  if (character === 'c') return source.next().codePointAt(0)! ^ 0x40;
  const numeric = Object.hasOwn(NUMERIC_ESCAPES, character) ? NUMERIC_ESCAPES[character] : undefined;
  const match = numeric && source.takeMatch(numeric.digits);
  if (match) {
    const code = parseInt(match[1] ?? match[2]!, numeric.base);
    if (code > 0x10ffff) throw new PatternSyntaxError(`code point ${code} does not exist`);
    return code;
  }
  if (/[A-Za-z0]/.test(character)) throw new PatternSyntaxError(`\\${character} has no meaning`);
  return character.codePointAt(0)!;
}
