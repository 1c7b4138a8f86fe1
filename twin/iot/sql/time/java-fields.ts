import { HALVES_OF_DAY, MONTHS, short, WEEKDAYS } from './names.ts';
import { findNamedZone, findZone, fixedZone, offsetOf, type Zone } from './zone.ts';

/** Where in the text reading stands. */
export interface TextCursor {
  readonly text: string;
  at: number;
}

/** What a text says of a moment. Nanoseconds are of the second. */
export interface ParsedFields {
  readonly era?: 'BC' | 'AD';
  readonly yearOfEra?: number;
  readonly year?: number;
  readonly month?: number;
  readonly day?: number;
  readonly dayOfYear?: number;
  readonly weekday?: number;
  readonly half?: 0 | 1;
  readonly hour?: number;
  readonly hourOfHalf?: number;
  readonly minute?: number;
  readonly second?: number;
  readonly nanosecond?: number;
  readonly millisecondOfDay?: number;
  readonly zone?: Zone;
}

export interface FieldReader {
  readonly maxCount: number;
  /** Digits that a number before this field must leave to it; absent where the field is no number. */
  readonly fixedDigits?: (count: number) => number;
  /** Reads the field and moves on; `undefined` where it is not there. */
  readonly read: (cursor: TextCursor, count: number, reserved: number) => ParsedFields | undefined;
}

const MAX_DIGITS = 19;

/** Digits between `least` and `greatest`, leaving `reserved` of a longer run to the numbers that follow. */
function takeDigits(cursor: TextCursor, least: number, greatest: number, reserved: number): number | undefined {
  let run = 0;
  while (run < greatest + reserved && /\d/.test(cursor.text[cursor.at + run] ?? '')) run++;
  const length = Math.min(Math.max(least, run - reserved), greatest);
  if (run < length || length === 0) return undefined;
  const value = Number(cursor.text.slice(cursor.at, cursor.at + length));
  cursor.at += length;
  return value;
}

/** One letter: any number of digits; two or more: exactly that many. */
function numberField(maxCount: number, put: (value: number) => ParsedFields | undefined): FieldReader {
  return {
    maxCount,
    fixedDigits: (count) => (count === 1 ? 0 : count),
    read: (cursor, count, reserved) => {
      const value = takeDigits(cursor, count, count === 1 ? MAX_DIGITS : count, reserved);
      return value === undefined ? undefined : put(value);
    },
  };
}

const within = (value: number, least: number, greatest: number): boolean => value >= least && value <= greatest;

function yearField(key: 'year' | 'yearOfEra'): FieldReader {
  return {
    maxCount: MAX_DIGITS,
    fixedDigits: (count) => (count === 2 ? 2 : 0),
    read: (cursor, count, reserved) => {
      if (count === 2) {
        const value = takeDigits(cursor, 2, 2, reserved);
        return value === undefined ? undefined : { [key]: 2000 + value };
      }
      const sign = key === 'year' && cursor.text[cursor.at] === '-' ? -1 : 1;
      // More digits than letters need a plus sign (SignStyle.EXCEEDS_PAD), from four letters on.
      const isLong = cursor.text[cursor.at] === '+' && count >= 4;
      if (sign === -1 || isLong) cursor.at++;
      const value = takeDigits(cursor, count, count >= 4 && !isLong ? count : MAX_DIGITS, reserved);
      return value === undefined ? undefined : { [key]: sign * value };
    },
  };
}

function takeName(cursor: TextCursor, names: readonly string[]): number | undefined {
  const index = names.findIndex((name) => cursor.text.startsWith(name, cursor.at));
  if (index === -1) return undefined;
  cursor.at += names[index]!.length;
  return index;
}

function takeMatch(cursor: TextCursor, expression: RegExp): RegExpExecArray | undefined {
  expression.lastIndex = cursor.at;
  const match = expression.exec(cursor.text);
  if (match) cursor.at += match[0].length;
  return match ?? undefined;
}

function takeOffset(cursor: TextCursor, expression: RegExp): ParsedFields | undefined {
  const match = takeMatch(cursor, expression);
  if (!match) return undefined;
  const offset = match[1] ? offsetOf(match[1], match[2], match[3], match[4]) : 0;
  return offset === undefined ? undefined : { zone: fixedZone(match[0], offset) };
}

