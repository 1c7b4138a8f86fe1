import { Cron } from 'croner';

/** When something recurs, as EventBridge writes it: `rate(5 minutes)`, `cron(0 10 * * ? *)`, `at(2026-11-23T10:00:00)`. */
export type Schedule =
  | { readonly kind: 'rate'; readonly everyMs: number }
  | { readonly kind: 'cron'; readonly pattern: string; readonly timeZone: string }
  | { readonly kind: 'at'; readonly time: number };

const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** EventBridge counts days of the week from SUN = 1; cron elsewhere from SUN = 0. Names mean the same everywhere. */
function shiftDaysOfWeek(field: string): string {
  return field.replace(/(?<![#/\d])[1-7](?![\d])/g, (digit) => String(Number(digit) - 1));
}

/** Milliseconds to add to UTC in a time zone at a moment. */
function offsetAt(timeZone: string, utc: number): number {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    ...{
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    },
  }).formatToParts(utc);
  const field = (type: string): number => Number(parts.find((part) => part.type === type)!.value);
  return (
    Date.UTC(field('year'), field('month') - 1, field('day'), field('hour'), field('minute'), field('second')) -
    Math.floor(utc / 1_000) * 1_000
  );
}

/**
 * Reads a schedule expression (EventBridge Scheduler user guide, "Schedule types").
 *
 * @throws Error that says which form was expected
 */
export function parseSchedule(expression: string, timeZone = 'UTC'): Schedule {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate && Number(rate[1]) > 0) return { kind: 'rate', everyMs: Number(rate[1]) * UNITS[rate[2]!]! };
  const at = /^at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)$/.exec(expression);
  if (at) {
    const asUtc = Date.parse(`${at[1]}Z`);
    if (!Number.isNaN(asUtc)) return { kind: 'at', time: asUtc - offsetAt(timeZone, asUtc) };
  }
  const cron = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/.exec(expression);
  if (cron) {
    const [minute, hour, dayOfMonth, month, dayOfWeek, year] = cron
      .slice(1)
      .map((field) => field.replaceAll('?', '*')) as [string, string, string, string, string, string];
    const pattern = `0 ${minute} ${hour} ${dayOfMonth} ${month} ${shiftDaysOfWeek(dayOfWeek)} ${year}`;
    try {
      new Cron(pattern, { timezone: timeZone, mode: '7-part', sloppyRanges: true }).stop();
      return { kind: 'cron', pattern, timeZone };
    } catch (cause) {
      throw new Error(`Invalid schedule expression ${expression}: ${(cause as Error).message}`, { cause });
    }
  }
  throw new Error(
    `Invalid schedule expression ${expression}: expected rate(value unit), cron(six fields) or at(yyyy-mm-ddThh:mm:ss).`,
  );
}

/** The first time after `after` (Unix ms), or `undefined` when there is none; a rate counts from `anchor`. */
export function nextTime(schedule: Schedule, after: number, anchor: number): number | undefined {
  if (schedule.kind === 'at') return schedule.time > after ? schedule.time : undefined;
  if (schedule.kind === 'rate')
    return anchor + (Math.floor((after - anchor) / schedule.everyMs) + 1) * schedule.everyMs;
  return new Cron(schedule.pattern, { timezone: schedule.timeZone, mode: '7-part', sloppyRanges: true })
    .nextRun(new Date(after))
    ?.getTime();
}
