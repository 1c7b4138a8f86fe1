import type { Clock } from '../../clock.ts';
import type { Deadlines } from './deadlines.ts';
import type { ExecutionRecord, Move } from './execution.ts';
import { deadlineOf, isTerminal, mayFollow, moved } from './execution.ts';
import type { WaitingThing } from './job.ts';
import { executionKey, type JobStore } from './job-store.ts';
import type { JobTransactions } from './job-transactions.ts';
import type { Notices } from './notices.ts';

const MINUTE_MS = 60_000;

export interface ExecutionsPorts {
  readonly clock: Clock;
  readonly store: JobStore;
  readonly notices: Notices;
  readonly transactions: JobTransactions;
  /** What its end means for its job. */
  onEnd(execution: ExecutionRecord): void;
}

/** Queues executions, moves them from state to state, and lets them time out. Callers are within a transaction. */
export class Executions {
  readonly #ports: ExecutionsPorts;
  readonly #times: Deadlines;

  constructor(ports: ExecutionsPorts) {
    this.#ports = ports;
    this.#times = ports.transactions.deadlines((key) => this.#timeOut(key));
  }

  resume(): void {
    for (const [key, execution] of this.#ports.store.executions.entries()) this.#times.set(key, deadlineOf(execution));
  }

  close(): void {
    this.#times.close();
  }

  queue({ jobId, thingName, retryAttempt }: WaitingThing): void {
    const { store, notices, clock } = this.#ports;
    notices.touch(thingName);
    const now = clock.now();
    this.#write({
      jobId,
      thingName,
      executionNumber: (store.execution(jobId, thingName)?.executionNumber ?? 0) + 1,
      status: 'QUEUED',
      queuedAt: now,
      lastUpdatedAt: now,
      versionNumber: 1,
      retryAttempt,
      sequence: store.nextSequence(),
    });
  }

  /** @returns the execution after the move, which the caller has checked with `mayFollow` */
  move(execution: ExecutionRecord, move: Move): ExecutionRecord {
    const { store, notices, clock, onEnd } = this.#ports;
    const job = store.jobs.get(execution.jobId)!;
    notices.touch(execution.thingName);
    const next = moved(execution, move, clock.now(), job.timeoutConfig?.inProgressTimeoutInMinutes);
    this.#write(next);
    if (isTerminal(next.status)) {
      notices.execution(next, next.status.toLowerCase());
      onEnd(next);
    }
    return next;
  }

  /** The step timer alone, which is no new version. */
  setStepTimer(execution: ExecutionRecord, minutes: number): ExecutionRecord {
    const { stepDeadline: _, ...rest } = execution;
    const next = minutes === -1 ? rest : { ...rest, stepDeadline: this.#ports.clock.now() + minutes * MINUTE_MS };
    this.#write(next);
    return next;
  }

  /** Cancels what is queued of a job, and with `force` what is in progress. */
  cancelAll(jobId: string, force: boolean): void {
    const { store } = this.#ports;
    for (const key of [...store.executions.by('job', jobId)]) {
      const execution = store.executions.get(key)!;
      const canceled = execution.status === 'QUEUED' || (force && execution.status === 'IN_PROGRESS');
      if (canceled) this.move(execution, { status: 'CANCELED', ...(force && { forceCanceled: true }) });
    }
  }

  delete(execution: ExecutionRecord): void {
    const { store, notices } = this.#ports;
    if (!isTerminal(execution.status)) notices.touch(execution.thingName);
    store.remove(execution);
    this.#times.set(keyOf(execution), undefined);
    notices.execution(execution, 'deleted');
  }

  deleteAll(jobId: string): void {
    const { executions } = this.#ports.store;
    for (const key of [...executions.by('job', jobId)]) this.delete(executions.get(key)!);
  }

  #write(execution: ExecutionRecord): void {
    this.#ports.store.put(execution);
    this.#times.set(keyOf(execution), deadlineOf(execution));
  }

  #timeOut(key: string): void {
    const execution = this.#ports.store.executions.get(key);
    if (!execution || !mayFollow(execution.status, 'TIMED_OUT')) return;
    const due = deadlineOf(execution);
    if (due !== undefined && due <= this.#ports.clock.now()) this.move(execution, { status: 'TIMED_OUT' });
    else this.#times.set(key, due);
  }
}

function keyOf({ jobId, thingName, executionNumber }: ExecutionRecord): string {
  return executionKey(jobId, thingName, executionNumber);
}
