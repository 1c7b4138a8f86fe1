export const EXECUTION_STATUSES = [
  'QUEUED',
  'IN_PROGRESS',
  'SUCCEEDED',
  'FAILED',
  'TIMED_OUT',
  'REJECTED',
  'REMOVED',
  'CANCELED',
] as const;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

export type StatusDetails = Readonly<Record<string, string>>;

/** One attempt of one thing at one job. Times are milliseconds since the epoch. */
export interface ExecutionRecord {
  readonly jobId: string;
  readonly thingName: string;
  readonly executionNumber: number;
  readonly status: ExecutionStatus;
  readonly statusDetails?: StatusDetails;
  readonly queuedAt: number;
  readonly startedAt?: number;
  readonly lastUpdatedAt: number;
  readonly versionNumber: number;
  /** 0 for the first attempt since the thing became a target. */
  readonly retryAttempt: number;
  readonly forceCanceled?: boolean;
  /** Order of queueing among executions of the same millisecond. */
  readonly sequence: number;
  readonly inProgressDeadline?: number;
  readonly stepDeadline?: number;
}

/** States that a device may report (developer guide, "Job execution states"). */
export type DeviceStatus = 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'REJECTED';
const DEVICE_STATUSES: ReadonlySet<unknown> = new Set(['IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'REJECTED']);

export function isDeviceStatus(status: unknown): status is DeviceStatus {
  return DEVICE_STATUSES.has(status);
}

export function isTerminal(status: ExecutionStatus): boolean {
  return status !== 'QUEUED' && status !== 'IN_PROGRESS';
}

/** Whether the thing itself, or its failure to answer, ended the execution: what abort criteria count. */
export function isExecuted(status: ExecutionStatus): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED' || status === 'TIMED_OUT' || status === 'REJECTED';
}

/**
 * The execution's state machine: whether a state may follow another. Terminal states are left by nobody, `IN_PROGRESS`
 * may be reported again and again, and only what is in progress can time out.
 */
export function mayFollow(before: ExecutionStatus, after: ExecutionStatus): boolean {
  if (isTerminal(before) || after === 'QUEUED') return false;
  return after !== 'TIMED_OUT' || before === 'IN_PROGRESS';
}

/** When the execution times out: the earlier of its two timers (developer guide, "How timers work for job timeouts"). */
export function deadlineOf({ inProgressDeadline, stepDeadline }: ExecutionRecord): number | undefined {
  if (inProgressDeadline === undefined || stepDeadline === undefined) return inProgressDeadline ?? stepDeadline;
  return Math.min(inProgressDeadline, stepDeadline);
}

export interface Move {
  readonly status: ExecutionStatus;
  /** Replaces the details; they stay as they are without it. */
  readonly statusDetails?: StatusDetails | undefined;
  /** A new step timer; -1 ends the one that runs. */
  readonly stepTimeoutInMinutes?: number | undefined;
  readonly forceCanceled?: boolean;
}

const MINUTE_MS = 60_000;

/**
 * The execution after a move that `mayFollow` allows. The in-progress timer starts once and is never moved; a step timer
 * replaces the one before it; both end with the execution.
 *
 * @param inProgressTimeoutInMinutes of the job, for an execution that starts
 */
export function moved(
  execution: ExecutionRecord,
  move: Move,
  now: number,
  inProgressTimeoutInMinutes?: number,
): ExecutionRecord {
  const { inProgressDeadline, stepDeadline, ...rest } = execution;
  const details = move.statusDetails ?? rest.statusDetails;
  const next: ExecutionRecord = {
    ...rest,
    status: move.status,
    ...(details && { statusDetails: details }),
    ...(move.forceCanceled && { forceCanceled: true }),
    versionNumber: rest.versionNumber + 1,
    lastUpdatedAt: now,
  };
  if (move.status !== 'IN_PROGRESS') return next;
  const step = stepDeadlineAfter(stepDeadline, move.stepTimeoutInMinutes, now);
  const whole =
    rest.status === 'IN_PROGRESS' || inProgressTimeoutInMinutes === undefined
      ? inProgressDeadline
      : now + inProgressTimeoutInMinutes * MINUTE_MS;
  return {
    ...next,
    startedAt: rest.startedAt ?? now,
    ...(whole !== undefined && { inProgressDeadline: whole }),
    ...(step !== undefined && { stepDeadline: step }),
  };
}

function stepDeadlineAfter(running: number | undefined, minutes: number | undefined, now: number): number | undefined {
  if (minutes === undefined) return running;
  return minutes === -1 ? undefined : now + minutes * MINUTE_MS;
}
