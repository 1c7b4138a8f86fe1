import type * as iot from '@aws-sdk/client-iot';

import type { OperationDefinition } from '../../endpoint/service.ts';
import { invalidRequest, notFound } from '../registry/failures.ts';
import { named, NOTHING, operation } from '../registry/operations/operation.ts';
import { nextToken, pageByToken } from '../registry/operations/paging.ts';
import { nameOfArn } from '../registry/arns.ts';
import type { Registry } from '../registry/registry.ts';
import type { MaintenanceWindow } from './job.ts';
import { authorizeSource, refusePackages } from './job-operations.ts';
import type { JobTemplateRecord, NewJobTemplate } from './job-templates.ts';
import type { Jobs } from './jobs.ts';

/** Job templates of the control plane (API reference, AWS IoT). */
export function jobTemplateOperations(jobs: Jobs, registry: Registry): Record<string, OperationDefinition> {
  const { templates } = jobs;
  const onTemplate = named('jobtemplate', 'jobTemplateId');
  return {
    CreateJobTemplate: operation<iot.CreateJobTemplateRequest, iot.CreateJobTemplateResponse>(
      async (input, context) => {
        authorizeSource(input.documentSource, context);
        const { jobTemplateArn, jobTemplateId } = templates.create(await newJobTemplate(jobs, registry, input));
        return { jobTemplateArn, jobTemplateId };
      },
      onTemplate,
    ),
    DescribeJobTemplate: operation<iot.DescribeJobTemplateRequest, iot.DescribeJobTemplateResponse>((input) => {
      const { configuration, documentSource, maintenanceWindows, ...template } = templates.describe(
        input.jobTemplateId!,
      );
      return {
        ...template,
        createdAt: new Date(template.createdAt),
        ...(configuration as object),
        ...(documentSource !== undefined && { documentSource }),
        ...(maintenanceWindows && { maintenanceWindows: [...maintenanceWindows] }),
      };
    }, onTemplate),
    ListJobTemplates: operation<iot.ListJobTemplatesRequest, iot.ListJobTemplatesResponse>((input) => {
      const listed = pageByToken(templates.table.keys, input);
      return { jobTemplates: listed.keys.map((key) => summary(templates.describe(key))), ...nextToken(listed) };
    }),
    DeleteJobTemplate: operation<iot.DeleteJobTemplateRequest, object>((input) => {
      templates.delete(input.jobTemplateId!);
      return NOTHING;
    }, onTemplate),
    // Documents of AWS's managed templates are AWS's own: there is none here.
    ListManagedJobTemplates: operation<iot.ListManagedJobTemplatesRequest, iot.ListManagedJobTemplatesResponse>(() => ({
      managedJobTemplates: [],
    })),
    DescribeManagedJobTemplate: operation<
      iot.DescribeManagedJobTemplateRequest,
      iot.DescribeManagedJobTemplateResponse
    >((input) => {
      throw notFound(
        `The twin has no managed job template ${input.templateName}: AWS's managed templates are not in it.`,
      );
    }),
  };
}

/** A template from its own members, or from a job whose document and configuration it takes over. */
export async function newJobTemplate(
  jobs: Jobs,
  registry: Registry,
  input: iot.CreateJobTemplateRequest,
): Promise<NewJobTemplate> {
  refusePackages(input.destinationPackageVersions);
  const { jobTemplateId, description, tags } = input;
  const maintenanceWindows = input.maintenanceWindows as readonly MaintenanceWindow[] | undefined;
  const named = { jobTemplateId: jobTemplateId!, description: description!, tags };
  if (input.jobArn !== undefined) {
    const jobId = nameOfArn(registry.account, 'job', input.jobArn);
    if (jobId === undefined) throw invalidRequest(`${input.jobArn} is not the ARN of a job of this account.`);
    if (input.document !== undefined || input.documentSource !== undefined)
      throw invalidRequest('A template takes its document from a job, or is given one; not both.');
    const job = jobs.describe(jobId);
    const { description: _, ...configuration } = job;
    return {
      ...named,
      document: job.document,
      ...(job.documentSource !== undefined && { documentSource: job.documentSource }),
      configuration: { ...configuration, ...defined(input) },
      maintenanceWindows: maintenanceWindows ?? job.schedulingConfig?.maintenanceWindows,
    };
  }
  const document = await jobs.document(input, input.presignedUrlConfig?.roleArn);
  return { ...named, ...document, configuration: input, maintenanceWindows };
}

function defined<T extends object>(members: T): Partial<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function summary({ jobTemplateArn, jobTemplateId, description, createdAt }: JobTemplateRecord): iot.JobTemplateSummary {
  return { jobTemplateArn, jobTemplateId, description, createdAt: new Date(createdAt) };
}