const OFFSETS = {
  hours: /([+-])(\d{2})(\d{2})?/y,
  plain: /([+-])(\d{2})(\d{2})/y,
  colon: /([+-])(\d{2}):(\d{2})/y,
  plainSeconds: /([+-])(\d{2})(\d{2})(\d{2})?/y,
  colonSeconds: /([+-])(\d{2}):(\d{2})(?::(\d{2}))?/y,
  localized: /GMT(?:([+-])(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?)?/y,
};
const OFFSET_STYLES = [OFFSETS.hours, OFFSETS.plain, OFFSETS.colon, OFFSETS.plainSeconds, OFFSETS.colonSeconds];

const isoOffset = (acceptsZ: boolean): FieldReader => ({
  maxCount: 5,
  read: (cursor, count) => {
    if (acceptsZ && cursor.text[cursor.at] === 'Z') {
      cursor.at++;
      return { zone: fixedZone('UTC', 0) };
    }
    return takeOffset(cursor, OFFSET_STYLES[count - 1]!);
  },
});

const ZONE_TEXT = /[A-Za-z][A-Za-z0-9~/._+-]*(?::\d{2}){0,2}|[+-][0-9:]+/y;

/** The longest text at hand that names a zone, as in `Europe/Berlin-x`. */
function takeZone(cursor: TextCursor, find: (name: string) => Zone | undefined): ParsedFields | undefined {
  const { at } = cursor;
  const text = takeMatch(cursor, ZONE_TEXT)?.[0] ?? '';
  for (let length = text.length; length > 0; length--) {
    const zone = find(text.slice(0, length));
    if (zone) {
      cursor.at = at + length;
      return { zone };
    }
  }
  return undefined;
}

/** The letters of `java.time.format.DateTimeFormatter`. */
export const PATTERN_FIELDS: Readonly<Record<string, FieldReader>> = {
  G: {
    maxCount: 4,
    read: (cursor, count) => {
      const index = takeName(cursor, count < 4 ? ['BC', 'AD'] : ['Before Christ', 'Anno Domini']);
      return index === undefined ? undefined : { era: index === 0 ? 'BC' : 'AD' };
    },
  },
  u: yearField('year'),
  y: yearField('yearOfEra'),
  M: monthField(),
  L: monthField(),
  d: numberField(2, (day) => (within(day, 1, 31) ? { day } : undefined)),
  D: {
    maxCount: 3,
    fixedDigits: (count) => (count === 3 ? 3 : 0),
    read: (cursor, count, reserved) => {
      const dayOfYear = takeDigits(cursor, count, count === 1 ? MAX_DIGITS : 3, reserved);
      return dayOfYear !== undefined && within(dayOfYear, 1, 366) ? { dayOfYear } : undefined;
    },
  },
  E: {
    maxCount: 4,
    read: (cursor, count) => {
      const index = takeName(cursor, count < 4 ? WEEKDAYS.map(short) : WEEKDAYS);
      return index === undefined ? undefined : { weekday: index + 1 };
    },
  },
  a: {
    maxCount: 1,
    read: (cursor) => {
      const half = takeName(cursor, HALVES_OF_DAY);
      return half === undefined ? undefined : { half: half as 0 | 1 };
    },
  },
  H: numberField(2, (hour) => (within(hour, 0, 24) ? { hour } : undefined)),
  k: numberField(2, (hour) => (within(hour, 1, 24) ? { hour: hour % 24 } : undefined)),
  h: numberField(2, (hour) => (within(hour, 1, 12) ? { hourOfHalf: hour % 12 } : undefined)),
  K: numberField(2, (hour) => (within(hour, 0, 11) ? { hourOfHalf: hour } : undefined)),
  m: numberField(2, (minute) => (within(minute, 0, 59) ? { minute } : undefined)),
  s: numberField(2, (second) => (within(second, 0, 59) ? { second } : undefined)),
  S: {
    maxCount: 9,
    fixedDigits: (count) => count,
    read: (cursor, count) => {
      const { at } = cursor;
      const value = takeDigits(cursor, count, count, 0);
      return value === undefined ? undefined : { nanosecond: Number(cursor.text.slice(at, at + count).padEnd(9, '0')) };
    },
  },
  n: numberField(MAX_DIGITS, (nanosecond) => (nanosecond < 1e9 ? { nanosecond } : undefined)),
  A: numberField(MAX_DIGITS, (millisecondOfDay) => (millisecondOfDay < 86_400_000 ? { millisecondOfDay } : undefined)),
  N: numberField(MAX_DIGITS, (value) => (value < 86_400e9 ? { millisecondOfDay: Math.floor(value / 1e6) } : undefined)),
  V: { maxCount: 2, read: (cursor, count) => (count === 2 ? takeZone(cursor, findZone) : undefined) },
  z: { maxCount: 4, read: (cursor) => takeZone(cursor, findNamedZone) },
  O: {
    maxCount: 4,
    read: (cursor, count) => (count === 1 || count === 4 ? takeOffset(cursor, OFFSETS.localized) : undefined),
  },
  X: isoOffset(true),
  x: isoOffset(false),
  Z: {
    maxCount: 5,
    read: (cursor, count) => {
      if (count < 4) return takeOffset(cursor, OFFSETS.plain);
      return count === 4 ? takeOffset(cursor, OFFSETS.localized) : isoOffset(true).read(cursor, 5, 0);
    },
  },
};

function monthField(): FieldReader {
  const numeric = numberField(2, (month) => (within(month, 1, 12) ? { month } : undefined));
  return {
    maxCount: 4,
    fixedDigits: (count) => (count === 2 ? 2 : 0),
    read: (cursor, count, reserved) => {
      if (count < 3) return numeric.read(cursor, count, reserved);
      const index = takeName(cursor, count === 3 ? MONTHS.map(short) : MONTHS);
      return index === undefined ? undefined : { month: index + 1 };
    },
  };
}
