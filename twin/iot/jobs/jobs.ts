import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import { iotArn } from '../registry/arns.ts';
import { checkOneOf, checkText } from '../registry/constraints.ts';
import { alreadyExists, invalidRequest, limitExceeded, notFound, versionConflict } from '../registry/failures.ts';
import type { Registry } from '../registry/registry.ts';
import type { Tag } from '../registry/tags.ts';
import { checkedConfiguration, COMMENT, JOB_ID, REASON_CODE } from './configuration.ts';
import { checkDocument, locationOf, type JobFiles } from './document.ts';
import type { ExecutionRecord } from './execution.ts';
import { isTerminal, mayFollow } from './execution.ts';
import type { JobConfiguration, JobRecord, SchedulingConfig, TargetSelection } from './job.ts';
import { isActive } from './job.ts';
import type { JobRunner } from './job-runner.ts';
import type { JobStore } from './job-store.ts';
import type { JobTemplates } from './job-templates.ts';
import { checkSchedule, phaseAt } from './schedule.ts';
import { checkedDetails } from './status-details.ts';
import type { TargetGroups } from './targets.ts';
import { checkTargets, thingsOf } from './targets.ts';

const MOST_TARGETS = 100;

/** The members of CreateJob, each as the API reference describes it. */
export interface NewJob {
  readonly jobId: string;
  readonly targets: readonly string[];
  readonly document?: string | undefined;
  readonly documentSource?: string | undefined;
  readonly targetSelection?: TargetSelection | undefined;
  readonly jobTemplateArn?: string | undefined;
  readonly schedulingConfig?: SchedulingConfig | undefined;
  readonly tags?: readonly Tag[] | undefined;
  /** Checked by this module. */
  readonly configuration: { readonly [K in keyof JobConfiguration]?: unknown };
}

export interface JobsPorts {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly store: JobStore;
  readonly runner: JobRunner;
  readonly templates: JobTemplates;
  readonly groups: TargetGroups;
  readonly files: JobFiles;
  /** Active jobs of an account (General Reference, "AWS IoT Jobs"). */
  readonly activeJobs: number;
}

/** Jobs as those who manage them see them. */
export class Jobs {
  readonly #ports: JobsPorts;

  constructor(ports: JobsPorts) {
    this.#ports = ports;
  }

  get store(): JobStore {
    return this.#ports.store;
  }

  get templates(): JobTemplates {
    return this.#ports.templates;
  }

  isConcurrent(jobId: string): boolean {
    return this.#ports.runner.isConcurrent(jobId);
  }

  /**
   * @throws AwsError InvalidRequestException, ResourceAlreadyExistsException, ResourceNotFoundException (a target, a
   *   template), LimitExceededException
   */
  async create(job: NewJob): Promise<JobRecord> {
    const { registry, clock, store, runner, templates } = this.#ports;
    checkText(job.jobId, 'jobId', JOB_ID);
    const template = job.jobTemplateArn === undefined ? undefined : templates.byArn(job.jobTemplateArn);
    const configuration: JobConfiguration = { ...template?.configuration, ...checkedConfiguration(job.configuration) };
    const schedulingConfig = scheduleOf(job.schedulingConfig, template?.maintenanceWindows);
    const selection = checkOneOf(job.targetSelection ?? 'SNAPSHOT', 'targetSelection', ['SNAPSHOT', 'CONTINUOUS']);
    if (schedulingConfig) checkSchedule(schedulingConfig, selection === 'CONTINUOUS', clock.now());
    const given = job.document !== undefined || job.documentSource !== undefined;
    const { document, documentSource } = await this.document(
      given || !template ? job : template,
      configuration.presignedUrlConfig?.roleArn,
    );
    if (job.targets.length > MOST_TARGETS) throw limitExceeded(`A job can have at most ${MOST_TARGETS} targets.`);
    return runner.atomically(() => {
      const { jobId } = job;
      const existing = store.jobs.get(jobId);
      if (existing) throw alreadyExists(`Job ${jobId} already exists.`, jobId, existing.jobArn);
      this.#checkRoom();
      const now = clock.now();
      const jobArn = iotArn(registry.account, 'job', jobId);
      registry.tags.set(jobArn, job.tags);
      runner.put({
        ...configuration,
        jobId,
        jobArn,
        targetSelection: selection,
        targets: checkTargets(registry, job.targets),
        document,
        ...(documentSource !== undefined && { documentSource }),
        ...(job.jobTemplateArn !== undefined && { jobTemplateArn: job.jobTemplateArn }),
        ...(schedulingConfig && { schedulingConfig }),
        status: phaseAt(schedulingConfig, now).phase === 'open' ? 'IN_PROGRESS' : 'SCHEDULED',
        createdAt: now,
        lastUpdatedAt: now,
        notified: 0,
      });
      runner.settle(jobId);
      return this.describe(jobId);
    });
  }

