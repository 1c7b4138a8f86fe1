import { randomUUID } from 'node:crypto';

import { AwsError } from '../../endpoint/service.ts';
import { invalidRequest, notFound } from '../registry/failures.ts';
import type { Registry } from '../registry/registry.ts';
import type { Table } from '../registry/table.ts';
import type { CertificateIssuer } from './issuer.ts';
import type { ProvisioningRoleCheck } from './provisioner.ts';
import { registerThing } from './register-thing.ts';
import { parseTemplate } from './template.ts';

export type TaskStatus = 'InProgress' | 'Completed' | 'Failed' | 'Cancelled' | 'Cancelling';
export type ReportType = 'RESULTS' | 'ERRORS';

export interface RegistrationTask {
  readonly taskId: string;
  readonly templateBody: string;
  readonly inputFileBucket: string;
  readonly inputFileKey: string;
  readonly roleArn: string;
  readonly status: TaskStatus;
  readonly message?: string;
  readonly createdAt: number;
  readonly lastModifiedAt: number;
  /** Lines done, with their outcomes; a restart goes on after them. */
  readonly done: number;
  readonly total: number;
  readonly successCount: number;
  readonly failureCount: number;
}

interface LineOutcome {
  readonly taskId: string;
  readonly reportType: ReportType;
  /** One line of a report, as JSON. */
  readonly line: string;
}

/** A line of a report, in the members that AWS's reports have. */
interface ReportLine {
  readonly LineNumber: number;
  readonly Response?: Readonly<Record<string, unknown>>;
  readonly ErrorCode?: string;
  readonly ErrorMessage?: string;
}

/** Where input files are and reports go; the twin's S3 in a twin. */
export interface RegistrationFiles {
  /** @throws AwsError NoSuchBucket, NoSuchKey */
  getObject(bucket: string, key: string): Promise<Buffer>;
  /** Keeps a report and gives the link under which it can be fetched. */
  publishReport(name: string, text: string): Promise<string>;
}

/**
 * Bulk registration (developer guide, "Bulk registration"): a file of parameters, a line a device, put through one
 * template. One line that fails does not keep the others from being registered.
 */
export class RegistrationTasks {
  readonly #registry: Registry;
  readonly #issuer: CertificateIssuer;
  readonly #files: RegistrationFiles;
  readonly #roles: ProvisioningRoleCheck | undefined;
  readonly #outcomes: Table<LineOutcome, 'task'>;
  readonly #running = new Map<string, Promise<void>>();
  #closed = false;
  readonly table: Table<RegistrationTask>;

