import type * as iot from '@aws-sdk/client-iot';

import type { Account } from '../../account.ts';
import type { OperationContext, OperationDefinition } from '../../endpoint/service.ts';
import { iotArn, nameOfArn } from '../registry/arns.ts';
import { invalidRequest } from '../registry/failures.ts';
import type { Registry } from '../registry/registry.ts';
import { named, NOTHING, operation } from '../registry/operations/operation.ts';
import { nextToken, pageByToken } from '../registry/operations/paging.ts';
import { locationOf } from './document.ts';
import type { JobRecord, SchedulingConfig } from './job.ts';
import type { Jobs, NewJob } from './jobs.ts';
import { nextOccurrences } from './schedule.ts';

/** Jobs of the control plane (API reference, AWS IoT). */
export function jobOperations(jobs: Jobs, registry: Registry): Record<string, OperationDefinition> {
  const onJob = named('job', 'jobId');
  return {
    CreateJob: operation<iot.CreateJobRequest, iot.CreateJobResponse>(async (input, context) => {
      authorizeSource(input.documentSource, context);
      const { jobArn, jobId, description } = await jobs.create(newJob(input));
      return { jobArn, jobId, ...(description !== undefined && { description }) };
    }, jobAndTargets),
    DescribeJob: operation<iot.DescribeJobRequest, iot.DescribeJobResponse>((input) => {
      const job = jobs.describe(input.jobId!);
      const { documentSource } = job;
      return { ...(documentSource !== undefined && { documentSource }), job: describedJob(jobs, registry, job) };
    }, onJob),
    GetJobDocument: operation<iot.GetJobDocumentRequest, iot.GetJobDocumentResponse>(
      (input) => ({ document: jobs.describe(input.jobId!).document }),
      onJob,
    ),
    ListJobs: operation<iot.ListJobsRequest, iot.ListJobsResponse>((input) => {
      const wanted = jobFilter(jobs, registry, input);
      const listed = pageByToken(jobs.store.jobs.keys, input, wanted);
      return {
        jobs: listed.keys.map((jobId) => jobSummary(jobs, registry, jobs.describe(jobId))),
        ...nextToken(listed),
      };
    }),
    UpdateJob: operation<iot.UpdateJobRequest, object>((input) => {
      refuseNamespace(input.namespaceId);
      jobs.update(input.jobId!, input);
      return NOTHING;
    }, onJob),
    CancelJob: operation<iot.CancelJobRequest, iot.CancelJobResponse>((input) => {
      const { jobArn, jobId, description } = jobs.cancel(input.jobId!, input.force ?? false, input);
      return { jobArn, jobId, ...(description !== undefined && { description }) };
    }, onJob),
    DeleteJob: operation<iot.DeleteJobRequest, object>((input) => {
      refuseNamespace(input.namespaceId);
      jobs.delete(input.jobId!, input.force ?? false);
      return NOTHING;
    }, onJob),
    AssociateTargetsWithJob: operation<iot.AssociateTargetsWithJobRequest, iot.AssociateTargetsWithJobResponse>(
      (input) => {
        refuseNamespace(input.namespaceId);
        const { jobArn, jobId, description } = jobs.associate(input.jobId!, input.targets!, input.comment);
        return { jobArn, jobId, ...(description !== undefined && { description }) };
      },
      jobAndTargets,
    ),
  };
}

/** IAM asks about the job and each of its targets (Service Authorization Reference, AWS IoT). */
function jobAndTargets(input: Record<string, unknown>, account: Account): string[] {
  const targets = Array.isArray(input['targets']) ? input['targets'].map(String) : [];
  return [iotArn(account, 'job', String(input['jobId'])), ...targets];
}

/** The document is read with the rights of who creates the job. */
export function authorizeSource(documentSource: string | undefined, context: OperationContext): void {
  if (documentSource === undefined) return;
  const { bucket, key } = locationOf(documentSource);
  context.authorize('s3:GetObject', `arn:${context.account.partition}:s3:::${bucket}/${key}`);
}

function newJob(input: iot.CreateJobRequest): NewJob {
  refuseForeignMembers(input);
  return {
    jobId: input.jobId!,
    targets: input.targets!,
    document: input.document,
    documentSource: input.documentSource,
    targetSelection: input.targetSelection,
    jobTemplateArn: input.jobTemplateArn,
    schedulingConfig: input.schedulingConfig as SchedulingConfig | undefined,
    tags: input.tags,
    configuration: input,
  };
}