  /** @throws AwsError ResourceNotFoundException */
  describe(jobId: string): JobRecord {
    const job = this.#ports.store.jobs.get(jobId);
    if (!job) throw notFound(`Job ${jobId} cannot be found.`);
    return job;
  }

  /** @throws AwsError InvalidRequestException for a job that is over */
  update(jobId: string, changes: NewJob['configuration']): void {
    const { runner, clock } = this.#ports;
    const checked = checkedConfiguration(changes);
    const job = this.#active(jobId);
    checkDocument(job.document, (checked.presignedUrlConfig ?? job.presignedUrlConfig)?.roleArn);
    runner.atomically(() => {
      runner.put({ ...job, ...checked, lastUpdatedAt: clock.now() });
      runner.settle(jobId);
    });
  }

  /**
   * Cancels what is queued, and with `force` what is in progress too; a canceled job can be canceled again by force.
   *
   * @throws AwsError InvalidRequestException for a job that is over
   */
  cancel(
    jobId: string,
    force: boolean,
    reason: { readonly comment?: string | undefined; readonly reasonCode?: string | undefined },
  ): JobRecord {
    const { runner } = this.#ports;
    const { comment, reasonCode } = reason;
    if (comment !== undefined) checkText(comment, 'comment', COMMENT);
    if (reasonCode !== undefined) checkText(reasonCode, 'reasonCode', REASON_CODE);
    const job = this.describe(jobId);
    const again = job.status === 'CANCELED' && force && !job.forceCanceled;
    if (!isActive(job) && !again) throw invalidRequest(`Job ${jobId} is ${job.status} and cannot be canceled.`);
    runner.atomically(() =>
      runner.cancel(job, force, {
        ...(comment !== undefined && { comment }),
        ...(reasonCode !== undefined && { reasonCode }),
      }),
    );
    return this.describe(jobId);
  }

  /** @throws AwsError InvalidStateTransitionException for an active job without `force` */
  delete(jobId: string, force: boolean): void {
    const { runner } = this.#ports;
    const job = this.describe(jobId);
    if (isActive(job) && !force)
      throw invalidTransition(`Job ${jobId} is ${job.status}; only with force can it be deleted.`);
    runner.atomically(() => runner.delete(job));
  }

  /** @throws AwsError InvalidRequestException unless the job is continuous and goes on, LimitExceededException */
  associate(jobId: string, targets: readonly string[], comment?: string): JobRecord {
    const { registry, runner, store, clock, groups } = this.#ports;
    const job = this.#active(jobId);
    if (job.targetSelection !== 'CONTINUOUS') throw invalidRequest('Only CONTINUOUS jobs take further targets.');
    if (comment !== undefined) checkText(comment, 'comment', COMMENT);
    const added = checkTargets(registry, targets, true).filter((target) => !job.targets.includes(target));
    if (job.targets.length + added.length > MOST_TARGETS)
      throw limitExceeded(`A job can have at most ${MOST_TARGETS} targets.`);
    runner.atomically(() => {
      runner.put({
        ...job,
        targets: [...job.targets, ...added],
        ...(comment !== undefined && { comment }),
        lastUpdatedAt: clock.now(),
      });
      // Before the job begins its targets are not resolved yet; afterwards the newcomers keep to its rate.
      if (job.startedAt !== undefined)
        for (const thingName of thingsOf(registry, groups, added))
          if (!store.execution(jobId, thingName)) store.await({ jobId, thingName, retryAttempt: 0 });
      runner.settle(jobId);
    });
    return this.describe(jobId);
  }

