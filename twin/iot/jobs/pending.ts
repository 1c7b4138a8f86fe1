import type { ExecutionRecord } from './execution.ts';
import type { JobRecord } from './job.ts';
import type { JobStore } from './job-store.ts';

/** Developer guide, "Job executions limits". */
const LISTED = 10;
const LISTED_OF_WINDOWED_JOBS = 5;

/** In the order in which a device should take them: what is in progress first, then the first queued. */
function inOrder(a: ExecutionRecord, b: ExecutionRecord): number {
  if (a.status !== b.status) return a.status === 'IN_PROGRESS' ? -1 : 1;
  return a.queuedAt - b.queuedAt || a.sequence - b.sequence;
}

/** Whether a device may see and start it now: what is queued waits while its job is between maintenance windows. */
export function isOffered(job: JobRecord, execution: ExecutionRecord): boolean {
  return execution.status === 'IN_PROGRESS' || (execution.status === 'QUEUED' && job.status !== 'SCHEDULED');
}

/** The pending executions that a thing is shown, at most fifteen. */
export function pendingOf(store: JobStore, thingName: string): ExecutionRecord[] {
  let plain = 0;
  let windowed = 0;
  return [...store.executions.recordsBy('pending', thingName)].sort(inOrder).filter((execution) => {
    const job = store.jobs.get(execution.jobId)!;
    if (!isOffered(job, execution)) return false;
    return job.schedulingConfig?.maintenanceWindows?.length ? ++windowed <= LISTED_OF_WINDOWED_JOBS : ++plain <= LISTED;
  });
}
