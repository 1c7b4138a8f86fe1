import type { GroupIndexing, ThingIndexing } from './configuration.ts';

export interface Field {
  readonly name?: string;
  readonly type?: string;
}

type Typed = readonly (readonly [name: string, type: 'String' | 'Number' | 'Boolean'])[];

// Developer guide, "Managed fields".
const REGISTRY: Typed = [
  ['thingId', 'String'],
  ['thingName', 'String'],
  ['registry.version', 'Number'],
  ['registry.thingTypeName', 'String'],
  ['registry.thingGroupNames', 'String'],
];
const SHADOW: Typed = [
  ['shadow.version', 'Number'],
  ['shadow.hasDelta', 'Boolean'],
];
const NAMED_SHADOWS: Typed = [
  ['shadow.name.*.version', 'Number'],
  ['shadow.name.*.hasDelta', 'Boolean'],
];
const CONNECTIVITY: Typed = [
  ['connectivity.timestamp', 'Number'],
  ['connectivity.version', 'Number'],
  ['connectivity.connected', 'Boolean'],
  ['connectivity.disconnectReason', 'String'],
  ['connectivity.clientId', 'String'],
  ['connectivity.keepAliveDuration', 'Number'],
  ['connectivity.cleanSession', 'Boolean'],
  ['connectivity.sessionExpiry', 'Number'],
];
const GROUPS: Typed = [
  ['description', 'String'],
  ['parentGroupNames', 'String'],
  ['thingGroupId', 'String'],
  ['thingGroupName', 'String'],
  ['version', 'Number'],
];

const fields = (...lists: readonly Typed[]): Field[] =>
  lists.flatMap((list) => list.map(([name, type]) => ({ name, type })));

/** The managed fields of the things index, which follow from its modes. */
export function thingFields(thing: ThingIndexing): Field[] {
  if (thing.thingIndexingMode === 'OFF') return [];
  return fields(
    REGISTRY,
    thing.thingIndexingMode === 'REGISTRY_AND_SHADOW' ? SHADOW : [],
    thing.namedShadowIndexingMode === 'ON' ? NAMED_SHADOWS : [],
    thing.thingConnectivityIndexingMode === 'STATUS' ? CONNECTIVITY : [],
  );
}

export function groupFields(group: GroupIndexing): Field[] {
  return group.thingGroupIndexingMode === 'ON' ? fields(GROUPS) : [];
}