  /** @throws AwsError ResourceNotFoundException */
  execution(jobId: string, thingName: string, executionNumber?: number): ExecutionRecord {
    const execution = this.#ports.store.execution(jobId, thingName, executionNumber);
    if (!execution) {
      const number = executionNumber === undefined ? '' : ` number ${executionNumber}`;
      throw notFound(`There is no execution${number} of job ${jobId} on thing ${thingName}.`);
    }
    return execution;
  }

  /** @throws AwsError InvalidStateTransitionException, VersionConflictException */
  cancelExecution(
    jobId: string,
    thingName: string,
    options: {
      readonly force: boolean;
      readonly expectedVersion?: number | undefined;
      readonly statusDetails?: unknown;
    },
  ): void {
    const { runner } = this.#ports;
    const execution = this.execution(jobId, thingName);
    const { force, expectedVersion } = options;
    const statusDetails = checkedDetails(options.statusDetails, (reason) => {
      throw invalidRequest(reason);
    });
    if (expectedVersion !== undefined && expectedVersion !== execution.versionNumber)
      throw versionConflict(`The execution has version ${execution.versionNumber}, not ${expectedVersion}.`);
    if (!mayFollow(execution.status, 'CANCELED') || (execution.status === 'IN_PROGRESS' && !force))
      throw invalidTransition(
        `The execution of job ${jobId} on thing ${thingName} is ${execution.status} and cannot be canceled${force ? '' : ' without force'}.`,
      );
    runner.atomically(() =>
      runner.executions.move(execution, { status: 'CANCELED', statusDetails, ...(force && { forceCanceled: true }) }),
    );
  }

  /** @throws AwsError InvalidStateTransitionException for a pending execution without `force` */
  deleteExecution(jobId: string, thingName: string, executionNumber: number, force: boolean): void {
    const execution = this.execution(jobId, thingName, executionNumber);
    if (!isTerminal(execution.status) && !force)
      throw invalidTransition(`The execution is ${execution.status}; only with force can it be deleted.`);
    this.#ports.runner.atomically(() => this.#ports.runner.deleteExecution(execution));
  }

  /**
   * The document of a job or template, read from S3 where that is where it is.
   *
   * @throws AwsError InvalidRequestException
   */
  async document(
    given: { readonly document?: string | undefined; readonly documentSource?: string | undefined },
    roleArn: string | undefined,
  ): Promise<{ document: string; documentSource?: string }> {
    const { document, documentSource } = given;
    if (document === undefined && documentSource === undefined)
      throw invalidRequest('Either document or documentSource must be given.');
    if (document !== undefined)
      return { document: checkDocument(document, roleArn), ...(documentSource !== undefined && { documentSource }) };
    const location = locationOf(documentSource!);
    let text: string;
    try {
      text = await this.#ports.files.read(location);
    } catch (error) {
      throw invalidRequest(`documentSource ${documentSource} cannot be read: ${(error as Error).message}`);
    }
    return { document: checkDocument(text, roleArn), documentSource: documentSource! };
  }

  #active(jobId: string): JobRecord {
    const job = this.describe(jobId);
    if (!isActive(job)) throw invalidRequest(`Job ${jobId} is ${job.status} and cannot be changed.`);
    return job;
  }

  #checkRoom(): void {
    const { store, activeJobs } = this.#ports;
    if (store.jobs.size < activeJobs) return;
    let active = 0;
    for (const job of store.jobs.values()) if (isActive(job)) active += 1;
    if (active >= activeJobs) throw limitExceeded(`There are ${activeJobs} active jobs already.`);
  }
}

export function invalidTransition(message: string): AwsError {
  return new AwsError('InvalidStateTransitionException', message, 409);
}

/** A template has maintenance windows and nothing else of a schedule; the job's own come first. */
function scheduleOf(
  own: SchedulingConfig | undefined,
  windows: SchedulingConfig['maintenanceWindows'],
): SchedulingConfig | undefined {
  if (!windows?.length) return own;
  return { ...own, maintenanceWindows: own?.maintenanceWindows ?? windows };
}
