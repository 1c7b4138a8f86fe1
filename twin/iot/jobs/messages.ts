import { randomUUID } from 'node:crypto';

import { arn, type Account } from '../../account.ts';
import type { ExecutionRecord } from './execution.ts';
import { deadlineOf } from './execution.ts';
import type { JobRecord } from './job.ts';
import type { JobProgress } from './job-store.ts';

/** Devices are told times in seconds since the epoch. */
export function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

/** JobExecutionSummary of the device API (developer guide, "Jobs device MQTT and HTTPS data types"). */
export function summaryOf(execution: ExecutionRecord): Record<string, unknown> {
  const { jobId, queuedAt, startedAt, lastUpdatedAt, executionNumber, versionNumber } = execution;
  return {
    jobId,
    queuedAt: seconds(queuedAt),
    lastUpdatedAt: seconds(lastUpdatedAt),
    ...(startedAt !== undefined && { startedAt: seconds(startedAt) }),
    executionNumber,
    versionNumber,
  };
}

/** JobExecutionState of the device API. */
export function stateOf({ status, statusDetails, versionNumber }: ExecutionRecord): Record<string, unknown> {
  return { status, ...(statusDetails && { statusDetails }), versionNumber };
}

/** JobExecution of the device API, without its document. */
export function executionData(execution: ExecutionRecord, now: number): Record<string, unknown> {
  const { thingName, status, statusDetails } = execution;
  const deadline = deadlineOf(execution);
  return {
    ...summaryOf(execution),
    thingName,
    status,
    ...(statusDetails && { statusDetails }),
    ...(deadline !== undefined && {
      approximateSecondsBeforeTimedOut: Math.max(0, Math.ceil((deadline - now) / 1000)),
    }),
  };
}

/** `$aws/things/<thing>/jobs/notify`: the pending executions by state. */
export function listNotification(pending: readonly ExecutionRecord[], now: number): Record<string, unknown> {
  const jobs: Record<string, unknown[]> = {};
  for (const execution of pending) (jobs[execution.status] ??= []).push(summaryOf(execution));
  return { timestamp: seconds(now), jobs };
}

export type JobEvent = 'completed' | 'canceled' | 'deleted' | 'cancellation_in_progress' | 'deletion_in_progress';

/** `$aws/events/job/<id>/<operation>` (developer guide, "Jobs events"). */
export function jobEvent(
  job: JobRecord,
  operation: JobEvent,
  progress: JobProgress,
  now: number,
): Record<string, unknown> {
  const { jobId, targetSelection, targets, description, completedAt, createdAt, lastUpdatedAt, comment } = job;
  const { latest } = progress;
  return {
    eventType: 'JOB',
    eventId: randomUUID(),
    timestamp: seconds(now),
    operation,
    jobId,
    status: operation.toUpperCase(),
    targetSelection,
    targets,
    ...(description !== undefined && { description }),
    ...(completedAt !== undefined && { completedAt }),
    createdAt,
    lastUpdatedAt,
    ...(comment !== undefined && { comment }),
    ...(operation === 'completed' && {
      jobProcessDetails: {
        numberOfCanceledThings: latest.CANCELED ?? 0,
        numberOfRejectedThings: latest.REJECTED ?? 0,
        numberOfFailedThings: latest.FAILED ?? 0,
        numberOfRemovedThings: latest.REMOVED ?? 0,
        numberOfSucceededThings: latest.SUCCEEDED ?? 0,
      },
    }),
  };
}

/** `$aws/events/jobExecution/<id>/<operation>`. A deleted execution keeps the state it had. */
export function executionEvent(
  account: Account,
  execution: ExecutionRecord,
  operation: string,
  now: number,
): Record<string, unknown> {
  const { jobId, thingName, status, statusDetails } = execution;
  return {
    eventType: 'JOB_EXECUTION',
    eventId: randomUUID(),
    timestamp: seconds(now),
    operation,
    jobId,
    thingArn: arn(account, 'iot', `thing/${thingName}`),
    status,
    statusDetails: statusDetails ?? {},
  };
}
