import { HALVES_OF_DAY, MONTHS, short, WEEKDAYS } from './names.ts';
import { readRuns } from './pattern-runs.ts';
import { formatOffset, type Zone } from './zone.ts';

/** Longer patterns are no date patterns. */
const MAX_PATTERN = 1_024;
const DAY = 86_400_000;

interface Moment {
  /** The zone's wall clock, as the UTC fields of a Date. */
  readonly local: Date;
  readonly epoch: number;
  readonly zone: Zone;
}

type Field = (moment: Moment, count: number) => string;

const number =
  (read: (moment: Moment) => number): Field =>
  (moment, count) =>
    padded(read(moment), count);

/** Two letters show the last two digits of a year, as Joda-Time has it. */
const year =
  (read: (moment: Moment) => number): Field =>
  (moment, count) => {
    const value = read(moment);
    return count === 2 ? padded(Math.abs(value) % 100, 2) : padded(value, count);
  };

const yearOf = ({ local }: Moment): number => local.getUTCFullYear();
const yearOfEra = (moment: Moment): number => (yearOf(moment) > 0 ? yearOf(moment) : 1 - yearOf(moment));
const weekday = ({ local }: Moment): number => local.getUTCDay() || 7;
const dayOfYear = (moment: Moment): number =>
  Math.floor((moment.local.getTime() - startOfYear(yearOf(moment))) / DAY) + 1;

/** The fields of `org.joda.time.format.DateTimeFormat`. */
const FIELDS: Readonly<Record<string, Field>> = {
  G: (moment) => (yearOf(moment) > 0 ? 'AD' : 'BC'),
  C: number((moment) => Math.floor(yearOfEra(moment) / 100)),
  Y: year(yearOfEra),
  x: year((moment) => weekOf(moment).year),
  w: number((moment) => weekOf(moment).week),
  e: number(weekday),
  E: (moment, count) => named(WEEKDAYS[weekday(moment) - 1]!, count),
  y: year(yearOf),
  D: number(dayOfYear),
  M: (moment, count) => {
    const month = moment.local.getUTCMonth();
    return count < 3 ? padded(month + 1, count) : named(MONTHS[month]!, count);
  },
  d: number(({ local }) => local.getUTCDate()),
  a: ({ local }) => HALVES_OF_DAY[local.getUTCHours() < 12 ? 0 : 1],
  K: number(({ local }) => local.getUTCHours() % 12),
  h: number(({ local }) => local.getUTCHours() % 12 || 12),
  H: number(({ local }) => local.getUTCHours()),
  k: number(({ local }) => local.getUTCHours() || 24),
  m: number(({ local }) => local.getUTCMinutes()),
  s: number(({ local }) => local.getUTCSeconds()),
  S: ({ local }, count) => padded(local.getUTCMilliseconds(), 3).padEnd(count, '0').slice(0, count),
  z: ({ zone, epoch }, count) => zone.nameAt(epoch, count < 4 ? 'short' : 'long'),
  Z: ({ zone, epoch }, count) => (count > 2 ? zone.id : formatOffset(zone.offsetAt(epoch), count === 1 ? '' : ':')),
};

/**
 * Formats an instant by a Joda-Time pattern.
 * @param epoch milliseconds
 * @returns `undefined` where the pattern is none, or the instant is out of range
 */
export function formatJoda(pattern: string, epoch: number, zone: Zone): string | undefined {
  const runs = pattern.length > 0 && pattern.length <= MAX_PATTERN ? readRuns(pattern) : undefined;
  const local = new Date(epoch + zone.offsetAt(new Date(epoch).getTime() || 0));
  if (!runs || Number.isNaN(local.getTime())) return undefined;
  const moment: Moment = { local, epoch, zone };
  let text = '';
  for (const run of runs) {
    if ('literal' in run) text += run.literal;
    else if (Object.hasOwn(FIELDS, run.letter)) text += FIELDS[run.letter]!(moment, run.count);
    else return undefined;
  }
  return text;
}

function padded(value: number, count: number): string {
  return `${value < 0 ? '-' : ''}${String(Math.abs(value)).padStart(count, '0')}`;
}

function named(name: string, count: number): string {
  return count < 4 ? short(name) : name;
}

function startOfYear(fullYear: number): number {
  return new Date(0).setUTCFullYear(fullYear, 0, 1);
}

/** ISO 8601: a week belongs to the year of its Thursday. */
function weekOf(moment: Moment): { year: number; week: number } {
  const thursday = new Date(moment.local.getTime() + (4 - weekday(moment)) * DAY);
  const fullYear = thursday.getUTCFullYear();
  return { year: fullYear, week: Math.floor((thursday.getTime() - startOfYear(fullYear)) / (7 * DAY)) + 1 };
}
