import type { RegistryChange } from './changes.ts';
import type { EventType } from './settings.ts';
import type { ThingGroupRecord } from './thing-groups.ts';
import type { ThingTypeRecord } from './thing-types.ts';
import type { ThingRecord } from './things.ts';

/** An event message, before what all of them carry: `eventId`, `timestamp` and, but for associations, `accountId`. */
export interface RegistryEvent {
  /** What switches it on. */
  readonly type: EventType;
  /** Below `$aws/events/`. */
  readonly topic: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

const OPERATIONS = { created: 'CREATED', updated: 'UPDATED', deleted: 'DELETED' } as const;
type Change = keyof typeof OPERATIONS;
type Turn = 'added' | 'removed';

/** The events that AWS publishes for a change (developer guide, "Registry events"); most changes have none. */
export function eventsOf(change: RegistryChange): readonly RegistryEvent[] {
  switch (change.kind) {
    case 'thing-created':
      return [thingEvent('created', change.thing), ...associationEvents(change.thing, undefined, change.thing)];
    case 'thing-updated':
      return [thingEvent('updated', change.thing), ...associationEvents(change.thing, change.before, change.thing)];
    case 'thing-deleted':
      return [...associationEvents(change.thing, change.thing, undefined), thingEvent('deleted', change.thing)];
    case 'thing-type-created':
      return [thingTypeEvent('created', change.thingType)];
    case 'thing-type-updated':
      return [thingTypeEvent('updated', change.thingType)];
    case 'thing-type-deleted':
      return [thingTypeEvent('deleted', change.thingType)];
    case 'group-created':
      return [groupEvent('created', change.group, change.ancestors), ...hierarchyEvents('added', change)];
    case 'group-updated':
      return [groupEvent('updated', change.group, change.ancestors)];
    case 'group-deleted':
      return [...hierarchyEvents('removed', change), groupEvent('deleted', change.group, change.ancestors)];
    case 'group-member-added':
      return [membershipEvent('added', change)];
    case 'group-member-removed':
      return [membershipEvent('removed', change)];
    default:
      return [];
  }
}

function thingEvent(change: Change, thing: ThingRecord): RegistryEvent {
  const { thingName, thingId, version, thingTypeName = null, attributes } = thing;
  const operation = OPERATIONS[change];
  return {
    type: 'THING',
    topic: `thing/${thingName}/${change}`,
    payload: {
      eventType: 'THING_EVENT',
      operation,
      thingId,
      thingName,
      versionNumber: version,
      thingTypeName,
      attributes,
    },
  };
}

/** A thing's type changes by leaving one and joining another; with the thing its association ends. */
function associationEvents(
  { thingName, thingId }: ThingRecord,
  before: ThingRecord | undefined,
  after: ThingRecord | undefined,
): RegistryEvent[] {
  const event = (turn: Turn, thingTypeName: string): RegistryEvent => ({
    type: 'THING_TYPE_ASSOCIATION',
    topic: `thingTypeAssociation/thing/${thingName}/thingType/${thingTypeName}/${turn}`,
    payload: {
      eventType: 'THING_TYPE_ASSOCIATION_EVENT',
      operation: turn.toUpperCase(),
      thingId,
      thingName,
      thingTypeName,
    },
  });
  const [from, to] = [before?.thingTypeName, after?.thingTypeName];
  if (from === to) return [];
  return [...(from === undefined ? [] : [event('removed', from)]), ...(to === undefined ? [] : [event('added', to)])];
}

function thingTypeEvent(change: Change, thingType: ThingTypeRecord): RegistryEvent {
  const { thingTypeName, thingTypeId, properties, deprecatedAt } = thingType;
  return {
    type: 'THING_TYPE',
    topic: `thingType/${thingTypeName}/${change}`,
    payload: {
      eventType: 'THING_TYPE_EVENT',
      operation: OPERATIONS[change],
      thingTypeId,
      thingTypeName,
      isDeprecated: deprecatedAt !== undefined,
      deprecationDate: deprecatedAt ?? null,
      searchableAttributes: properties.searchableAttributes ?? [],
      propagatingAttributes: properties.mqtt5Configuration?.propagatingAttributes ?? [],
      description: properties.thingTypeDescription ?? null,
    },
  };
}

function groupEvent(change: Change, group: ThingGroupRecord, ancestors: readonly ThingGroupRecord[]): RegistryEvent {
  const { thingGroupName, thingGroupId, version, description = null, attributes } = group;
  const parent = ancestors.at(-1);
  return {
    type: 'THING_GROUP',
    topic: `thingGroup/${thingGroupName}/${change}`,
    payload: {
      eventType: 'THING_GROUP_EVENT',
      operation: OPERATIONS[change],
      thingGroupId,
      thingGroupName,
      versionNumber: version,
      parentGroupName: parent?.thingGroupName ?? null,
      parentGroupId: parent?.thingGroupId ?? null,
      description,
      rootToParentThingGroups: ancestors.map(({ thingGroupArn, thingGroupId: groupId }) => ({
        groupArn: thingGroupArn,
        groupId,
      })),
      attributes,
      dynamicGroupMappingId: null,
    },
  };
}

function hierarchyEvents(
  turn: Turn,
  { group, ancestors }: { readonly group: ThingGroupRecord; readonly ancestors: readonly ThingGroupRecord[] },
): RegistryEvent[] {
  const parent = ancestors.at(-1);
  if (!parent) return [];
  return [
    {
      type: 'THING_GROUP_HIERARCHY',
      topic: `thingGroupHierarchy/thingGroup/${parent.thingGroupName}/childThingGroup/${group.thingGroupName}/${turn}`,
      payload: {
        eventType: 'THING_GROUP_HIERARCHY_EVENT',
        operation: turn.toUpperCase(),
        thingGroupId: parent.thingGroupId,
        thingGroupName: parent.thingGroupName,
        childGroupId: group.thingGroupId,
        childGroupName: group.thingGroupName,
      },
    },
  ];
}

function membershipEvent(
  turn: Turn,
  {
    group,
    thing,
    membershipId,
  }: { readonly group: ThingGroupRecord; readonly thing: ThingRecord; readonly membershipId: string },
): RegistryEvent {
  return {
    type: 'THING_GROUP_MEMBERSHIP',
    topic: `thingGroupMembership/thingGroup/${group.thingGroupName}/thing/${thing.thingName}/${turn}`,
    payload: {
      eventType: 'THING_GROUP_MEMBERSHIP_EVENT',
      operation: turn.toUpperCase(),
      groupArn: group.thingGroupArn,
      groupId: group.thingGroupId,
      thingArn: thing.thingArn,
      thingId: thing.thingId,
      membershipId,
    },
  };
}
