import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../cloudformation/provider.ts';
import type { EventBuses } from './event-bus.ts';
import { DEFAULT_BUS } from './event-bus.ts';
import { readTarget } from './rule.ts';

/** `AWS::Events::EventBus`. Rules are the scheduler's, which hands those with a pattern to `putPatternRule`. */
export function eventsProviders(buses: EventBuses): ResourceProvider[] {
  const describe = (name: string): ProvisionedResource => ({
    physicalId: name,
    attributes: { Arn: buses.busArn(name), Name: name },
  });
  const create = ({ properties }: ResourceRequest): ProvisionedResource => {
    const name = String(properties['Name']);
    if (!buses.hasBus(name)) buses.createBus(name);
    return describe(name);
  };
  return [
    {
      type: 'AWS::Events::EventBus',
      create,
      update: create,
      delete: ({ physicalId }) => buses.deleteBus(physicalId),
    },
  ];
}

/** Makes the rule of a template that has an event pattern. Its `Ref` is `<bus>|<name>` unless the bus is the default. */
export function putPatternRule(buses: EventBuses, name: string, { properties }: ResourceRequest): ProvisionedResource {
  const bus = buses.busName(properties['EventBusName'] as string | undefined);
  const Arn = buses.putRule({
    name,
    bus,
    eventPattern: JSON.stringify(properties['EventPattern']),
    scheduleExpression: properties['ScheduleExpression'] as string | undefined,
    enabled: properties['State'] !== 'DISABLED',
    description: properties['Description'] as string | undefined,
    roleArn: properties['RoleArn'] as string | undefined,
  });
  const targets = (properties['Targets'] as Record<string, unknown>[] | undefined) ?? [];
  buses.setTargets(bus, name, targets.map(readTarget));
  return { physicalId: bus === DEFAULT_BUS ? name : `${bus}|${name}`, attributes: { Arn } };
}

/** @param physicalId what `putPatternRule` gave; one that is not there is no error */
export function deletePatternRule(buses: EventBuses, physicalId: string): void {
  const [name, bus = DEFAULT_BUS] = physicalId.split('|').reverse() as [string, string?];
  buses.deleteRule(bus, name);
}
