import { arn } from '../../account.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { AwsService, OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { page } from '../page.ts';
import { DEFAULT_BUS, parsePattern } from './event-bus.ts';
import type { EventBuses } from './event-bus.ts';
import { putEvents } from './put-events.ts';
import { readTarget, ruleKey, showTarget } from './rule.ts';
import type { EventRule } from './rule.ts';

const PAGE_SIZE = 100;

/** EventBridge on the endpoint: buses, rules, targets and events. */
export function eventsService(buses: EventBuses): AwsService {
  const busOf = (input: OperationInput): string => buses.busName(input['EventBusName'] as string | undefined);
  const nameOf = (input: OperationInput): string => String(input['Name'] ?? input['Rule']);
  const ofRule = (run: OperationDefinition['run']): OperationDefinition => ({
    run,
    resources: (input, account) => {
      const bus = String(input['EventBusName'] ?? DEFAULT_BUS).replace(/^arn:.*:event-bus\//, '');
      return [arn(account, 'events', `rule/${ruleKey(bus, nameOf(input))}`)];
    },
  });
  const ofBus = (run: OperationDefinition['run']): OperationDefinition => ({
    run,
    resources: (input) => [buses.busArn(String(input['Name'] ?? DEFAULT_BUS))],
  });
  const enable = (enabled: boolean): OperationDefinition =>
    ofRule((input) => {
      const { arn: _arn, targets: _targets, ...definition } = buses.rule(busOf(input), nameOf(input));
      buses.putRule({ ...definition, enabled });
    });
  return {
    signingNames: ['events'],
    iamPrefix: 'events',
    model: () => import('@aws-sdk/client-eventbridge'),
    operations: {
      PutEvents: {
        resources: (input) => [
          ...new Set(
            ((input['Entries'] ?? []) as OperationInput[]).map(({ EventBusName: bus }) =>
              buses.busArn(String(bus ?? DEFAULT_BUS).replace(/^arn:.*:event-bus\//, '')),
            ),
          ),
        ],
        run: (input) => putEvents(buses, input['Entries'] as OperationInput[]),
      },
      PutRule: ofRule((input) => ({
        RuleArn: buses.putRule({
          name: nameOf(input),
          bus: busOf(input),
          eventPattern: input['EventPattern'] as string | undefined,
          scheduleExpression: input['ScheduleExpression'] as string | undefined,
          enabled: input['State'] !== 'DISABLED',
          description: input['Description'] as string | undefined,
          roleArn: input['RoleArn'] as string | undefined,
        }),
      })),
      DescribeRule: ofRule((input) => ({ ...showRule(buses.rule(busOf(input), nameOf(input))) })),
      DeleteRule: ofRule((input) => {
        const rule = buses.rules(busOf(input)).find(({ name }) => name === nameOf(input));
        if (rule && rule.targets.length > 0) {
          throw new AwsError('ValidationException', "Rule can't be deleted since it has targets.");
        }
        buses.deleteRule(busOf(input), nameOf(input));
      }),
      EnableRule: enable(true),
      DisableRule: enable(false),
      ListRules: {
        run(input) {
          const prefix = String(input['NamePrefix'] ?? '');
          const rules = buses.rules(busOf(input)).filter(({ name }) => name.startsWith(prefix));
          const { items, nextToken } = page(rules, ({ name }) => name, limitOf(input), tokenOf(input), PAGE_SIZE);
          return { Rules: items.map(showRule), NextToken: nextToken };
        },
      },
      ListRuleNamesByTarget: {
        run(input) {
          const rules = buses
            .rules(busOf(input))
            .filter(({ targets }) => targets.some((target) => target.arn === input['TargetArn']));
          const { items, nextToken } = page(rules, ({ name }) => name, limitOf(input), tokenOf(input), PAGE_SIZE);
          return { RuleNames: items.map(({ name }) => name), NextToken: nextToken };
        },
      },
      PutTargets: ofRule((input) => {
        const { bus, name, targets } = buses.rule(busOf(input), nameOf(input));
        const added = (input['Targets'] as OperationInput[]).map(readTarget);
        const kept = targets.filter(({ id }) => !added.some((target) => target.id === id));
        buses.setTargets(bus, name, [...kept, ...added]);
        return { FailedEntryCount: 0, FailedEntries: [] };
      }),
      RemoveTargets: ofRule((input) => {
        const { bus, name, targets } = buses.rule(busOf(input), nameOf(input));
        const removed = input['Ids'] as string[];
        buses.setTargets(
          bus,
          name,
          targets.filter(({ id }) => !removed.includes(id)),
        );
        return { FailedEntryCount: 0, FailedEntries: [] };
      }),
      ListTargetsByRule: ofRule((input) => {
        const { targets } = buses.rule(busOf(input), nameOf(input));
        const { items, nextToken } = page(targets, ({ id }) => id, limitOf(input), tokenOf(input), PAGE_SIZE);
        return { Targets: items.map(showTarget), NextToken: nextToken };
      }),
      TestEventPattern: {
        run(input) {
          const matches = parsePattern(String(input['EventPattern']));
          try {
            return { Result: matches(JSON.parse(String(input['Event'])) as Record<string, unknown>) };
          } catch {
            throw new AwsError('ValidationException', 'Parameter Event is not valid.');
          }
        },
      },
      CreateEventBus: ofBus((input) => ({ EventBusArn: buses.createBus(String(input['Name'])) })),
      DeleteEventBus: ofBus((input) => void buses.deleteBus(String(input['Name']))),
      DescribeEventBus: ofBus((input) => {
        const name = buses.busName(input['Name'] as string | undefined);
        return { Name: name, Arn: buses.busArn(name) };
      }),
      ListEventBuses: {
        run(input) {
          const prefix = String(input['NamePrefix'] ?? '');
          const names = buses.busNames().filter((name) => name.startsWith(prefix));
          const { items, nextToken } = page(names, (name) => name, limitOf(input), tokenOf(input), PAGE_SIZE);
          return { EventBuses: items.map((name) => ({ Name: name, Arn: buses.busArn(name) })), NextToken: nextToken };
        },
      },
    },
  };
}

function showRule(rule: EventRule): Record<string, unknown> {
  return {
    Name: rule.name,
    Arn: rule.arn,
    EventPattern: rule.eventPattern,
    ScheduleExpression: rule.scheduleExpression,
    State: rule.enabled ? 'ENABLED' : 'DISABLED',
    Description: rule.description,
    RoleArn: rule.roleArn,
    EventBusName: rule.bus,
  };
}

function limitOf(input: OperationInput): number | undefined {
  return input['Limit'] as number | undefined;
}

function tokenOf(input: OperationInput): string | undefined {
  return input['NextToken'] as string | undefined;
}
