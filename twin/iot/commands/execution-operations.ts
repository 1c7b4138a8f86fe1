import type * as iot from '@aws-sdk/client-iot';
import type { StartCommandExecutionRequest } from '@aws-sdk/client-iot-jobs-data-plane';

import type { OperationDefinition } from '../../endpoint/service.ts';
import { NOTHING, operation, type ResourcesOf } from '../registry/operations/operation.ts';
import { KeySet } from '../registry/key-set.ts';
import { nextToken, pageByToken } from '../registry/operations/paging.ts';
import type { ExecutionRecord } from './command.ts';
import { refuseNamespace } from './command-operations.ts';
import { timeToLive, type Executions } from './executions.ts';
import { invalid } from './failures.ts';
import { answeredValues, keptValues } from './wire.ts';

const onTarget: ResourcesOf = (input) => [String(input['targetArn'] ?? '*')];

/** Command executions of the control plane (API reference, AWS IoT). */
export function executionOperations(executions: Executions): Record<string, OperationDefinition> {
  return {
    GetCommandExecution: operation<iot.GetCommandExecutionRequest, iot.GetCommandExecutionResponse>(
      (input) => described(executions.get(input.executionId!, input.targetArn!), input.includeResult === true),
      onTarget,
    ),
    ListCommandExecutions: operation<iot.ListCommandExecutionsRequest, iot.ListCommandExecutionsResponse>(
      (input) => {
        refuseNamespace(input.namespace);
        const { commandArn, targetArn } = input;
        if ((commandArn === undefined) === (targetArn === undefined))
          throw invalid('Either commandArn or targetArn must be given');
        const { table } = executions;
        const found = commandArn === undefined ? table.by('target', targetArn!) : table.by('command', commandArn);
        const byTime = new KeySet();
        // The newest first, unless asked otherwise; digits of equal number sort as numbers do.
        for (const key of found) byTime.add(orderOf(table.get(key)!, input.sortOrder === 'ASCENDING') + key);
        const wanted = filterOf(input);
        const listed = pageByToken(byTime, input, (key) => wanted(table.get(key.slice(ORDER_DIGITS))!));
        const commandExecutions = listed.keys.map((key) => summary(table.get(key.slice(ORDER_DIGITS))!));
        return { commandExecutions, ...nextToken(listed) };
      },
      (input) => [String(input['commandArn'] ?? input['targetArn'] ?? '*')],
    ),
    DeleteCommandExecution: operation<iot.DeleteCommandExecutionRequest, iot.DeleteCommandExecutionResponse>(
      (input) => {
        executions.delete(input.executionId!, input.targetArn!);
        return NOTHING;
      },
      onTarget,
    ),
  };
}

/** StartCommandExecution, which is an operation of the jobs data plane under a permission of `iot`. */
export function startOperation(executions: Executions): Record<string, OperationDefinition> {
  return {
    StartCommandExecution: {
      resources: () => [],
      async run(input, context) {
        const { commandArn, targetArn, parameters, ...rest } = input as unknown as StartCommandExecutionRequest;
        for (const resource of [commandArn!, targetArn!]) context.authorize('iot:StartCommandExecution', resource);
        const values = keptValues(parameters);
        const request = {
          ...rest,
          commandArn: commandArn!,
          targetArn: targetArn!,
          ...(values && { parameters: values }),
        };
        return { executionId: (await executions.start(request)).executionId };
      },
    },
  };
}

const ORDER_DIGITS = 16;

function orderOf({ createdAt }: ExecutionRecord, ascending: boolean): string {
  const rank = ascending ? createdAt : Number.MAX_SAFE_INTEGER - createdAt;
  return String(rank).padStart(ORDER_DIGITS, '0');
}

function filterOf(input: iot.ListCommandExecutionsRequest): (execution: ExecutionRecord) => boolean {
  const { status, startedTimeFilter, completedTimeFilter } = input;
  const within = (filter: iot.TimeFilter | undefined, time: number | undefined): boolean => {
    if (!filter) return true;
    const [after, before] = [timeOf(filter.after), timeOf(filter.before)];
    return time !== undefined && (after === undefined || time > after) && (before === undefined || time < before);
  };
  return (execution) =>
    (status === undefined || execution.status === status) &&
    within(startedTimeFilter, execution.startedAt) &&
    within(completedTimeFilter, execution.completedAt);
}

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(/Z|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
  if (Number.isNaN(time)) throw invalid(`Invalid time: ${text}`);
  return time;
}

function summary(execution: ExecutionRecord): iot.CommandExecutionSummary {
  const { commandArn, executionId, targetArn, status, createdAt, startedAt, completedAt } = execution;
  return {
    ...{ commandArn, executionId, targetArn, status, createdAt: new Date(createdAt) },
    ...(startedAt !== undefined && { startedAt: new Date(startedAt) }),
    ...(completedAt !== undefined && { completedAt: new Date(completedAt) }),
  };
}

function described(execution: ExecutionRecord, includeResult: boolean): iot.GetCommandExecutionResponse {
  const { statusReason, result, parameters, executionTimeoutSeconds, lastUpdatedAt } = execution;
  return {
    ...summary(execution),
    ...{ executionTimeoutSeconds, lastUpdatedAt: new Date(lastUpdatedAt), timeToLive: new Date(timeToLive(execution)) },
    ...(statusReason && { statusReason }),
    ...(parameters && { parameters: answeredValues(parameters) }),
    ...(includeResult && result && { result: answeredValues(result) }),
  };
}
