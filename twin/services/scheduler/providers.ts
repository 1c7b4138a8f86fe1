import { arn } from '../../account.ts';
import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../cloudformation/provider.ts';
import { deletePatternRule, putPatternRule } from '../events/providers.ts';
import type { EventBuses } from '../events/event-bus.ts';
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

/**
 * CloudFormation's rules and schedules.
 *
 * @param buses takes the rules that have an event pattern; without it they are refused
 */
export function schedulerProviders(schedules: Schedules, buses?: EventBuses): ResourceProvider[] {
  const putRule = (name: string, request: ResourceRequest): ProvisionedResource => {
    const { properties, account } = request;
    const ruleArn = arn(account, 'events', `rule/${name}`);
    if (properties['EventPattern'] !== undefined && buses) {
      // The rule may have been a scheduled one until now.
      schedules.delete(`rule/${name}`);
      return putPatternRule(buses, name, request);
    }
    if (properties['ScheduleExpression'] === undefined) {
      throw new Error(`the rule has no schedule${buses ? ' and no event pattern' : ', and no event bus runs here'}`);
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
      update(request) {
        // On another bus it is another rule, and the engine deletes the old one.
        if (buses && request.properties['EventBusName'] === request.previousProperties['EventBusName']) {
          deletePatternRule(buses, request.physicalId);
        }
        return putRule(request.physicalId.split('|').pop()!, request);
      },
      delete({ physicalId }) {
        schedules.delete(`rule/${physicalId}`);
        if (buses) deletePatternRule(buses, physicalId);
      },
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
