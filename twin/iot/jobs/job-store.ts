import type { Table, Tables } from '../registry/table.ts';
import type { ExecutionRecord, ExecutionStatus } from './execution.ts';
import { isExecuted, isTerminal } from './execution.ts';
import type { JobRecord, WaitingThing } from './job.ts';
import { isActive } from './job.ts';

export type StatusCounts = Partial<Record<ExecutionStatus, number>>;

/** How a job stands: its things by the state of their latest execution, and of their latest finished one. */
export interface JobProgress {
  readonly latest: StatusCounts;
  readonly finished: StatusCounts;
}

interface Tally extends JobProgress {
  readonly things: Map<string, { readonly latest: ExecutionStatus; readonly finished: ExecutionStatus | undefined }>;
}

/** Neither a job id nor a thing name can contain a slash; executions of one thing sort by number. */
export function executionKey(jobId: string, thingName: string, executionNumber: number): string {
  return `${jobId}/${thingName}/${String(executionNumber).padStart(10, '0')}`;
}

const waitingKey = (jobId: string, thingName: string): string => `${jobId}/${thingName}`;

/** Jobs, their executions, and the things they have yet to tell. Durable; the counts are in memory. */
export class JobStore {
  readonly jobs: Table<JobRecord, 'target'>;
  readonly executions: Table<ExecutionRecord, 'job' | 'thing' | 'attempts' | 'pending'>;
  readonly waiting: Table<WaitingThing, 'job' | 'thing'>;
  readonly #tallies = new Map<string, Tally>();
  #sequence: number;

  constructor(tables: Tables) {
    this.jobs = tables.open('iot.jobs', {
      // Only continuous jobs care who joins a group.
      target: (job) => (job.targetSelection === 'CONTINUOUS' && isActive(job) ? job.targets : undefined),
    });
    this.executions = tables.open('iot.job-executions', {
      job: ({ jobId }) => jobId,
      thing: ({ thingName }) => thingName,
      attempts: ({ jobId, thingName }) => `${jobId}/${thingName}`,
      pending: ({ status, thingName }) => (isTerminal(status) ? undefined : thingName),
    });
    this.waiting = tables.open('iot.job-waiting', { job: ({ jobId }) => jobId, thing: ({ thingName }) => thingName });
    this.#sequence = [...this.executions.values()].reduce((highest, { sequence }) => Math.max(highest, sequence), 0);
  }

  nextSequence(): number {
    return ++this.#sequence;
  }

  /** All executions of a thing at a job, oldest first. */
  attempts(jobId: string, thingName: string): ExecutionRecord[] {
    return this.executions
      .by('attempts', `${jobId}/${thingName}`)
      .sorted()
      .map((key) => this.executions.get(key)!);
  }

  execution(jobId: string, thingName: string, executionNumber?: number): ExecutionRecord | undefined {
    return executionNumber === undefined
      ? this.attempts(jobId, thingName).at(-1)
      : this.executions.get(executionKey(jobId, thingName, executionNumber));
  }

  put(execution: ExecutionRecord): void {
    this.executions.set(executionKey(execution.jobId, execution.thingName, execution.executionNumber), execution);
    this.#recount(execution);
  }

  remove(execution: ExecutionRecord): void {
    this.executions.delete(executionKey(execution.jobId, execution.thingName, execution.executionNumber));
    this.#recount(execution);
  }

  await(thing: WaitingThing): void {
    this.waiting.set(waitingKey(thing.jobId, thing.thingName), thing);
  }

  awaits(jobId: string, thingName: string): boolean {
    return this.waiting.has(waitingKey(jobId, thingName));
  }

  /** @returns whether it waited */
  release(jobId: string, thingName: string): boolean {
    return this.waiting.delete(waitingKey(jobId, thingName));
  }

  progress(jobId: string): JobProgress {
    let tally = this.#tallies.get(jobId);
    if (!tally) {
      this.#tallies.set(jobId, (tally = { latest: {}, finished: {}, things: new Map() }));
      const things = new Set([...this.executions.recordsBy('job', jobId)].map(({ thingName }) => thingName));
      for (const thingName of things) this.#count(tally, jobId, thingName);
    }
    return tally;
  }

  /** Forgets what is derived from records, after a transaction that failed. */
  forgetCounts(): void {
    this.#tallies.clear();
  }

  #recount({ jobId, thingName }: ExecutionRecord): void {
    const tally = this.#tallies.get(jobId);
    if (tally) this.#count(tally, jobId, thingName);
  }

  #count(tally: Tally, jobId: string, thingName: string): void {
    const before = tally.things.get(thingName);
    add(tally.latest, before?.latest, -1);
    add(tally.finished, before?.finished, -1);
    const attempts = this.attempts(jobId, thingName);
    const latest = attempts.at(-1)?.status;
    if (latest === undefined) {
      tally.things.delete(thingName);
      return;
    }
    const finished = attempts.findLast(({ status }) => isExecuted(status))?.status;
    tally.things.set(thingName, { latest, finished });
    add(tally.latest, latest, 1);
    add(tally.finished, finished, 1);
  }
}

function add(counts: StatusCounts, status: ExecutionStatus | undefined, by: number): void {
  if (status !== undefined) counts[status] = (counts[status] ?? 0) + by;
}
