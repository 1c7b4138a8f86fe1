import { arn } from '../../account.ts';
import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../cloudformation/provider.ts';
import type { ScheduleTarget, Schedules } from './schedules.ts';

type Properties = Readonly<Record<string, unknown>>;

function targetOf(properties: Properties): ScheduleTarget {
  return {
    arn: String(properties['Arn']),
    input: properties['Input'] as string | undefined,
    roleArn: properties['RoleArn'] as string | undefined,
  };
}

const nameOf = (request: ResourceRequest): string =>
  String(request.properties['Name'] ?? `${request.stackName}-${request.logicalId}`).slice(0, 64);

/** CloudFormation's scheduled rules and schedules. */
export function schedulerProviders(schedules: Schedules): ResourceProvider[] {
  const putRule = (name: string, { properties, account }: ResourceRequest): ProvisionedResource => {
    const ruleArn = arn(account, 'events', `rule/${name}`);
    if (properties['ScheduleExpression'] === undefined) {
      throw new Error('a rule with an event pattern is not executed by the twin; a rule with a schedule is');
    }
    schedules.put({
      key: `rule/${name}`,
      arn: ruleArn,
      expression: String(properties['ScheduleExpression']),
      enabled: properties['State'] !== 'DISABLED',
      targets: ((properties['Targets'] as Properties[] | undefined) ?? []).map(targetOf),
      service: 'events.amazonaws.com',
    });
    return { physicalId: name, attributes: { Arn: ruleArn } };
  };
  const putSchedule = (name: string, { properties, account }: ResourceRequest): ProvisionedResource => {
    const group = String(properties['GroupName'] ?? 'default');
    const scheduleArn = arn(account, 'scheduler', `schedule/${group}/${name}`);
    schedules.put({
      key: `schedule/${group}/${name}`,
      arn: scheduleArn,
      expression: String(properties['ScheduleExpression']),
      timeZone: properties['ScheduleExpressionTimezone'] as string | undefined,
      enabled: properties['State'] !== 'DISABLED',
      targets: [targetOf(properties['Target'] as Properties)],
      service: 'scheduler.amazonaws.com',
    });
    return { physicalId: name, attributes: { Arn: scheduleArn } };
  };
  return [
    {
      type: 'AWS::Events::Rule',
      create: (request) => putRule(nameOf(request), request),
      update: (request) => putRule(request.physicalId, request),
      delete: ({ physicalId }) => void schedules.delete(`rule/${physicalId}`),
    },
    {
      type: 'AWS::Scheduler::Schedule',
      create: (request) => putSchedule(nameOf(request), request),
      update: (request) => putSchedule(request.physicalId, request),
      delete: ({ physicalId, previousProperties }) =>
        void schedules.delete(`schedule/${String(previousProperties['GroupName'] ?? 'default')}/${physicalId}`),
    },
    {
      type: 'AWS::Scheduler::ScheduleGroup',
      create: (request) => ({
        physicalId: nameOf(request),
        attributes: { Arn: arn(request.account, 'scheduler', `schedule-group/${nameOf(request)}`) },
      }),
      update: (request) => ({ physicalId: request.physicalId }),
      delete: () => undefined,
    },
  ];
}
