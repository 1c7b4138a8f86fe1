import { arn, type Account } from '../../account.ts';
import { AwsError, type AwsService, type OperationInput } from '../../endpoint/service.ts';
import type { ScheduleDefinition, Schedules } from './schedules.ts';

const groupOf = (input: OperationInput): string => String(input['GroupName'] ?? 'default');
const keyOf = (input: OperationInput): string => `schedule/${groupOf(input)}/${String(input['Name'])}`;
const resources = (input: OperationInput, account: Account): string[] => [arn(account, 'scheduler', keyOf(input))];

function definitionOf(input: OperationInput, account: Account): ScheduleDefinition {
  const target = (input['Target'] ?? {}) as Record<string, unknown>;
  return {
    key: keyOf(input),
    arn: arn(account, 'scheduler', keyOf(input)),
    expression: String(input['ScheduleExpression']),
    timeZone: input['ScheduleExpressionTimezone'] as string | undefined,
    enabled: input['State'] !== 'DISABLED',
    targets: [
      {
        arn: String(target['Arn']),
        input: target['Input'] as string | undefined,
        roleArn: target['RoleArn'] as string | undefined,
      },
    ],
    deleteAfterCompletion: input['ActionAfterCompletion'] === 'DELETE',
    service: 'scheduler.amazonaws.com',
  };
}

function put(schedules: Schedules, definition: ScheduleDefinition): { ScheduleArn: string } {
  try {
    schedules.put(definition);
  } catch (error) {
    throw new AwsError('ValidationException', (error as Error).message);
  }
  return { ScheduleArn: definition.arn };
}

function describe(definition: ScheduleDefinition): Record<string, unknown> {
  const [, GroupName, Name] = definition.key.split('/');
  const [target] = definition.targets;
  return {
    Name,
    GroupName,
    Arn: definition.arn,
    State: definition.enabled ? 'ENABLED' : 'DISABLED',
    ScheduleExpression: definition.expression,
    ScheduleExpressionTimezone: definition.timeZone ?? 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: definition.deleteAfterCompletion ? 'DELETE' : 'NONE',
    Target: { Arn: target?.arn, RoleArn: target?.roleArn, Input: target?.input },
  };
}

/** EventBridge Scheduler's API for schedules that functions make while they run. */
export function schedulerService(schedules: Schedules): AwsService {
  const existing = (input: OperationInput): ScheduleDefinition => {
    const definition = schedules.get(keyOf(input));
    if (!definition)
      throw new AwsError('ResourceNotFoundException', `Schedule ${String(input['Name'])} does not exist.`, 404);
    return definition;
  };
  return {
    signingNames: ['scheduler'],
    iamPrefix: 'scheduler',
    model: () => import('@aws-sdk/client-scheduler') as Promise<Record<string, unknown>>,
    operations: {
      CreateSchedule: {
        resources,
        run(input, { account }) {
          if (schedules.get(keyOf(input)))
            throw new AwsError('ConflictException', `Schedule ${String(input['Name'])} already exists.`, 409);
          return put(schedules, definitionOf(input, account));
        },
      },
      UpdateSchedule: {
        resources,
        run(input, { account }) {
          existing(input);
          return put(schedules, definitionOf(input, account));
        },
      },
      GetSchedule: { resources, run: (input) => describe(existing(input)) },
      DeleteSchedule: {
        resources,
        run(input) {
          schedules.delete(existing(input).key);
          return {};
        },
      },
      ListSchedules: { run: () => ({ Schedules: schedules.list('schedule/').map(describe) }) },
    },
  };
}
