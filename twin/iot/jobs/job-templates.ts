import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import { iotArn, nameOfArn } from '../registry/arns.ts';
import { checkText } from '../registry/constraints.ts';
import { notFound } from '../registry/failures.ts';
import type { Registry } from '../registry/registry.ts';
import type { Table } from '../registry/table.ts';
import type { Tag } from '../registry/tags.ts';
import { checkedConfiguration, JOB_DESCRIPTION, JOB_ID } from './configuration.ts';
import type { JobConfiguration, MaintenanceWindow } from './job.ts';
import { checkWindows } from './schedule.ts';

export interface JobTemplateRecord {
  readonly jobTemplateId: string;
  readonly jobTemplateArn: string;
  readonly description: string;
  readonly document: string;
  readonly documentSource?: string;
  /** Without the description, which is the template's own. */
  readonly configuration: Omit<JobConfiguration, 'description'>;
  readonly maintenanceWindows?: readonly MaintenanceWindow[];
  readonly createdAt: number;
}

export interface NewJobTemplate {
  readonly jobTemplateId: string;
  readonly description: string;
  readonly document: string;
  readonly documentSource?: string;
  readonly configuration: { readonly [K in keyof JobConfiguration]?: unknown };
  readonly maintenanceWindows?: readonly MaintenanceWindow[] | undefined;
  readonly tags?: readonly Tag[] | undefined;
}

/** Job templates of the account. AWS's managed ones are AWS's own, and the twin has none. */
export class JobTemplates {
  readonly table: Table<JobTemplateRecord>;
  readonly #registry: Registry;
  readonly #clock: Clock;

  constructor(registry: Registry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
    this.table = registry.tables.open('iot.job-templates');
  }

  /** @throws AwsError InvalidRequestException, ConflictException when there is one of this id */
  create(template: NewJobTemplate): JobTemplateRecord {
    const { jobTemplateId, description, document, documentSource, maintenanceWindows } = template;
    checkText(jobTemplateId, 'jobTemplateId', JOB_ID);
    checkText(description, 'description', JOB_DESCRIPTION);
    checkWindows(maintenanceWindows);
    const { description: _, ...configuration } = checkedConfiguration(template.configuration);
    if (this.table.has(jobTemplateId))
      throw new AwsError('ConflictException', `Job template ${jobTemplateId} already exists.`, 409, {
        resourceId: jobTemplateId,
      });
    const record: JobTemplateRecord = {
      jobTemplateId,
      jobTemplateArn: iotArn(this.#registry.account, 'jobtemplate', jobTemplateId),
      description,
      document,
      ...(documentSource !== undefined && { documentSource }),
      configuration,
      ...(maintenanceWindows && { maintenanceWindows }),
      createdAt: this.#clock.now(),
    };
    this.#registry.atomically(() => {
      this.#registry.tags.set(record.jobTemplateArn, template.tags);
      this.table.set(jobTemplateId, record);
    });
    return record;
  }

  /** @throws AwsError ResourceNotFoundException */
  describe(jobTemplateId: string): JobTemplateRecord {
    const record = this.table.get(jobTemplateId);
    if (!record) throw notFound(`Job template ${jobTemplateId} cannot be found.`);
    return record;
  }

  /** @throws AwsError ResourceNotFoundException, for a template that AWS manages too */
  byArn(jobTemplateArn: string): JobTemplateRecord {
    const id = nameOfArn(this.#registry.account, 'jobtemplate', jobTemplateArn);
    if (id === undefined) throw notFound(`Job template ${jobTemplateArn} is not one of this account.`);
    return this.describe(id);
  }

  /** @throws AwsError ResourceNotFoundException */
  delete(jobTemplateId: string): void {
    const { jobTemplateArn } = this.describe(jobTemplateId);
    this.#registry.atomically(() => {
      this.table.delete(jobTemplateId);
      this.#registry.tags.forget(jobTemplateArn);
    });
  }
}
