import { PATTERN_FIELDS, type FieldReader, type ParsedFields, type TextCursor } from './java-fields.ts';
import { resolveFields } from './java-resolve.ts';
import { readRuns, type PatternRun } from './pattern-runs.ts';

const MAX_LENGTH = 1_024;

/**
 * Reads `text` by a `java.time.format.DateTimeFormatter` pattern (JDK 11, English). Fields of week-based years, padding (`p`) and
 * narrow text are not known.
 * @returns milliseconds since the epoch, UTC where the text names no zone; `undefined` where it cannot be read or has no whole date
 */
export function parseJavaTime(text: string, pattern: string): number | undefined {
  if (text.length > MAX_LENGTH || pattern.length > MAX_LENGTH) return undefined;
  const runs = readRuns(pattern);
  const section = runs && readSections(runs);
  if (!section) return undefined;
  const cursor: TextCursor = { text, at: 0 };
  const fields = readSection(section, cursor, {});
  return fields && cursor.at === text.length ? resolveFields(fields) : undefined;
}

type Element =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'field'; readonly reader: FieldReader; readonly count: number; reserved: number }
  | { readonly kind: 'optional'; readonly elements: Element[] };

/** Nests the parts between `[` and `]`, and reserves the digits that fixed-width numbers after a number need. */
function readSections(runs: readonly PatternRun[]): Element[] | undefined {
  const stack: Element[][] = [[]];
  for (const run of runs) {
    const current = stack.at(-1)!;
    if ('letter' in run) {
      const reader = Object.hasOwn(PATTERN_FIELDS, run.letter) ? PATTERN_FIELDS[run.letter] : undefined;
      if (!reader || run.count > reader.maxCount) return undefined;
      current.push({ kind: 'field', reader, count: run.count, reserved: 0 });
    } else if (run.literal === '[') {
      const elements: Element[] = [];
      current.push({ kind: 'optional', elements });
      stack.push(elements);
    } else if (run.literal === ']') {
      if (stack.length === 1) return undefined;
      stack.pop();
    } else if (run.literal === '{' || run.literal === '}' || run.literal === '#') return undefined;
    else current.push({ kind: 'literal', text: run.literal });
  }
  for (const elements of stack) reserveDigits(elements);
  return stack[0];
}

function reserveDigits(elements: Element[]): void {
  let reserved = 0;
  for (const element of elements.toReversed()) {
    if (element.kind === 'field' && element.reader.fixedDigits) {
      element.reserved = reserved;
      reserved += element.reader.fixedDigits(element.count);
    } else reserved = 0;
    if (element.kind === 'optional') reserveDigits(element.elements);
  }
}

function readSection(elements: readonly Element[], cursor: TextCursor, before: ParsedFields): ParsedFields | undefined {
  let fields = before;
  for (const element of elements) {
    if (element.kind === 'literal') {
      if (!cursor.text.startsWith(element.text, cursor.at)) return undefined;
      cursor.at += element.text.length;
    } else if (element.kind === 'field') {
      const read = element.reader.read(cursor, element.count, element.reserved);
      if (!read) return undefined;
      fields = { ...fields, ...read };
    } else {
      const { at } = cursor;
      const read = readSection(element.elements, cursor, fields);
      if (read) fields = read;
      else cursor.at = at;
    }
  }
  return fields;
}
