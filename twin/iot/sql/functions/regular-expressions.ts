import { toText } from '../conversion.ts';
import type { Frame } from '../frame.ts';
import { Pattern } from '../pattern/matcher.ts';
import { PatternSyntaxError } from '../pattern/syntax.ts';
import type { Value } from '../value.ts';
import { context, type SqlFunction } from './definition.ts';
import { readReplacement } from './replacement.ts';
import { boundedText } from './text-limit.ts';

const MAX_CACHED = 256;
const cache = new Map<string, Pattern | undefined>();

/** Compiled once for each text; `undefined` for what is no regular expression. The oldest leave when the cache is full. */
function patternOf(source: string): Pattern | undefined {
  if (cache.has(source)) return cache.get(source);
  let pattern: Pattern | undefined;
  try {
    pattern = new Pattern(source);
  } catch (failure) {
    if (!(failure instanceof PatternSyntaxError)) throw failure;
  }
  if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value!);
  cache.set(source, pattern);
  return pattern;
}

type Use = (frame: Frame, text: string, pattern: Pattern) => Value;

function withPattern(use: Use): (frame: Frame, value: Value, expression: Value) => Value {
  return (frame, value, expression) => {
    const text = toText(value);
    const source = toText(expression);
    const pattern = text === undefined || source === undefined ? undefined : patternOf(source);
    return pattern && use(frame, text!, pattern);
  };
}

const matches: Use = (frame, text, pattern) => pattern.find(text, 0, (steps) => frame.spend(steps)) !== undefined;

const firstMatch: Use = (frame, text, pattern) => pattern.find(text, 0, (steps) => frame.spend(steps))?.group(0);

function replace(frame: Frame, value: Value, expression: Value, replacement: Value): Value {
  const replacementText = toText(replacement);
  if (replacementText === undefined) return undefined;
  return withPattern((_frame, text, pattern) => {
    const expand = readReplacement(replacementText, pattern);
    if (!expand) return undefined;
    let result = '';
    let copied = 0;
    for (let at = 0; at <= text.length;) {
      const match = pattern.find(text, at, (steps) => frame.spend(steps));
      if (!match) break;
      result = boundedText(result + text.slice(copied, match.start) + expand(match));
      copied = match.end;
      at = match.end > match.start ? match.end : match.end + 1;
    }
    return result + text.slice(copied);
  })(frame, value, expression);
}

/** Regular expressions in Java's syntax (Developer Guide, "Functions"). What is no valid expression makes the result Undefined. */
export const REGULAR_EXPRESSIONS: readonly SqlFunction[] = [
  context('regexp_matches', '2015-10-08', [2, 2], withPattern(matches)),
  context('regexp_substr', '2015-10-08', [2, 2], withPattern(firstMatch)),
  context('regexp_replace', '2015-10-08', [3, 3], replace),
];
