import type * as iot from '@aws-sdk/client-iot';

import type { OperationDefinition } from '../../../endpoint/service.ts';
import { iotArn } from '../arns.ts';
import { invalidRequest } from '../failures.ts';
import { thingOfKey } from '../group-memberships.ts';
import { KeySet } from '../key-set.ts';
import type { Registry } from '../registry.ts';
import type { ThingGroupRecord } from '../thing-groups.ts';
import type { ResourcesOf } from './operation.ts';
import { named, NOTHING, operation } from './operation.ts';
import { nextToken, pageByToken } from './paging.ts';
import { nameOrArn } from './things.ts';

export function thingGroupOperations(registry: Registry): Record<string, OperationDefinition> {
  const { thingGroups, tags } = registry;
  return {
    CreateThingGroup: operation<iot.CreateThingGroupRequest, iot.CreateThingGroupResponse>((input) => {
      const group = thingGroups.create(input.thingGroupName!, input.parentGroupName, input.thingGroupProperties);
      tags.set(group.thingGroupArn, input.tags);
      const { thingGroupName, thingGroupArn, thingGroupId } = group;
      return { thingGroupName, thingGroupArn, thingGroupId };
    }, groupAndParent),
    DescribeThingGroup: operation<iot.DescribeThingGroupRequest, iot.DescribeThingGroupResponse>(
      (input) => describedGroup(registry, thingGroups.describe(input.thingGroupName!)),
      named('thinggroup', 'thingGroupName'),
    ),
    UpdateThingGroup: operation<iot.UpdateThingGroupRequest, iot.UpdateThingGroupResponse>(
      (input) => {
        thingGroups.describeStatic(input.thingGroupName!);
        return {
          version: thingGroups.update(input.thingGroupName!, input.thingGroupProperties!, input.expectedVersion),
        };
      },
      named('thinggroup', 'thingGroupName'),
    ),
    DeleteThingGroup: operation<iot.DeleteThingGroupRequest, iot.DeleteThingGroupResponse>(
      (input) => {
        const thingGroupName = input.thingGroupName!;
        if (thingGroups.table.has(thingGroupName)) thingGroups.describeStatic(thingGroupName);
        registry.deleteThingGroup(thingGroupName, input.expectedVersion);
        return NOTHING;
      },
      named('thinggroup', 'thingGroupName'),
    ),
    ListThingGroups: operation<iot.ListThingGroupsRequest, iot.ListThingGroupsResponse>((input) => {
      const prefix = input.namePrefixFilter ?? '';
      const listed = pageByToken(groupsUnder(registry, input), input, (key) => key.startsWith(prefix));
      const groups = listed.keys.map((key) => nameAndArn(thingGroups.describe(key)));
      return { thingGroups: groups, ...nextToken(listed) };
    }),
    ...membershipOperations(registry),
  };
}

function membershipOperations(registry: Registry): Record<string, OperationDefinition> {
  const { memberships, thingGroups, things } = registry;
  return {
    AddThingToThingGroup: operation<iot.AddThingToThingGroupRequest, iot.AddThingToThingGroupResponse>((input) => {
      registry.addThingToGroup(groupOf(input), thingOf(input), input.overrideDynamicGroups);
      return NOTHING;
    }, membershipResources),
    RemoveThingFromThingGroup: operation<iot.RemoveThingFromThingGroupRequest, iot.RemoveThingFromThingGroupResponse>(
      (input) => {
        thingGroups.describeStatic(groupOf(input));
        things.describe(thingOf(input));
        memberships.remove(groupOf(input), thingOf(input));
        return NOTHING;
      },
      membershipResources,
    ),
    UpdateThingGroupsForThing: operation<iot.UpdateThingGroupsForThingRequest, iot.UpdateThingGroupsForThingResponse>(
      (input) => {
        if (input.thingName === undefined) throw invalidRequest('thingName must be given');
        registry.atomically(() => {
          for (const group of input.thingGroupsToRemove ?? []) {
            thingGroups.describeStatic(group);
            memberships.remove(group, input.thingName!);
          }
          for (const group of input.thingGroupsToAdd ?? []) {
            registry.addThingToGroup(group, input.thingName!, input.overrideDynamicGroups);
          }
        });
        return NOTHING;
      },
      thingAndGroups,
    ),
    ListThingGroupsForThing: operation<iot.ListThingGroupsForThingRequest, iot.ListThingGroupsForThingResponse>(
      (input) => {
        things.describe(input.thingName!);
        const keys = keySetOf(memberships.groupsOf(input.thingName!));
        const listed = pageByToken(keys, input);
        return { thingGroups: listed.keys.map((key) => nameAndArn(thingGroups.describe(key))), ...nextToken(listed) };
      },
      named('thing', 'thingName'),
    ),
    ListThingsInThingGroup: operation<iot.ListThingsInThingGroupRequest, iot.ListThingsInThingGroupResponse>(
      (input) => {
        const group = input.thingGroupName!;
        thingGroups.describe(group);
        if (!input.recursive) {
          const listed = pageByToken(memberships.membersOf(group), input);
          return { things: listed.keys.map(thingOfKey), ...nextToken(listed) };
        }
        const members = new KeySet();
        for (const name of [group, ...thingGroups.descendants(group)]) {
          for (const key of memberships.membersOf(name)) members.add(thingOfKey(key));
        }
        const listed = pageByToken(members, input);
        return { things: [...listed.keys], ...nextToken(listed) };
      },
      named('thinggroup', 'thingGroupName'),
    ),
  };
}