  constructor(registry: Registry, issuer: CertificateIssuer, files: RegistrationFiles, roles?: ProvisioningRoleCheck) {
    this.#registry = registry;
    this.#issuer = issuer;
    this.#files = files;
    this.#roles = roles;
    this.table = registry.tables.open<RegistrationTask>('iot.registration-tasks');
    this.#outcomes = registry.tables.open<LineOutcome, 'task'>('iot.registration-outcomes', {
      task: (outcome) => `${outcome.taskId} ${outcome.reportType}`,
    });
  }

  /** Goes on with the tasks that an earlier run left unfinished. */
  resume(): void {
    for (const task of this.table.values()) {
      if (task.status === 'InProgress' || task.status === 'Cancelling') this.#run(task.taskId);
    }
  }

  /** Stops after the line under way; the tasks go on at the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#running.values());
  }

  /** @throws AwsError InvalidRequestException for a template that cannot be used */
  start(
    request: Pick<RegistrationTask, 'templateBody' | 'inputFileBucket' | 'inputFileKey' | 'roleArn'>,
  ): RegistrationTask {
    parseTemplate(request.templateBody, 'BULK');
    if ([...this.table.values()].some((task) => task.status === 'InProgress')) {
      throw invalidRequest('Another thing registration task is in progress');
    }
    const now = this.#registry.clock.now();
    const task: RegistrationTask = {
      taskId: randomUUID(),
      templateBody: request.templateBody,
      inputFileBucket: request.inputFileBucket,
      inputFileKey: request.inputFileKey,
      roleArn: request.roleArn,
      status: 'InProgress',
      createdAt: now,
      lastModifiedAt: now,
      done: 0,
      total: 0,
      successCount: 0,
      failureCount: 0,
    };
    this.table.set(task.taskId, task);
    this.#run(task.taskId);
    return task;
  }

  /** @throws AwsError ResourceNotFoundException */
  describe(taskId: string): RegistrationTask {
    const task = this.table.get(taskId);
    if (!task) throw notFound(`Thing registration task ${taskId} does not exist`);
    return task;
  }

  stop(taskId: string): void {
    if (this.describe(taskId).status === 'InProgress') this.#change(taskId, { status: 'Cancelling' });
  }

  /** Resolves when the task is no longer under way here. */
  async finished(taskId: string): Promise<void> {
    await this.#running.get(taskId);
  }

  /** Links to the report; none while there is nothing to report. */
  async reportLinks(taskId: string, reportType: ReportType): Promise<string[]> {
    this.describe(taskId);
    const keys = this.#outcomes.by('task', `${taskId} ${reportType}`).sorted();
    if (keys.length === 0) return [];
    const text = keys.map((key) => `${this.#outcomes.get(key)!.line}\n`).join('');
    return [await this.#files.publishReport(`${taskId}/${reportType.toLowerCase()}.json`, text)];
  }

  #run(taskId: string): void {
    const run = this.#carryOut(taskId)
      .catch((error: unknown) => {
        const message = error instanceof AwsError ? error.message : 'An internal error occurred';
        this.#change(taskId, { status: 'Failed', message });
      })
      .finally(() => this.#running.delete(taskId));
    this.#running.set(taskId, run);
  }

  async #carryOut(taskId: string): Promise<void> {
    const { inputFileBucket, inputFileKey, roleArn } = this.describe(taskId);
    const { partition } = this.#registry.account;
    this.#roles?.authorize(roleArn, 's3:GetObject', `arn:${partition}:s3:::${inputFileBucket}/${inputFileKey}`);
    const input = await this.#files.getObject(inputFileBucket, inputFileKey);
    const lines = input
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
    this.#change(taskId, { total: lines.length });
    for (;;) {
      const task = this.describe(taskId);
      if (this.#closed) return;
      if (task.status === 'Cancelling') return this.#change(taskId, { status: 'Cancelled' });
      if (task.done >= lines.length) return this.#change(taskId, { status: 'Completed' });
      await this.#register(task, lines[task.done]!);
    }
  }

  async #register(task: RegistrationTask, line: string): Promise<void> {
    const LineNumber = task.done + 1;
    try {
      const parameters = parseParameters(line);
      const { certificatePem, resourceArns } = await registerThing(
        this.#registry,
        this.#issuer,
        task.templateBody,
        parameters,
        task.roleArn,
      );
      const Response = { ...(certificatePem && { CertificatePem: certificatePem }), ResourceArns: resourceArns };
      this.#note(task.taskId, 'RESULTS', { LineNumber, Response });
    } catch (error) {
      const known =
        error instanceof AwsError ? error : new AwsError('InternalFailure', 'An internal error occurred', 500);
      this.#note(task.taskId, 'ERRORS', { LineNumber, ErrorCode: known.code, ErrorMessage: known.message });
    }
  }

  #note(taskId: string, reportType: ReportType, line: ReportLine): void {
    const { done, successCount, failureCount } = this.describe(taskId);
    const failed = reportType === 'ERRORS' ? 1 : 0;
    this.#registry.atomically(() => {
      const key = `${taskId} ${String(line.LineNumber).padStart(10, '0')}`;
      this.#outcomes.set(key, { taskId, reportType, line: JSON.stringify(line) });
      this.#change(taskId, {
        done: done + 1,
        successCount: successCount + 1 - failed,
        failureCount: failureCount + failed,
      });
    });
  }

  #change(taskId: string, change: Partial<RegistrationTask>): void {
    this.table.set(taskId, { ...this.describe(taskId), ...change, lastModifiedAt: this.#registry.clock.now() });
  }
}

function parseParameters(line: string): Record<string, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw invalidRequest('The line is not valid JSON');
  }
  const isMap = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  if (!isMap || Object.values(parsed as object).some((value) => typeof value !== 'string')) {
    throw invalidRequest('The line is not a JSON object of strings');
  }
  return parsed as Record<string, string>;
}
