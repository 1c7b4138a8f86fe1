import { nextTime, parseSchedule } from '../../services/scheduler/expression.ts';
import { invalidRequest } from '../registry/failures.ts';
import type { MaintenanceWindow, SchedulingConfig } from './job.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const LEAST_NOTICE_MS = 30 * MINUTE_MS;
const LATEST_START_MS = 366 * DAY_MS;
const LATEST_END_MS = 2 * 366 * DAY_MS;
const LONGEST_WINDOW_MINUTES = 23 * 60 + 50;
const SHOWN_OCCURRENCES = 7;

/** Where a job is in its schedule, and when that is to be asked again. */
export interface Phase {
  /** `closed` is between two maintenance windows. */
  readonly phase: 'before' | 'open' | 'closed' | 'ended';
  readonly until?: number;
}

/** Developer guide, "Job scheduling configurations" and "Recurring maintenance window". */
export function phaseAt(config: SchedulingConfig | undefined, now: number): Phase {
  const start = config?.startTime === undefined ? undefined : timeOf(config.startTime, 'startTime');
  const end = config?.endTime === undefined ? Infinity : timeOf(config.endTime, 'endTime');
  if (start !== undefined && now < start) return { phase: 'before', until: start };
  if (now >= end) return { phase: 'ended' };
  const windows = (config?.maintenanceWindows ?? []).map((window) => windowAt(window, now));
  const until = Math.min(end, ...windows.map((window) => window.until));
  return {
    phase: windows.length === 0 || windows.some(({ open }) => open) ? 'open' : 'closed',
    ...(until !== Infinity && { until }),
  };
}

function windowAt({ startTime, durationInMinutes }: MaintenanceWindow, now: number): { open: boolean; until: number } {
  const length = durationInMinutes * MINUTE_MS;
  // The one occurrence that may be open began after this.
  const occurrence = nextTime(parseSchedule(startTime), now - length, now) ?? Infinity;
  return occurrence <= now ? { open: true, until: occurrence + length } : { open: false, until: occurrence };
}

/** Beginnings of the next seven maintenance windows, as DescribeJob shows them. */
export function nextOccurrences(config: SchedulingConfig | undefined, now: number): string[] {
  const start = config?.startTime === undefined ? now : timeOf(config.startTime, 'startTime') - 1;
  const end = config?.endTime === undefined ? Infinity : timeOf(config.endTime, 'endTime');
  const times = (config?.maintenanceWindows ?? []).flatMap(({ startTime }) => {
    const schedule = parseSchedule(startTime);
    const found: number[] = [];
    let time = nextTime(schedule, Math.max(now, start), now);
    for (; time !== undefined && time < end && found.length < SHOWN_OCCURRENCES; time = nextTime(schedule, time, now))
      found.push(time);
    return found;
  });
  return times
    .sort((a, b) => a - b)
    .slice(0, SHOWN_OCCURRENCES)
    .map((time) => new Date(time).toISOString().slice(0, 16));
}

/**
 * @throws AwsError InvalidRequestException that names the member
 */
export function checkSchedule(config: SchedulingConfig, continuous: boolean, now: number): void {
  const start = config.startTime === undefined ? undefined : timeOf(config.startTime, 'startTime');
  const end = config.endTime === undefined ? undefined : timeOf(config.endTime, 'endTime');
  if (start !== undefined && (start < now + LEAST_NOTICE_MS || start > now + LATEST_START_MS))
    throw invalidRequest('startTime must be at least 30 minutes and at most one year from now.');
  if (end !== undefined && (end < now + LEAST_NOTICE_MS || end > now + LATEST_END_MS))
    throw invalidRequest('endTime must be at least 30 minutes and at most two years from now.');
  if (end !== undefined && start !== undefined && end < start + LEAST_NOTICE_MS)
    throw invalidRequest('endTime must be at least 30 minutes after startTime.');
  if (config.endBehavior !== undefined && end === undefined) throw invalidRequest('endBehavior needs an endTime.');
  if (config.maintenanceWindows?.length && !continuous)
    throw invalidRequest('Maintenance windows apply to CONTINUOUS jobs only.');
  checkWindows(config.maintenanceWindows);
}

/** @throws AwsError InvalidRequestException */
export function checkWindows(windows: readonly MaintenanceWindow[] | undefined): void {
  for (const { startTime, durationInMinutes } of windows ?? []) {
    try {
      if (parseSchedule(startTime).kind !== 'cron') throw new Error(`${startTime} is not a cron expression`);
    } catch (error) {
      throw invalidRequest(`Invalid startTime of a maintenance window: ${(error as Error).message}`);
    }
    if (!Number.isInteger(durationInMinutes) || durationInMinutes < 1 || durationInMinutes > LONGEST_WINDOW_MINUTES)
      throw invalidRequest(`durationInMinutes must be between 1 and ${LONGEST_WINDOW_MINUTES}.`);
  }
}

const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::\d{2}(?:\.\d{1,9})?)?)?(Z|[+-]\d{2}:\d{2})?$/;

/** `YYYY-MM-DDTHH:MM`, in UTC unless it says otherwise. */
function timeOf(text: string, member: string): number {
  const parts = TIMESTAMP.exec(text);
  const time = parts ? Date.parse(`${parts[1]}T${parts[2] ?? '00:00'}:00${parts[3] ?? 'Z'}`) : NaN;
  if (Number.isNaN(time)) throw invalidRequest(`${member} ${text} is not of the form YYYY-MM-DDTHH:MM.`);
  return time;
}
