import { nameOfArn } from '../registry/arns.ts';
import { invalidRequest, notFound } from '../registry/failures.ts';
import { thingOfKey } from '../registry/group-memberships.ts';
import type { Registry } from '../registry/registry.ts';

/** Who is in a thing group. Static groups are in the registry; dynamic ones come from elsewhere. */
export interface TargetGroups {
  /** Things in the group itself and in the groups below it. */
  membersOf(thingGroupArn: string): Iterable<string>;
  /** ARNs of the groups that a thing is in, those above them included. */
  groupsOf(thingName: string): Iterable<string>;
  /** Called after a thing came into a group (with that group and those above it) or left one. */
  onMembership(
    listener: (thingName: string, change: { readonly joined: readonly string[] } | 'left') => void,
  ): () => void;
}

export function staticGroups(registry: Registry): TargetGroups {
  const { thingGroups, memberships, changes } = registry;
  const withAncestors = (name: string): string[] => {
    const group = thingGroups.table.get(name);
    return group ? [group, ...thingGroups.ancestors(name)].map(({ thingGroupArn }) => thingGroupArn) : [];
  };
  return {
    *membersOf(thingGroupArn) {
      const name = nameOfArn(registry.account, 'thinggroup', thingGroupArn);
      if (name === undefined) return;
      for (const group of [name, ...thingGroups.descendants(name)])
        for (const key of memberships.membersOf(group)) yield thingOfKey(key);
    },
    groupsOf: (thingName) => memberships.groupsOf(thingName).flatMap(withAncestors),
    onMembership: (listener) =>
      changes.subscribe((change) => {
        if (change.kind === 'group-member-added')
          listener(change.thingName, { joined: withAncestors(change.thingGroupName) });
        if (change.kind === 'group-member-removed') listener(change.thingName, 'left');
      }),
  };
}

/**
 * @returns the ARNs, each once
 * @throws AwsError InvalidRequestException for what is neither a thing nor a thing group of this account,
 *   ResourceNotFoundException for one that does not exist
 */
export function checkTargets(registry: Registry, targets: readonly string[], groupsOnly = false): string[] {
  if (targets.length === 0) throw invalidRequest('targets must name at least one thing or thing group.');
  for (const target of targets) {
    const group = nameOfArn(registry.account, 'thinggroup', target);
    const thing = nameOfArn(registry.account, 'thing', target);
    if (group !== undefined) registry.thingGroups.describe(group);
    else if (thing !== undefined && !groupsOnly) {
      if (!registry.things.table.has(thing)) throw notFound(`Target ${target} does not exist.`);
    } else throw invalidRequest(`Invalid target: ${target}`);
  }
  return [...new Set(targets)];
}

/** The things that targets mean now, each once. */
export function thingsOf(registry: Registry, groups: TargetGroups, targets: readonly string[]): Set<string> {
  const things = new Set<string>();
  for (const target of targets) {
    const thing = nameOfArn(registry.account, 'thing', target);
    // A thing that was deleted since is no target.
    if (thing === undefined) for (const member of groups.membersOf(target)) things.add(member);
    else if (registry.things.table.has(thing)) things.add(thing);
  }
  return things;
}