const membershipResources: ResourcesOf = (input, account) => [
  ...(input['thingGroupArn'] === undefined
    ? named('thinggroup', 'thingGroupName')(input, account)
    : [String(input['thingGroupArn'])]),
  ...(input['thingArn'] === undefined ? named('thing', 'thingName')(input, account) : [String(input['thingArn'])]),
];

const groupAndParent: ResourcesOf = (input, account) => [
  ...named('thinggroup', 'thingGroupName')(input, account),
  ...(input['parentGroupName'] === undefined ? [] : named('thinggroup', 'parentGroupName')(input, account)),
];

const thingAndGroups: ResourcesOf = (input, account) => {
  const { thingGroupsToAdd = [], thingGroupsToRemove = [] } = input as iot.UpdateThingGroupsForThingRequest;
  const groups = [...thingGroupsToAdd, ...thingGroupsToRemove];
  return [
    ...named('thing', 'thingName')(input, account),
    ...groups.map((group) => iotArn(account, 'thinggroup', group)),
  ];
};

interface MembershipInput {
  readonly thingGroupName?: string | undefined;
  readonly thingGroupArn?: string | undefined;
  readonly thingName?: string | undefined;
  readonly thingArn?: string | undefined;
}

function groupOf(input: MembershipInput): string {
  return nameOrArn(input.thingGroupName, input.thingGroupArn, 'thing group');
}

function thingOf(input: MembershipInput): string {
  return nameOrArn(input.thingName, input.thingArn, 'thing');
}

function groupsUnder(registry: Registry, input: iot.ListThingGroupsRequest): KeySet {
  const { thingGroups } = registry;
  // As in the API: all groups, unless a parent or `recursive: false` narrows them to one level.
  if (input.parentGroup === undefined) {
    if (input.recursive !== false) return thingGroups.table.keys;
    return keySetOf(
      [...thingGroups.table.values()]
        .filter((group) => group.parentGroupName === undefined)
        .map((group) => group.thingGroupName),
    );
  }
  thingGroups.describe(input.parentGroup);
  return input.recursive
    ? keySetOf(thingGroups.descendants(input.parentGroup))
    : thingGroups.table.by('parent', input.parentGroup);
}

function keySetOf(names: Iterable<string>): KeySet {
  const keys = new KeySet();
  for (const name of names) keys.add(name);
  return keys;
}

/** The group as DescribeThingGroup gives it; what only dynamic groups have is not in it. */
export function describedGroup(registry: Registry, group: ThingGroupRecord): iot.DescribeThingGroupResponse {
  const { thingGroupName, thingGroupId, thingGroupArn, version, description, attributes, parentGroupName, createdAt } =
    group;
  const ancestors = registry.thingGroups.ancestors(thingGroupName);
  return {
    thingGroupName,
    thingGroupId,
    thingGroupArn,
    version,
    thingGroupProperties: {
      ...(description !== undefined && { thingGroupDescription: description }),
      attributePayload: { attributes: { ...attributes } },
    },
    thingGroupMetadata: {
      ...(parentGroupName !== undefined && { parentGroupName, rootToParentThingGroups: ancestors.map(nameAndArn) }),
      creationDate: new Date(createdAt),
    },
  };
}

/** The group as lists give it. */
export function nameAndArn(group: ThingGroupRecord): iot.GroupNameAndArn {
  return { groupName: group.thingGroupName, groupArn: group.thingGroupArn };
}
