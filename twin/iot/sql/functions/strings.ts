import { toIndex, toText } from '../conversion.ts';
import { isArray, isNumeric, type Value } from '../value.ts';
import { pure, type SqlFunction } from './definition.ts';
import { boundedText, requireTextLength } from './text-limit.ts';

const MAX_PADDING = 1_000;
const MAX_ASCII = 127;

/** A function of Strings; other arguments are converted first, and one without a string form makes the result Undefined. */
function ofTexts(apply: (...texts: string[]) => Value): (...values: Value[]) => Value {
  return (...values) => {
    const texts: string[] = [];
    for (const value of values) {
      const text = toText(value);
      if (text === undefined) return undefined;
      texts.push(text);
    }
    return apply(...texts);
  };
}

/**
 * Any Array among the arguments makes the result an Array. One argument alone comes back as it is, a number as its text:
 * the guide's table says "unmodified", its example `concat(1)` = "1".
 */
function concatenate(...values: Value[]): Value {
  if (values.length <= 1) return isNumeric(values[0]) ? toText(values[0]) : values[0];
  if (values.some(isArray)) return values.flat(1).filter((value) => value !== undefined) as Value[];
  return values.some((value) => typeof value === 'string')
    ? ofTexts((...texts) => boundedText(texts.join('')))(...values)
    : undefined;
}

function character(value: Value): Value {
  const code = toIndex(value);
  return code === undefined || code < 0 || code > MAX_ASCII ? undefined : String.fromCharCode(code);
}

function padding(value: Value): string | undefined {
  const count = toIndex(value);
  return count === undefined ? undefined : ' '.repeat(Math.min(Math.max(count, 0), MAX_PADDING));
}

function pad(join: (text: string, spaces: string) => string): (value: Value, count: Value) => Value {
  return (value, count) => {
    const text = toText(value);
    const spaces = padding(count);
    return text === undefined || spaces === undefined ? undefined : join(text, spaces);
  };
}

function replaceAll(text: string, search: string, replacement: string): Value {
  const parts = text.split(search);
  requireTextLength(text.length + (parts.length - 1) * replacement.length);
  return search === '' ? text.replaceAll('', () => replacement) : parts.join(replacement);
}

function substring(value: Value, from: Value, ...rest: Value[]): Value {
  const text = toText(value);
  const start = toIndex(from);
  if (text === undefined || start === undefined) return undefined;
  if (rest.length === 0) return text.slice(Math.max(start, 0));
  const end = toIndex(rest[0]);
  if (end === undefined) return undefined;
  return start >= end ? '' : text.slice(Math.max(start, 0), Math.max(end, 0));
}

/** Text (Developer Guide, "Functions"). A character is a UTF-16 unit, as in Java. */
export const STRINGS: readonly SqlFunction[] = [
  pure('concat', '2015-10-08', [0, Infinity], concatenate),
  pure('chr', '2015-10-08', [1, 1], character),
  pure(
    'lower',
    '2015-10-08',
    [1, 1],
    ofTexts((text) => text!.toLowerCase()),
  ),
  pure(
    'upper',
    '2015-10-08',
    [1, 1],
    ofTexts((text) => text!.toUpperCase()),
  ),
  pure(
    'trim',
    '2015-10-08',
    [1, 1],
    ofTexts((text) => text!.trim()),
  ),
  pure(
    'ltrim',
    '2015-10-08',
    [1, 1],
    ofTexts((text) => text!.trimStart()),
  ),
  pure(
    'rtrim',
    '2015-10-08',
    [1, 1],
    ofTexts((text) => text!.trimEnd()),
  ),
  pure(
    'lpad',
    '2015-10-08',
    [2, 2],
    pad((text, spaces) => boundedText(spaces + text)),
  ),
  pure(
    'rpad',
    '2015-10-08',
    [2, 2],
    pad((text, spaces) => boundedText(text + spaces)),
  ),
  pure(
    'startswith',
    '2015-10-08',
    [2, 2],
    ofTexts((text, start) => text!.startsWith(start!)),
  ),
  pure(
    'endswith',
    '2015-10-08',
    [2, 2],
    ofTexts((text, end) => text!.endsWith(end!)),
  ),
  pure(
    'indexof',
    '2016-03-23',
    [2, 2],
    ofTexts((text, part) => text!.indexOf(part!)),
  ),
  pure(
    'length',
    '2016-03-23',
    [1, 1],
    ofTexts((text) => text!.length),
  ),
  pure(
    'numbytes',
    '2016-03-23',
    [1, 1],
    ofTexts((text) => Buffer.byteLength(text!)),
  ),
  pure(
    'replace',
    '2015-10-08',
    [3, 3],
    ofTexts((text, search, replacement) => replaceAll(text!, search!, replacement!)),
  ),
  pure('substring', '2015-10-08', [2, 3], substring),
];
