import type { ExecutionRecord, ExecutionStatus } from './execution.ts';
import { isExecuted } from './execution.ts';
import type { AbortCriteria, FailureType, RetryCriteria } from './job.ts';

/** How many things there are by the state of their last finished execution. */
export type FinishedCounts = Readonly<Partial<Record<ExecutionStatus, number>>>;

const FAILURES = ['FAILED', 'REJECTED', 'TIMED_OUT'] as const;

/** The first criterion that is met (developer guide, "Job abort configuration"). */
export function metAbortCriterion(
  criteria: readonly AbortCriteria[] | undefined,
  finished: FinishedCounts,
): AbortCriteria | undefined {
  const executed = Object.entries(finished).reduce(
    (sum, [status, count]) => (isExecuted(status as ExecutionStatus) ? sum + count : sum),
    0,
  );
  return criteria?.find(
    ({ failureType, thresholdPercentage, minNumberOfExecutedThings }) =>
      executed > 0 &&
      executed >= minNumberOfExecutedThings &&
      failed(finished, failureType) > 0 &&
      failed(finished, failureType) * 100 >= thresholdPercentage * executed,
  );
}

function failed(finished: FinishedCounts, type: FailureType): number {
  const counted: readonly ExecutionStatus[] = type === 'ALL' ? FAILURES : [type];
  return counted.reduce((sum, status) => sum + (finished[status] ?? 0), 0);
}

/**
 * Whether the last of these attempts is tried again. Failures of each type are counted by the criterion of that type;
 * those of both types by `ALL`.
 *
 * @param attempts of one thing since it became a target, oldest first
 */
export function isRetried(
  criteria: readonly RetryCriteria[] | undefined,
  attempts: readonly ExecutionRecord[],
): boolean {
  const last = attempts.at(-1)?.status;
  if (last !== 'FAILED' && last !== 'TIMED_OUT') return false;
  const criterion = criteria?.find(({ failureType }) => failureType === 'ALL' || failureType === last);
  if (!criterion) return false;
  const failures = attempts.filter(
    ({ status }) =>
      status === criterion.failureType ||
      (criterion.failureType === 'ALL' && (status === 'FAILED' || status === 'TIMED_OUT')),
  );
  return failures.length <= criterion.numberOfRetries;
}
