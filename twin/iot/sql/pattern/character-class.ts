import { PatternSyntaxError, type CharacterTest } from './syntax.ts';

const DIGIT = range(0x30, 0x39);
const LOWER = range(0x61, 0x7a);
const UPPER = range(0x41, 0x5a);
const ALPHA = either(LOWER, UPPER);
const ALNUM = either(ALPHA, DIGIT);
const SPACE = either(range(0x09, 0x0d), exactly(0x20));
const WORD = either(ALNUM, exactly(0x5f));
const PUNCT = either(either(range(0x21, 0x2f), range(0x3a, 0x40)), either(range(0x5b, 0x60), range(0x7b, 0x7e)));
const HORIZONTAL_SPACE = oneOf([0x20, 0xa0, 0x1680, 0x180e, 0x202f, 0x205f, 0x3000, 0x09], range(0x2000, 0x200a));
const VERTICAL_SPACE = oneOf([0x85, 0x2028, 0x2029], range(0x0a, 0x0d));

/** US-ASCII, as in Java without UNICODE_CHARACTER_CLASS. */
const PREDEFINED: Readonly<Record<string, CharacterTest>> = {
  d: DIGIT,
  s: SPACE,
  w: WORD,
  h: HORIZONTAL_SPACE,
  v: VERTICAL_SPACE,
};

const POSIX: Readonly<Record<string, CharacterTest>> = {
  Lower: LOWER,
  Upper: UPPER,
  ASCII: range(0, 0x7f),
  Alpha: ALPHA,
  Digit: DIGIT,
  Alnum: ALNUM,
  Punct: PUNCT,
  Graph: either(ALNUM, PUNCT),
  Print: either(either(ALNUM, PUNCT), exactly(0x20)),
  Blank: either(exactly(0x20), exactly(0x09)),
  Cntrl: either(range(0, 0x1f), exactly(0x7f)),
  XDigit: either(DIGIT, either(range(0x61, 0x66), range(0x41, 0x46))),
  Space: SPACE,
};

export function exactly(codePoint: number): CharacterTest {
  return (candidate) => candidate === codePoint;
}

export function range(first: number, last: number): CharacterTest {
  return (candidate) => candidate >= first && candidate <= last;
}

export function either(left: CharacterTest, right: CharacterTest): CharacterTest {
  return (candidate) => left(candidate) || right(candidate);
}

export function both(left: CharacterTest, right: CharacterTest): CharacterTest {
  return (candidate) => left(candidate) && right(candidate);
}

export function not(test: CharacterTest): CharacterTest {
  return (candidate) => !test(candidate);
}

function oneOf(codePoints: readonly number[], other: CharacterTest): CharacterTest {
  return (candidate) => codePoints.includes(candidate) || other(candidate);
}

/** `(?i)` folds US-ASCII letters alone, `(?iu)` all of Unicode. */
export function ignoringCase(test: CharacterTest, isUnicode: boolean): CharacterTest {
  return (candidate) =>
    test(candidate) ||
    test(fold(candidate, isUnicode, 'toLowerCase')) ||
    test(fold(candidate, isUnicode, 'toUpperCase'));
}

function fold(codePoint: number, isUnicode: boolean, way: 'toLowerCase' | 'toUpperCase'): number {
  if (codePoint > 0x7f && !isUnicode) return codePoint;
  const folded = String.fromCodePoint(codePoint)[way]();
  return folded.length === 1 ? folded.charCodeAt(0) : codePoint;
}

/** `\d`, `\S` and the like; `undefined` for a letter that names no class. */
export function predefinedClass(letter: string): CharacterTest | undefined {
  const lower = letter.toLowerCase();
  const test = Object.hasOwn(PREDEFINED, lower) ? PREDEFINED[lower] : undefined;
  return test && letter !== lower ? not(test) : test;
}

/** `\p{name}`: POSIX names, and the categories, scripts and binary properties of Unicode with or without `Is`. */
export function propertyClass(name: string): CharacterTest {
  if (Object.hasOwn(POSIX, name)) return POSIX[name]!;
  const [, property = ''] =
    /^(?:Is|general_category=|gc=)?(\w+)$/i.exec(name) ?? /^((?:script|sc)=\w+)$/.exec(name) ?? [];
  for (const candidate of [property, `Script=${property}`]) {
    const expression = unicodeProperty(candidate);
    if (expression) return (codePoint) => expression.test(String.fromCodePoint(codePoint));
  }
  throw new PatternSyntaxError(`unknown character property ${name}`);
}

function unicodeProperty(property: string): RegExp | undefined {
  try {
    return new RegExp(`^\\p{${property}}$`, 'u');
  } catch {
    return undefined;
  }
}
