import type { Clock } from '../../clock.ts';
import { TokenBucket } from '../broker/quotas.ts';
import type { Registry } from '../registry/registry.ts';
import { LONGEST_TIMEOUT_MINUTES } from './configuration.ts';
import type { ExecutionRecord } from './execution.ts';
import { isDeviceStatus, isTerminal } from './execution.ts';
import type { JobRecord } from './job.ts';
import type { JobRunner } from './job-runner.ts';
import type { JobStore } from './job-store.ts';
import { JobsRefusal } from './jobs-refusal.ts';
import { executionData, stateOf, summaryOf } from './messages.ts';
import { isOffered, pendingOf } from './pending.ts';
import { checkedDetails } from './status-details.ts';

export interface DeviceJobsPorts {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly store: JobStore;
  readonly runner: JobRunner;
  /** Requests a second, once for writes and once for reads (quotas L-C8F5F7B3 and L-62AE8B9D). */
  readonly deviceRequestRate: number;
  document(job: JobRecord): Promise<string>;
}

/** What a device sent; nothing in it is believed. */
export type DeviceRequest = Readonly<Record<string, unknown>>;

/** An answer of the device API. Times are in seconds; the document is the text of its JSON. */
export interface DeviceAnswer {
  readonly execution?: Readonly<Record<string, unknown>> & { readonly jobDocument?: string };
  readonly executionState?: Readonly<Record<string, unknown>>;
  readonly jobDocument?: string;
  readonly inProgressJobs?: readonly Readonly<Record<string, unknown>>[];
  readonly queuedJobs?: readonly Readonly<Record<string, unknown>>[];
}

/**
 * The four requests that devices make, over whichever protocol (developer guide, "Jobs device MQTT and HTTPS API
 * operations"). All throw JobsRefusal.
 */
export class DeviceJobs {
  readonly #ports: DeviceJobsPorts;
  readonly #writes: TokenBucket;
  readonly #reads: TokenBucket;

  constructor(ports: DeviceJobsPorts) {
    this.#ports = ports;
    this.#writes = new TokenBucket(ports.deviceRequestRate, ports.clock.now());
    this.#reads = new TokenBucket(ports.deviceRequestRate, ports.clock.now());
  }

