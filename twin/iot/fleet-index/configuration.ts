import type { Registry } from '../registry/registry.ts';
import { invalidRequest } from '../registry/failures.ts';
import type { CoordinateOrder } from './location.ts';
import { groupFields, thingFields, type Field } from './managed-fields.ts';

export const THINGS = 'AWS_Things';
export const THING_GROUPS = 'AWS_ThingGroups';

export interface IndexingFilter {
  readonly namedShadowNames?: readonly string[];
  readonly geoLocations?: readonly { readonly name?: string; readonly order?: CoordinateOrder }[];
  readonly connectivity?: { readonly includeSocketInformation?: readonly string[] };
}

export interface ThingIndexing {
  readonly thingIndexingMode: string;
  readonly thingConnectivityIndexingMode?: string;
  readonly deviceDefenderIndexingMode?: string;
  readonly namedShadowIndexingMode?: string;
  readonly customFields?: readonly Field[];
  readonly filter?: IndexingFilter;
}

export interface GroupIndexing {
  readonly thingGroupIndexingMode: string;
  readonly customFields?: readonly Field[];
}

export function thingIndexing(registry: Registry): ThingIndexing {
  return registry.settings.indexingConfiguration.thingIndexingConfiguration;
}

export function groupIndexing(registry: Registry): GroupIndexing {
  return registry.settings.indexingConfiguration.thingGroupIndexingConfiguration;
}

export const indexesThings = (thing: ThingIndexing): boolean => thing.thingIndexingMode !== 'OFF';
export const indexesShadows = (thing: ThingIndexing): boolean => thing.thingIndexingMode === 'REGISTRY_AND_SHADOW';
export const indexesConnectivity = (thing: ThingIndexing): boolean =>
  indexesThings(thing) && thing.thingConnectivityIndexingMode === 'STATUS';

export function indexedShadowNames(thing: ThingIndexing): readonly string[] {
  return thing.namedShadowIndexingMode === 'ON' ? (thing.filter?.namedShadowNames ?? []) : [];
}

/** DescribeIndex's `schema` (developer guide, "Describing a thing index"). */
export function schemaOf(thing: ThingIndexing): string {
  if (!indexesThings(thing)) return 'OFF';
  if (thing.namedShadowIndexingMode === 'ON') return 'MULTI_INDEXING_MODE';
  const connectivity = indexesConnectivity(thing);
  if (indexesShadows(thing))
    return connectivity ? 'REGISTRY_AND_SHADOW_AND_CONNECTIVITY_STATUS' : 'REGISTRY_AND_SHADOW';
  return connectivity ? 'REGISTRY_AND_CONNECTIVITY' : 'REGISTRY';
}

/** General Reference, "AWS IoT fleet indexing". */
const CUSTOM_FIELDS = 5;
const NAMED_SHADOWS = 10;
const GEO_LOCATIONS = 1;
const CUSTOM_FIELD = /^(?:attributes\.|shadow\.(?:name\.[^.]+\.)?(?:desired|reported)\.)[\w-]+(?:\.[\w-]+)*$/;

/** @throws AwsError InvalidRequestException for what this twin cannot index or AWS IoT does not take */
export function checkThingIndexing(thing: ThingIndexing): void {
  if ((thing.deviceDefenderIndexingMode ?? 'OFF') !== 'OFF')
    throw invalidRequest('deviceDefenderIndexingMode VIOLATIONS: there is no Device Defender to index');
  const names = thing.filter?.namedShadowNames ?? [];
  if (names.length > NAMED_SHADOWS) throw invalidRequest(`At most ${NAMED_SHADOWS} named shadows can be indexed`);
  const places = thing.filter?.geoLocations ?? [];
  if (places.length > GEO_LOCATIONS) throw invalidRequest(`At most ${GEO_LOCATIONS} geolocation can be indexed`);
  for (const { name } of places) checkIndexed(name, thing, 'Geolocation');
  checkCustomFields(thing.customFields);
  for (const { name } of thing.customFields ?? []) checkIndexed(name, thing, 'Custom field');
  if (!indexesThings(thing) && (thing.thingConnectivityIndexingMode === 'STATUS' || names.length > 0))
    throw invalidRequest('Connectivity and named shadows cannot be indexed while thingIndexingMode is OFF');
}

/** @throws AwsError InvalidRequestException */
export function checkGroupIndexing(group: GroupIndexing): void {
  checkCustomFields(group.customFields);
  for (const { name } of group.customFields ?? [])
    if (!name?.startsWith('attributes.')) throw invalidRequest(`Custom field ${name} is not indexed for thing groups`);
}

function checkCustomFields(fields: readonly Field[] = []): void {
  if (fields.length > CUSTOM_FIELDS) throw invalidRequest(`At most ${CUSTOM_FIELDS} custom fields can be indexed`);
  for (const { name, type } of fields) {
    if (type === undefined) throw invalidRequest(`Custom field ${name} has no type`);
    if (!CUSTOM_FIELD.test(name ?? '')) throw invalidRequest(`Invalid custom field name: ${name}`);
  }
}

function checkIndexed(name: string | undefined, thing: ThingIndexing, title: string): void {
  const [, shadowName] = /^shadow\.name\.([^.]+)\./.exec(name ?? '') ?? [];
  const indexed =
    shadowName !== undefined
      ? indexedShadowNames(thing).includes(shadowName)
      : name?.startsWith('shadow.')
        ? indexesShadows(thing)
        : indexesThings(thing);
  if (!indexed) throw invalidRequest(`${title} ${name} is not indexed by this indexing mode`);
}

/** The type of a field that may be aggregated: managed, or a custom one. */
export function aggregatedType(registry: Registry, indexName: string, name: string): string | undefined {
  const [managed, custom] =
    indexName === THINGS
      ? [thingFields(thingIndexing(registry)), thingIndexing(registry).customFields]
      : [groupFields(groupIndexing(registry)), groupIndexing(registry).customFields];
  const named = [...(custom ?? []), ...managed];
  return named.find((field) => field.name === name || (field.name?.includes('*') && starMatches(field.name, name)))
    ?.type;
}

/** `shadow.name.*.version` stands for each of the named shadows. */
function starMatches(pattern: string, name: string): boolean {
  const [before, after] = pattern.split('*') as [string, string];
  return name.startsWith(before) && name.endsWith(after) && name.length > before.length + after.length;
}
