import type { Clock } from '../../clock.ts';
import type { Registry } from '../registry/registry.ts';
import type { Deadlines } from './deadlines.ts';
import type { ExecutionRecord } from './execution.ts';
import { isTerminal } from './execution.ts';
import { Executions } from './executions.ts';
import { isRetried, metAbortCriterion } from './failure-criteria.ts';
import type { JobRecord, WaitingThing } from './job.ts';
import { isActive } from './job.ts';
import type { JobStore } from './job-store.ts';
import { JobTransactions } from './job-transactions.ts';
import type { Notices } from './notices.ts';
import { ratePerMinute } from './rollout.ts';
import { phaseAt } from './schedule.ts';
import type { TargetGroups } from './targets.ts';
import { thingsOf } from './targets.ts';

const MINUTE_MS = 60_000;
/** Jobs that are over, and their executions, are kept two years (quota "Job data retention"). */
const RETENTION_MS = 730 * 24 * 60 * MINUTE_MS;

export interface JobRunnerPorts {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly groups: TargetGroups;
  readonly store: JobStore;
  readonly notices: Notices;
  /** Jobs that may roll out at the same time (quota L-FBF5CD89). */
  readonly concurrentJobs: number;
  report(line: string): void;
}

/**
 * Moves jobs and executions along: rollout in batches a minute, schedules, timers, retries, aborts, completion. Every
 * change is one transaction; after a restart `resume` takes up what is due.
 */
export class JobRunner {
  readonly executions: Executions;
  readonly #ports: JobRunnerPorts;
  readonly #transactions: JobTransactions;
  readonly #times: Deadlines;
  readonly #concurrent = new Set<string>();

