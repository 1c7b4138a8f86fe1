import type { Externals, Value } from '../sql/index.ts';
import { iotArn } from './arns.ts';
import { nameAndArn } from './operations/thing-groups.ts';
import { describedThing } from './operations/things.ts';
import type { Registry } from './registry.ts';

/**
 * SQL's `get_registry_data()`: what DescribeThing or ListThingGroupsForThing answers, with the rights of the role that
 * the statement names (developer guide, "get_registry_data").
 *
 * @param authorize throws when the role may not
 */
export function registryDataOfRules(
  registry: Registry,
  authorize: (roleArn: string, action: string, resource: string) => void,
): NonNullable<Externals['getRegistryData']> {
  return ({ operation, thingName, roleArn }) => {
    authorize(roleArn, `iot:${operation}`, iotArn(registry.account, 'thing', thingName));
    const thing = registry.things.describe(thingName);
    if (operation === 'DescribeThing') return { ...describedThing(thing) } as Value;
    const groups = registry.memberships.groupsOf(thingName).map((name) => registry.thingGroups.describe(name));
    return { thingGroups: groups.map((group) => ({ ...nameAndArn(group) })) } as Value;
  };
}