/** What belongs to services that the twin does not have. @throws AwsError InvalidRequestException */
export function refuseForeignMembers(input: Partial<iot.CreateJobRequest>): void {
  refuseNamespace(input.namespaceId);
  refusePackages(input.destinationPackageVersions);
  if (input.documentParameters && Object.keys(input.documentParameters).length > 0)
    throw invalidRequest('documentParameters belong to AWS managed templates, which the twin does not have.');
}

/** Greengrass's own notifications; nothing else uses them. */
export function refuseNamespace(namespaceId: string | undefined): void {
  if (namespaceId !== undefined) throw invalidRequest('The twin does not support namespaceId (AWS IoT Greengrass).');
}

export function refusePackages(packageVersions: readonly string[] | undefined): void {
  if (packageVersions?.length)
    throw invalidRequest('The twin does not support destinationPackageVersions (AWS IoT Software Package Catalog).');
}

function jobFilter(jobs: Jobs, registry: Registry, input: iot.ListJobsRequest): (jobId: string) => boolean {
  refuseNamespace(input.namespaceId);
  const { status, targetSelection, thingGroupName, thingGroupId } = input;
  const group =
    thingGroupName ??
    (thingGroupId === undefined
      ? undefined
      : ([...registry.thingGroups.table.values()].find((each) => each.thingGroupId === thingGroupId)?.thingGroupName ??
        thingGroupId));
  const groupArn = group === undefined ? undefined : iotArn(registry.account, 'thinggroup', group);
  return (jobId) => {
    const job = jobs.describe(jobId);
    return (
      (status === undefined || job.status === status) &&
      (targetSelection === undefined || job.targetSelection === targetSelection) &&
      (groupArn === undefined || job.targets.includes(groupArn))
    );
  };
}

function jobSummary(jobs: Jobs, registry: Registry, job: JobRecord): iot.JobSummary {
  const { jobArn, jobId, targetSelection, status, createdAt, lastUpdatedAt, completedAt, targets } = job;
  const group = targets.map((target) => nameOfArn(registry.account, 'thinggroup', target)).find(Boolean);
  const thingGroupId = group === undefined ? undefined : registry.thingGroups.table.get(group)?.thingGroupId;
  return {
    jobArn,
    jobId,
    ...(thingGroupId !== undefined && { thingGroupId }),
    targetSelection,
    status,
    createdAt: new Date(createdAt),
    lastUpdatedAt: new Date(lastUpdatedAt),
    ...(completedAt !== undefined && { completedAt: new Date(completedAt) }),
    isConcurrent: jobs.isConcurrent(jobId),
  };
}

/** Members that DescribeJob shows as the record has them. */
const SHOWN = [
  'description',
  'comment',
  'reasonCode',
  'forceCanceled',
  'jobTemplateArn',
  'schedulingConfig',
  'presignedUrlConfig',
  'jobExecutionsRolloutConfig',
  'abortConfig',
  'timeoutConfig',
  'jobExecutionsRetryConfig',
] as const;

function describedJob(jobs: Jobs, registry: Registry, job: JobRecord): iot.Job {
  const { thingGroupId: _, ...summary } = jobSummary(jobs, registry, job);
  const { latest } = jobs.store.progress(job.jobId);
  const concurrent = jobs.isConcurrent(job.jobId);
  const occurrences = nextOccurrences(job.schedulingConfig, registry.clock.now());
  return {
    ...summary,
    targets: [...job.targets],
    ...Object.fromEntries(SHOWN.filter((name) => job[name] !== undefined).map((name) => [name, job[name]])),
    jobProcessDetails: {
      ...(concurrent && { processingTargets: [...job.targets] }),
      numberOfCanceledThings: latest.CANCELED ?? 0,
      numberOfSucceededThings: latest.SUCCEEDED ?? 0,
      numberOfFailedThings: latest.FAILED ?? 0,
      numberOfRejectedThings: latest.REJECTED ?? 0,
      numberOfQueuedThings: latest.QUEUED ?? 0,
      numberOfInProgressThings: latest.IN_PROGRESS ?? 0,
      numberOfRemovedThings: latest.REMOVED ?? 0,
      numberOfTimedOutThings: latest.TIMED_OUT ?? 0,
    },
    ...(occurrences.length > 0 && { scheduledJobRollouts: occurrences.map((startTime) => ({ startTime })) }),
  };
}