  constructor(ports: JobRunnerPorts) {
    this.#ports = ports;
    const transactions = new JobTransactions(ports);
    this.#transactions = transactions;
    this.#times = transactions.deadlines((jobId) => this.settle(jobId));
    this.executions = new Executions({ ...ports, transactions, onEnd: (execution) => this.#afterEnd(execution) });
  }

  /** Arms what earlier runs left; what fell due in between happens now. */
  resume(): void {
    const { jobs, waiting } = this.#ports.store;
    for (const { jobId, status } of jobs.values())
      if (status === 'IN_PROGRESS' && waiting.by('job', jobId).size > 0) this.#concurrent.add(jobId);
    this.executions.resume();
    this.#transactions.each([...jobs.keys], (jobId) => this.settle(jobId));
  }

  close(): void {
    this.#times.close();
    this.executions.close();
  }

  /** All of `work` and what follows from it, or nothing; the world is told afterwards. */
  atomically<T>(work: () => T): T {
    return this.#transactions.atomically(work);
  }

  isConcurrent(jobId: string): boolean {
    return this.#concurrent.has(jobId);
  }

  put(job: JobRecord): void {
    this.#ports.store.jobs.set(job.jobId, job);
  }

  /** Does whatever the job is due for at this moment: begin, roll out, pause, end, complete. */
  settle(jobId: string): void {
    const { store, clock } = this.#ports;
    const job = store.jobs.get(jobId);
    if (!job) return;
    const now = clock.now();
    if (!isActive(job)) {
      const forgotten = job.lastUpdatedAt + RETENTION_MS;
      if (now >= forgotten) this.delete(job);
      else this.#times.set(jobId, forgotten);
      return;
    }
    const { phase, until } = phaseAt(job.schedulingConfig, now);
    if (phase === 'ended' && !job.ended) this.#end(job);
    if (this.#isActive(jobId)) this.#setRunning(jobId, phase === 'open' || phase === 'ended');
    if (phase === 'open') this.#rollOut(jobId);
    this.#completeWhenDone(jobId);
    const after = store.jobs.get(jobId)!;
    if (!isActive(after)) this.settle(jobId);
    else this.#times.set(jobId, earliest(until, after.status === 'IN_PROGRESS' ? after.nextBatchAt : undefined));
  }

  /** Tells one thing of a job, outside the rollout's rate: it joined the group of a continuous job, or is tried again. */
  include(job: JobRecord, thingName: string, retryAttempt: number): void {
    const waiting: WaitingThing = { jobId: job.jobId, thingName, retryAttempt };
    if (job.status === 'IN_PROGRESS') this.executions.queue(waiting);
    else this.#ports.store.await(waiting);
  }

  /** Cancels the queued executions of a job, and with `force` those in progress. */
  cancel(job: JobRecord, force: boolean, reason: { readonly comment?: string; readonly reasonCode?: string }): void {
    const { notices, clock } = this.#ports;
    const canceled: JobRecord = {
      ...withoutBatch(job),
      status: 'CANCELED',
      ...reason,
      ...(force && { forceCanceled: true }),
      lastUpdatedAt: clock.now(),
    };
    this.#touchQueued(job.jobId);
    this.put(canceled);
    notices.job(canceled, 'cancellation_in_progress');
    this.#dropWaiting(job.jobId);
    this.executions.cancelAll(job.jobId, force);
    notices.job(canceled, 'canceled');
    this.settle(job.jobId);
  }

  delete(job: JobRecord): void {
    const { store, notices, registry } = this.#ports;
    notices.job(job, 'deletion_in_progress');
    this.#dropWaiting(job.jobId);
    this.executions.deleteAll(job.jobId);
    notices.job(job, 'deleted');
    store.jobs.delete(job.jobId);
    registry.tags.forget(job.jobArn);
    this.#times.set(job.jobId, undefined);
    this.#concurrent.delete(job.jobId);
  }

  deleteExecution(execution: ExecutionRecord): void {
    this.executions.delete(execution);
    this.settle(execution.jobId);
  }

  /** The thing is no target any more. */
  exclude(jobId: string, thingName: string): void {
    const { store } = this.#ports;
    const waited = store.release(jobId, thingName);
    const execution = store.execution(jobId, thingName);
    if (execution && !isTerminal(execution.status)) this.executions.move(execution, { status: 'REMOVED' });
    else if (waited) this.settle(jobId);
  }

  #isActive(jobId: string): boolean {
    const job = this.#ports.store.jobs.get(jobId);
    return job !== undefined && isActive(job);
  }

  /** What is queued is offered during maintenance windows only, so a new status of the job may change lists. */
  #touchQueued(jobId: string): void {
    const { store, notices } = this.#ports;
    for (const { thingName, status } of store.executions.recordsBy('job', jobId))
      if (status === 'QUEUED') notices.touch(thingName);
  }

  #setRunning(jobId: string, running: boolean): void {
    const { store, clock } = this.#ports;
    const job = store.jobs.get(jobId)!;
    const status = running ? 'IN_PROGRESS' : 'SCHEDULED';
    if (job.status === status) return;
    this.#touchQueued(jobId);
    if (!running) this.#concurrent.delete(jobId);
    this.put({ ...job, status, lastUpdatedAt: clock.now() });
  }

  #rollOut(jobId: string): void {
    const { store, clock, registry, groups } = this.#ports;
    let job = store.jobs.get(jobId)!;
    const isFirst = job.startedAt === undefined;
    if (!isFirst && store.waiting.by('job', jobId).size === 0) {
      this.#concurrent.delete(jobId);
      if (job.nextBatchAt !== undefined) this.put(withoutBatch(job));
      return;
    }
    const now = clock.now();
    if (job.nextBatchAt !== undefined && now < job.nextBatchAt) return;
    if (!this.#mayRollOut(job)) return;
    if (isFirst) {
      for (const thingName of thingsOf(registry, groups, job.targets))
        store.await({ jobId, thingName, retryAttempt: 0 });
      job = { ...job, startedAt: now };
    }
    const rate = ratePerMinute(job.jobExecutionsRolloutConfig, {
      notified: job.notified,
      succeeded: store.progress(jobId).latest.SUCCEEDED ?? 0,
    });
    const batch = [...take(store.waiting.by('job', jobId), rate)].map((key) => store.waiting.get(key)!);
    // The executions that are queued look at their job.
    this.put(job);
    for (const thing of batch) {
      store.release(jobId, thing.thingName);
      this.executions.queue(thing);
    }
    const notified = job.notified + batch.filter(({ retryAttempt }) => retryAttempt === 0).length;
    const more = store.waiting.by('job', jobId).size > 0;
    this.put({ ...withoutBatch(job), notified, ...(more && { nextBatchAt: now + MINUTE_MS }) });
    if (more) this.#concurrent.add(jobId);
    else this.#concurrent.delete(jobId);
  }

