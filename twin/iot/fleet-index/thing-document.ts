import type * as iot from '@aws-sdk/client-iot';

import type { Registry } from '../registry/registry.ts';
import type { ThingRecord } from '../registry/things.ts';
import { ShadowRefusal } from '../shadows/refusal.ts';
import type { Shadows } from '../shadows/shadows.ts';
import { indexedShadowNames, indexesConnectivity, indexesShadows, type ThingIndexing } from './configuration.ts';
import type { ConnectivityRecords } from './connectivity.ts';
import { FieldsDocument } from './index-document.ts';
import { placeOf } from './location.ts';

export interface ThingSources {
  readonly registry: Registry;
  readonly shadows: Shadows;
  readonly connectivity: ConnectivityRecords;
}

/** A shadow as the index answers it. */
interface IndexedShadow {
  readonly desired?: unknown;
  readonly reported?: unknown;
  readonly delta?: unknown;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly hasDelta: boolean;
  readonly version: number;
}

/** Groups and billing group: `thingGroupNames` has both (developer guide, "Example thing queries"). */
function groupNamesOf(registry: Registry, thing: ThingRecord): string[] {
  const groups = registry.memberships.groupsOf(thing.thingName);
  // A billing group may be called like a thing group.
  return [...new Set([...groups, ...(thing.billingGroupName === undefined ? [] : [thing.billingGroupName])])];
}

function shadowOf(shadows: Shadows, thingName: string, shadowName?: string): IndexedShadow | undefined {
  try {
    const { state, metadata, version } = shadows.get({ thingName, shadowName }) as {
      readonly state: Readonly<Record<string, unknown>>;
      readonly metadata: Readonly<Record<string, unknown>>;
      readonly version: number;
    };
    return { ...state, metadata, hasDelta: state['delta'] !== undefined, version };
  } catch (error) {
    if (error instanceof ShadowRefusal) return undefined;
    throw error;
  }
}

function shadowsOf(
  { shadows }: ThingSources,
  thing: ThingIndexing,
  thingName: string,
): { classic?: IndexedShadow; named: [string, IndexedShadow][] } {
  const classic = indexesShadows(thing) ? shadowOf(shadows, thingName) : undefined;
  const named = indexedShadowNames(thing).flatMap((name): [string, IndexedShadow][] => {
    const shadow = shadowOf(shadows, thingName, name);
    return shadow ? [[name, shadow]] : [];
  });
  return { ...(classic && { classic }), named };
}

/** What queries see of a thing under an indexing configuration. */
export function thingDocument(sources: ThingSources, indexing: ThingIndexing, thing: ThingRecord): FieldsDocument {
  const { registry, connectivity } = sources;
  const document = new FieldsDocument();
  const { thingName, thingId, thingTypeName, attributes, version } = thing;
  document.addText('thingName', thingName);
  document.addText('thingId', thingId);
  // The names in queries, and those of the managed fields.
  for (const prefix of ['', 'registry.']) {
    if (thingTypeName !== undefined) document.addText(`${prefix}thingTypeName`, thingTypeName);
    for (const group of groupNamesOf(registry, thing)) document.addText(`${prefix}thingGroupNames`, group);
  }
  for (const [name, value] of Object.entries(attributes)) document.addText(`attributes.${name}`, value);
  document.addUnsearchable('registry.version', version);
  const { classic, named } = shadowsOf(sources, indexing, thingName);
  if (classic) addShadow(document, 'shadow', classic);
  for (const [name, shadow] of named) addShadow(document, `shadow.name.${name}`, shadow);
  if (indexesConnectivity(indexing))
    for (const [name, value] of Object.entries(connectivity.of(thingName))) document.add(`connectivity.${name}`, value);
  for (const { name, order = 'LatLon' } of indexing.filter?.geoLocations ?? [])
    if (name !== undefined) document.addPlace(name, placeOf(valueAt(name, classic, named), order));
  return document;
}

function addShadow(document: FieldsDocument, prefix: string, shadow: IndexedShadow): void {
  for (const section of ['desired', 'reported', 'delta'] as const)
    document.addJson(`${prefix}.${section}`, shadow[section], true);
  document.addJson(`${prefix}.metadata`, shadow.metadata, false);
  document.add(`${prefix}.hasDelta`, shadow.hasDelta);
  document.addUnsearchable(`${prefix}.version`, shadow.version);
}

/** The JSON value at `shadow.reported.a.b` or `shadow.name.<name>.reported.a.b`. */
function valueAt(field: string, classic: IndexedShadow | undefined, named: readonly [string, unknown][]): unknown {
  const [, ...path] = field.split('.');
  let value: unknown = classic;
  if (path[0] === 'name') {
    value = named.find(([name]) => name === path[1])?.[1];
    path.splice(0, 2);
  }
  for (const name of path)
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return value;
}

/** A thing as SearchIndex answers it. */
export function foundThing(sources: ThingSources, indexing: ThingIndexing, thing: ThingRecord): iot.ThingDocument {
  const { thingName, thingId, thingTypeName, attributes } = thing;
  const groups = groupNamesOf(sources.registry, thing);
  const { classic, named } = shadowsOf(sources, indexing, thingName);
  const shadow = { ...classic, ...(named.length > 0 && { name: Object.fromEntries(named) }) };
  const connectivity = indexesConnectivity(indexing) ? sources.connectivity.of(thingName) : undefined;
  return {
    ...{ thingName, thingId },
    ...(thingTypeName !== undefined && { thingTypeName }),
    ...(groups.length > 0 && { thingGroupNames: groups }),
    ...(Object.keys(attributes).length > 0 && { attributes: { ...attributes } }),
    ...(Object.keys(shadow).length > 0 && { shadow: JSON.stringify(shadow) }),
    ...(connectivity && { connectivity }),
  };
}