  getPendingJobExecutions(thingName: string): DeviceAnswer {
    this.#admit(this.#reads, thingName);
    const pending = pendingOf(this.#ports.store, thingName);
    const ofStatus = (status: string): Record<string, unknown>[] =>
      pending.filter((execution) => execution.status === status).map(summaryOf);
    return { inProgressJobs: ofStatus('IN_PROGRESS'), queuedJobs: ofStatus('QUEUED') };
  }

  async startNextPendingJobExecution(thingName: string, request: DeviceRequest): Promise<DeviceAnswer> {
    const { store, runner } = this.#ports;
    this.#admit(this.#writes, thingName);
    const statusDetails = checkedDetails(request['statusDetails'], refuseRequest);
    const stepTimeoutInMinutes = stepTimeoutOf(request);
    const [next] = pendingOf(store, thingName);
    if (!next) return {};
    const started = runner.atomically(() => {
      if (next.status === 'QUEUED')
        return runner.executions.move(next, { status: 'IN_PROGRESS', statusDetails, stepTimeoutInMinutes });
      return stepTimeoutInMinutes === undefined ? next : runner.executions.setStepTimer(next, stepTimeoutInMinutes);
    });
    return { execution: await this.#data(started, true) };
  }

  /** @param jobId or `$next` */
  async describeJobExecution(thingName: string, jobId: string, request: DeviceRequest): Promise<DeviceAnswer> {
    const { store } = this.#ports;
    this.#admit(this.#reads, thingName);
    const executionNumber = integerOf(request, 'executionNumber');
    const withDocument = flagOf(request, 'includeJobDocument') ?? true;
    if (jobId === '$next') {
      const [next] = pendingOf(store, thingName);
      return next ? { execution: await this.#data(next, withDocument) } : {};
    }
    const execution = this.#find(thingName, jobId, executionNumber);
    if (isTerminal(execution.status))
      throw new JobsRefusal('TerminalStateReached', `The job execution is ${execution.status}.`);
    return { execution: await this.#data(execution, withDocument) };
  }

  async updateJobExecution(thingName: string, jobId: string, request: DeviceRequest): Promise<DeviceAnswer> {
    const { store, runner } = this.#ports;
    this.#admit(this.#writes, thingName);
    const { status } = request;
    if (!isDeviceStatus(status))
      throw new JobsRefusal('InvalidRequest', 'status must be IN_PROGRESS, FAILED, SUCCEEDED or REJECTED.');
    const statusDetails = checkedDetails(request['statusDetails'], refuseRequest);
    const stepTimeoutInMinutes = stepTimeoutOf(request);
    const expectedVersion = integerOf(request, 'expectedVersion');
    const withState = flagOf(request, 'includeJobExecutionState') ?? false;
    const withDocument = flagOf(request, 'includeJobDocument') ?? false;
    const execution = this.#find(thingName, jobId, integerOf(request, 'executionNumber'));
    if (isTerminal(execution.status) || !isOffered(store.jobs.get(jobId)!, execution)) {
      const why = isTerminal(execution.status) ? '' : ' until the next maintenance window';
      throw new JobsRefusal(
        'InvalidStateTransition',
        `The job execution cannot change from ${execution.status} to ${status}${why}.`,
        stateOf(execution),
      );
    }
    if (expectedVersion !== undefined && expectedVersion !== execution.versionNumber) {
      throw new JobsRefusal(
        'VersionMismatch',
        `The job execution has version ${execution.versionNumber}, not ${expectedVersion}.`,
        stateOf(execution),
      );
    }
    const updated = runner.atomically(() =>
      runner.executions.move(execution, { status, statusDetails, stepTimeoutInMinutes }),
    );
    return {
      ...(withState && { executionState: stateOf(updated) }),
      ...(withDocument && { jobDocument: await this.#document(updated) }),
    };
  }

  #admit(bucket: TokenBucket, thingName: string): void {
    const { clock, registry } = this.#ports;
    if (!bucket.take(clock.now())) throw new JobsRefusal('RequestThrottled', 'Rate exceeded');
    if (!registry.things.table.has(thingName))
      throw new JobsRefusal('ResourceNotFound', `Thing ${thingName} does not exist.`);
  }

  #find(thingName: string, jobId: string, executionNumber: number | undefined): ExecutionRecord {
    const execution = this.#ports.store.execution(jobId, thingName, executionNumber);
    if (!execution) throw new JobsRefusal('ResourceNotFound', `There is no execution of job ${jobId} on this thing.`);
    return execution;
  }

  async #data(execution: ExecutionRecord, withDocument: boolean): Promise<NonNullable<DeviceAnswer['execution']>> {
    const data = executionData(execution, this.#ports.clock.now());
    return withDocument ? { ...data, jobDocument: await this.#document(execution) } : data;
  }

  #document({ jobId }: ExecutionRecord): Promise<string> {
    return this.#ports.document(this.#ports.store.jobs.get(jobId)!);
  }
}

function refuseRequest(reason: string): never {
  throw new JobsRefusal('InvalidRequest', reason);
}

/** Numbers may come as text, as in the guide's own examples. */
function integerOf(request: DeviceRequest, member: string): number | undefined {
  const value = request[member];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (!Number.isSafeInteger(number)) refuseRequest(`${member} must be an integer.`);
  return number as number;
}

function flagOf(request: DeviceRequest, member: string): boolean | undefined {
  const value = request[member];
  if (value === undefined || value === null || typeof value === 'boolean') return value ?? undefined;
  return refuseRequest(`${member} must be true or false.`);
}

function stepTimeoutOf(request: DeviceRequest): number | undefined {
  const value = request['stepTimeoutInMinutes'];
  if (value === undefined || value === null) return undefined;
  const valid =
    value === -1 || (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= LONGEST_TIMEOUT_MINUTES);
  if (!valid) refuseRequest(`stepTimeoutInMinutes must be between 1 and ${LONGEST_TIMEOUT_MINUTES}, or -1.`);
  return Number(value);
}