  /** Whether there is room for one more job that rolls out; else it waits, or is canceled if it has but its windows. */
  #mayRollOut(job: JobRecord): boolean {
    const { concurrentJobs, clock } = this.#ports;
    if (this.#concurrent.has(job.jobId) || this.#concurrent.size < concurrentJobs) return true;
    if (job.schedulingConfig?.maintenanceWindows?.length)
      this.cancel(job, false, { comment: `${concurrentJobs} jobs roll out already.` });
    else this.put({ ...job, nextBatchAt: clock.now() + MINUTE_MS });
    return false;
  }

  #end(job: JobRecord): void {
    const { endBehavior } = job.schedulingConfig!;
    this.put({ ...withoutBatch(job), ended: true, startedAt: job.startedAt ?? this.#ports.clock.now() });
    this.#dropWaiting(job.jobId);
    if (endBehavior === 'CANCEL' || endBehavior === 'FORCE_CANCEL')
      this.executions.cancelAll(job.jobId, endBehavior === 'FORCE_CANCEL');
  }

  #dropWaiting(jobId: string): void {
    const { store } = this.#ports;
    for (const key of [...store.waiting.by('job', jobId)]) store.waiting.delete(key);
    this.#concurrent.delete(jobId);
  }

  /** Abort, try again, or complete. */
  #afterEnd(execution: ExecutionRecord): void {
    const { store } = this.#ports;
    const { jobId, thingName } = execution;
    const job = store.jobs.get(jobId)!;
    if (!isActive(job)) return;
    const criterion = metAbortCriterion(job.abortConfig?.criteriaList, store.progress(jobId).finished);
    if (criterion) {
      const { thresholdPercentage, failureType, minNumberOfExecutedThings } = criterion;
      this.cancel(job, false, {
        comment: `Aborted: ${thresholdPercentage}% ${failureType} of at least ${minNumberOfExecutedThings} things.`,
      });
      return;
    }
    const attempts = store.attempts(jobId, thingName);
    const series = attempts.slice(attempts.findLastIndex(({ retryAttempt }) => retryAttempt === 0));
    if (!job.ended && isRetried(job.jobExecutionsRetryConfig?.criteriaList, series))
      this.include(job, thingName, execution.retryAttempt + 1);
    this.#completeWhenDone(jobId);
  }

  #completeWhenDone(jobId: string): void {
    const { store, notices, clock } = this.#ports;
    const job = store.jobs.get(jobId);
    if (!job || !isActive(job) || job.startedAt === undefined) return;
    if (job.targetSelection === 'CONTINUOUS' && !job.ended) return;
    if (store.waiting.by('job', jobId).size > 0) return;
    const progress = store.progress(jobId);
    if ((progress.latest.QUEUED ?? 0) + (progress.latest.IN_PROGRESS ?? 0) > 0) return;
    const now = clock.now();
    const completed: JobRecord = { ...withoutBatch(job), status: 'COMPLETED', completedAt: now, lastUpdatedAt: now };
    this.put(completed);
    this.#times.set(jobId, now + RETENTION_MS);
    notices.job(completed, 'completed');
  }
}

function withoutBatch(job: JobRecord): JobRecord {
  const { nextBatchAt: _, ...rest } = job;
  return rest;
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

function* take(keys: Iterable<string>, count: number): Generator<string> {
  if (count < 1) return;
  for (const key of keys) {
    yield key;
    if (--count <= 0) return;
  }
}
