import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import type { Publish } from '../publication.ts';
import type { ExecutionRecord } from './execution.ts';
import type { JobRecord } from './job.ts';
import type { JobStore } from './job-store.ts';
import { executionData, executionEvent, jobEvent, listNotification, seconds, type JobEvent } from './messages.ts';
import { pendingOf } from './pending.ts';

export interface NoticePorts {
  readonly account: Account;
  readonly clock: Clock;
  readonly publish: Publish;
  isEventEnabled(type: 'JOB' | 'JOB_EXECUTION'): boolean;
  /** The job document as devices get it. */
  document(job: JobRecord): Promise<string>;
  report(line: string): void;
}

type Message = { readonly topic: string; payload(): Promise<Record<string, unknown>> | Record<string, unknown> };

/**
 * What the world is told of a change. A thing is told when its list of pending executions has other members than before
 * the change, and when another one is first (developer guide, "Jobs notifications"). Nothing is told of a change that
 * failed, and messages leave in the order of the changes.
 */
export class Notices {
  readonly #ports: NoticePorts;
  readonly #store: JobStore;
  #before = new Map<string, readonly ExecutionRecord[]>();
  #events: Message[] = [];
  #written: Promise<void> = Promise.resolve();
  readonly #underway = new Set<Promise<void>>();

  constructor(ports: NoticePorts, store: JobStore) {
    this.#ports = ports;
    this.#store = store;
  }

  /** To be called before the first change that concerns a thing's list. */
  touch(thingName: string): void {
    if (!this.#before.has(thingName)) this.#before.set(thingName, pendingOf(this.#store, thingName));
  }

  job(job: JobRecord, operation: JobEvent): void {
    if (!this.#ports.isEventEnabled('JOB')) return;
    const payload = jobEvent(job, operation, this.#store.progress(job.jobId), this.#ports.clock.now());
    this.#events.push({ topic: `$aws/events/job/${job.jobId}/${operation}`, payload: () => payload });
  }

  execution(execution: ExecutionRecord, operation: string): void {
    if (!this.#ports.isEventEnabled('JOB_EXECUTION')) return;
    const payload = executionEvent(this.#ports.account, execution, operation, this.#ports.clock.now());
    this.#events.push({ topic: `$aws/events/jobExecution/${execution.jobId}/${operation}`, payload: () => payload });
  }

  /** The change is durable: tells of it. */
  release(): void {
    const messages = [...this.#listChanges(), ...this.#events];
    this.discard();
    if (messages.length > 0) this.#written = this.#written.then(() => this.#publish(messages));
  }

  /** The change came to nothing. */
  discard(): void {
    this.#before = new Map();
    this.#events = [];
  }

  /** Resolves when all that was released has reached subscribers and rules. */
  async settled(): Promise<void> {
    await this.#written;
    await Promise.all(this.#underway);
  }

  *#listChanges(): Generator<Message> {
    const now = this.#ports.clock.now();
    for (const [thingName, before] of this.#before) {
      const after = pendingOf(this.#store, thingName);
      const topic = `$aws/things/${thingName}/jobs/`;
      if (!sameMembers(before, after)) yield { topic: `${topic}notify`, payload: () => listNotification(after, now) };
      const [first] = after;
      if (keyOf(before[0]) !== keyOf(first))
        yield { topic: `${topic}notify-next`, payload: () => this.#nextNotification(first, now) };
    }
  }

  async #nextNotification(first: ExecutionRecord | undefined, now: number): Promise<Record<string, unknown>> {
    if (!first) return { timestamp: seconds(now) };
    const { thingName: _, ...data } = executionData(first, now);
    const job = this.#store.jobs.get(first.jobId);
    // The job may be gone by the time that its document was to be read.
    const jobDocument = job && (await this.#documentOf(job));
    return { timestamp: seconds(now), execution: { ...data, ...(jobDocument !== undefined && { jobDocument }) } };
  }

  /** A device that is told of a job can ask for the document again, so that one that cannot be made is left out. */
  async #documentOf(job: JobRecord): Promise<unknown> {
    try {
      return JSON.parse(await this.#ports.document(job)) as unknown;
    } catch (error) {
      this.#ports.report(`The document of job ${job.jobId} cannot be made: ${(error as Error).message}`);
      return undefined;
    }
  }

  async #publish(messages: readonly Message[]): Promise<void> {
    for (const { topic, payload } of messages) this.#handOver(topic, await payload());
  }

  /** In their order, but no message waits for the rules that another one fires. */
  #handOver(topic: string, payload: Record<string, unknown>): void {
    const handed = this.#ports
      .publish({
        topic,
        payload: Buffer.from(JSON.stringify(payload)),
        qos: 1,
        retain: false,
        source: { protocol: 'service' },
        receivedAt: this.#ports.clock.now(),
      })
      .catch((error: unknown) =>
        this.#ports.report(`A message on ${topic} could not be published: ${(error as Error).message}`),
      )
      .finally(() => this.#underway.delete(handed));
    this.#underway.add(handed);
  }
}

function keyOf(execution: ExecutionRecord | undefined): string | undefined {
  return execution && `${execution.jobId}/${execution.executionNumber}`;
}

function sameMembers(before: readonly ExecutionRecord[], after: readonly ExecutionRecord[]): boolean {
  const keys = new Set(before.map(keyOf));
  return before.length === after.length && after.every((execution) => keys.has(keyOf(execution)));
}
