import type * as iot from '@aws-sdk/client-iot';

import type { Account } from '../../account.ts';
import type { OperationDefinition } from '../../endpoint/service.ts';
import { iotArn } from '../registry/arns.ts';
import { notFound } from '../registry/failures.ts';
import { named, NOTHING, operation } from '../registry/operations/operation.ts';
import { nextToken, pageByToken } from '../registry/operations/paging.ts';
import type { Registry } from '../registry/registry.ts';
import type { ExecutionRecord } from './execution.ts';
import { deadlineOf } from './execution.ts';
import { refuseNamespace } from './job-operations.ts';
import type { Jobs } from './jobs.ts';

/** Job executions of the control plane (API reference, AWS IoT). */
export function executionOperations(jobs: Jobs, registry: Registry): Record<string, OperationDefinition> {
  const { executions } = jobs.store;
  return {
    DescribeJobExecution: operation<iot.DescribeJobExecutionRequest, iot.DescribeJobExecutionResponse>(
      ({ jobId, thingName, executionNumber }) => ({
        execution: described(registry, jobs.execution(jobId!, thingName!, executionNumber)),
      }),
      jobAndThing,
    ),
    ListJobExecutionsForJob: operation<iot.ListJobExecutionsForJobRequest, iot.ListJobExecutionsForJobResponse>(
      (input) => {
        jobs.describe(input.jobId!);
        const listed = pageByToken(executions.by('job', input.jobId!), input, ofStatus(jobs, input.status));
        const executionSummaries = listed.keys.map((key) => {
          const execution = executions.get(key)!;
          return {
            thingArn: iotArn(registry.account, 'thing', execution.thingName),
            jobExecutionSummary: summary(execution),
          };
        });
        return { executionSummaries, ...nextToken(listed) };
      },
      named('job', 'jobId'),
    ),
    ListJobExecutionsForThing: operation<iot.ListJobExecutionsForThingRequest, iot.ListJobExecutionsForThingResponse>(
      (input) => {
        refuseNamespace(input.namespaceId);
        const thingName = input.thingName!;
        const keys = executions.by('thing', thingName);
        if (keys.size === 0 && !registry.things.table.has(thingName))
          throw notFound(`Thing ${thingName} does not exist.`);
        const hasStatus = ofStatus(jobs, input.status);
        const wanted = (key: string): boolean =>
          hasStatus(key) && (input.jobId === undefined || executions.get(key)!.jobId === input.jobId);
        const listed = pageByToken(keys, input, wanted);
        const executionSummaries = listed.keys.map((key) => {
          const execution = executions.get(key)!;
          return { jobId: execution.jobId, jobExecutionSummary: summary(execution) };
        });
        return { executionSummaries, ...nextToken(listed) };
      },
      named('thing', 'thingName'),
    ),
    CancelJobExecution: operation<iot.CancelJobExecutionRequest, object>((input) => {
      const { jobId, thingName, force, expectedVersion, statusDetails } = input;
      jobs.cancelExecution(jobId!, thingName!, { force: force ?? false, expectedVersion, statusDetails });
      return NOTHING;
    }, jobAndThing),
    DeleteJobExecution: operation<iot.DeleteJobExecutionRequest, object>((input) => {
      refuseNamespace(input.namespaceId);
      jobs.deleteExecution(input.jobId!, input.thingName!, input.executionNumber!, input.force ?? false);
      return NOTHING;
    }, jobAndThing),
  };
}

function jobAndThing(input: Record<string, unknown>, account: Account): string[] {
  return [iotArn(account, 'job', String(input['jobId'])), iotArn(account, 'thing', String(input['thingName']))];
}

function ofStatus(jobs: Jobs, status: string | undefined): (key: string) => boolean {
  return (key) => status === undefined || jobs.store.executions.get(key)!.status === status;
}

function summary(execution: ExecutionRecord): iot.JobExecutionSummary {
  const { status, queuedAt, startedAt, lastUpdatedAt, executionNumber, retryAttempt } = execution;
  return {
    status,
    queuedAt: new Date(queuedAt),
    ...(startedAt !== undefined && { startedAt: new Date(startedAt) }),
    lastUpdatedAt: new Date(lastUpdatedAt),
    executionNumber,
    ...(retryAttempt > 0 && { retryAttempt }),
  };
}

function described(registry: Registry, execution: ExecutionRecord): iot.JobExecution {
  const { jobId, thingName, statusDetails, forceCanceled, versionNumber } = execution;
  const { retryAttempt: _, ...shared } = summary(execution);
  const deadline = deadlineOf(execution);
  const left = deadline === undefined ? undefined : Math.max(0, Math.ceil((deadline - registry.clock.now()) / 1000));
  return {
    jobId,
    thingArn: iotArn(registry.account, 'thing', thingName),
    ...shared,
    ...(statusDetails && { statusDetails: { detailsMap: { ...statusDetails } } }),
    ...(forceCanceled && { forceCanceled }),
    versionNumber,
    ...(left !== undefined && { approximateSecondsBeforeTimedOut: left }),
  };
}
