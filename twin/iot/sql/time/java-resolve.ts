import type { ParsedFields } from './java-fields.ts';
import { toInstant, UTC } from './zone.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MAX_YEAR = 270_000;

/**
 * The instant that fields stand for, by java.time's smart resolver: a day past the end of its month is the last one, 24:00 is the
 * next midnight. Without a time it is midnight, without a zone UTC (Developer Guide, "time_to_epoch").
 */
export function resolveFields(fields: ParsedFields): number | undefined {
  const date = resolveDate(fields);
  const time = resolveTime(fields);
  if (date === undefined || time === undefined) return undefined;
  return toInstant(date + time, fields.zone ?? UTC);
}

function resolveDate(fields: ParsedFields): number | undefined {
  const year = resolveYear(fields);
  if (year === undefined || Math.abs(year) > MAX_YEAR) return undefined;
  const date = dayOf(year, fields);
  if (date === undefined || fields.weekday === undefined) return date;
  return (new Date(date).getUTCDay() || 7) === fields.weekday ? date : undefined;
}

function resolveYear({ year, yearOfEra, era }: ParsedFields): number | undefined {
  if (year !== undefined) return year;
  if (yearOfEra === undefined || yearOfEra < 1) return undefined;
  return era === 'BC' ? 1 - yearOfEra : yearOfEra;
}

function dayOf(year: number, { month, day, dayOfYear }: ParsedFields): number | undefined {
  if (month !== undefined && day !== undefined) {
    const lastDay = new Date(startOf(year, month, 0)).getUTCDate();
    return startOf(year, month - 1, Math.min(day, lastDay));
  }
  if (dayOfYear === undefined) return undefined;
  const date = startOf(year, 0, dayOfYear);
  return new Date(date).getUTCFullYear() === year ? date : undefined;
}

function startOf(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month, day);
}

function resolveTime(fields: ParsedFields): number | undefined {
  if (fields.millisecondOfDay !== undefined) return fields.millisecondOfDay;
  const { hourOfHalf, half, minute = 0, second = 0, nanosecond = 0 } = fields;
  let { hour } = fields;
  if (hourOfHalf !== undefined) {
    // An hour of 1 to 12 without AM or PM says no time.
    if (half === undefined) return undefined;
    hour = hourOfHalf + 12 * half;
  }
  const time = (hour ?? 0) * HOUR + minute * 60_000 + second * 1_000 + Math.floor(nanosecond / 1e6);
  return time > DAY ? undefined : time;
}
