import { randomUUID } from 'node:crypto';

import { iotArn } from './arns.ts';
import type { AttributePayload, Attributes } from './attributes.ts';
import { applyAttributes, checkAttributeCount, GROUP_ATTRIBUTES, sameAttributes } from './attributes.ts';
import { checkVersion } from './billing-groups.ts';
import { checkText, GROUP_NAME } from './constraints.ts';
import type { RegistryContext } from './context.ts';
import { alreadyExists, invalidRequest, limitExceeded, notFound } from './failures.ts';
import type { Table } from './table.ts';

/** What makes a thing group dynamic: its members are the things that satisfy a query of the fleet index. */
export interface GroupQuery {
  readonly indexName: string;
  readonly queryString: string;
  readonly queryVersion: string;
}

export interface ThingGroupRecord {
  readonly thingGroupName: string;
  readonly thingGroupId: string;
  readonly thingGroupArn: string;
  readonly parentGroupName?: string;
  readonly description?: string;
  readonly attributes: Attributes;
  /** Of dynamic groups only. */
  readonly query?: GroupQuery;
  readonly version: number;
  readonly createdAt: number;
}

export interface ThingGroupProperties {
  readonly thingGroupDescription?: string | undefined;
  readonly attributePayload?: AttributePayload | undefined;
}

/** Makes and changes groups whose members come from the fleet index. */
export interface DynamicThingGroups {
  /** @throws AwsError InvalidRequestException while things are not indexed, InvalidQueryException */
  create(thingGroupName: string, queryString: string, properties?: ThingGroupProperties): ThingGroupRecord;
  /** @returns the new version */
  update(thingGroupName: string, queryString: string | undefined, properties: ThingGroupProperties): number;
}

/** AWS IoT Core thing group quotas. */
const HIERARCHY_DEPTH = 7;
const DIRECT_CHILDREN = 100;

/** Thing groups; static ones form trees. Their members are in `GroupMemberships`. */
export class ThingGroups {
  readonly #context: RegistryContext;
  readonly table: Table<ThingGroupRecord, 'parent'>;

  constructor(context: RegistryContext) {
    this.#context = context;
    this.table = context.tables.open<ThingGroupRecord, 'parent'>('iot.thing-groups', {
      parent: (group) => group.parentGroupName,
    });
  }

  create(
    thingGroupName: string,
    parentGroupName?: string,
    properties: ThingGroupProperties = {},
    query?: GroupQuery,
  ): ThingGroupRecord {
    checkText(thingGroupName, 'thingGroupName', GROUP_NAME);
    const attributes = applyAttributes({}, properties.attributePayload);
    checkAttributeCount(attributes, GROUP_ATTRIBUTES, `Thing group ${thingGroupName}`);
    const description = properties.thingGroupDescription;
    const existing = this.table.get(thingGroupName);
    if (existing) {
      const same =
        existing.parentGroupName === parentGroupName &&
        existing.description === description &&
        existing.query?.queryString === query?.queryString &&
        sameAttributes(existing.attributes, attributes);
      if (same) return existing;
      throw alreadyExists(
        `Thing Group ${thingGroupName} already exists in account with different properties`,
        thingGroupName,
        existing.thingGroupArn,
      );
    }
    if (parentGroupName !== undefined) this.#checkParent(parentGroupName);
    const record: ThingGroupRecord = {
      thingGroupName,
      thingGroupId: randomUUID(),
      thingGroupArn: iotArn(this.#context.account, 'thinggroup', thingGroupName),
      ...(parentGroupName !== undefined && { parentGroupName }),
      ...(description !== undefined && { description }),
      attributes,
      ...(query && { query }),
      version: 1,
      createdAt: this.#context.clock.now(),
    };
    this.table.set(thingGroupName, record);
    this.#announce('group-created', record);
    return record;
  }

  /** @throws AwsError ResourceNotFoundException */
  describe(thingGroupName: string): ThingGroupRecord {
    const record = this.table.get(thingGroupName);
    if (!record) throw notFound(`Thing group ${thingGroupName} does not exist`);
    return record;
  }

  /** @returns the new version */
  update(
    thingGroupName: string,
    properties: ThingGroupProperties,
    expectedVersion?: number,
    query?: GroupQuery,
  ): number {
    const record = this.describe(thingGroupName);
    checkVersion(record, expectedVersion);
    const attributes = applyAttributes(record.attributes, properties.attributePayload);
    checkAttributeCount(attributes, GROUP_ATTRIBUTES, `Thing group ${thingGroupName}`);
    const description = properties.thingGroupDescription ?? record.description;
    const version = record.version + 1;
    const updated = {
      ...record,
      ...(description !== undefined && { description }),
      attributes,
      ...(query && { query }),
      version,
    };
    this.table.set(thingGroupName, updated);
    this.#announce('group-updated', updated);
    return version;
  }

  /** @throws AwsError InvalidRequestException while it has child groups */
  delete(thingGroupName: string, expectedVersion?: number): void {
    const record = this.table.get(thingGroupName);
    if (!record) return;
    checkVersion(record, expectedVersion);
    if (this.table.by('parent', thingGroupName).size > 0) {
      throw invalidRequest(
        `Cannot delete thing group : ${thingGroupName} when there are still child groups attached to it`,
      );
    }
    this.table.delete(thingGroupName);
    this.#announce('group-deleted', record);
  }

  /** @throws AwsError InvalidRequestException for a dynamic group, ResourceNotFoundException */
  describeStatic(thingGroupName: string): ThingGroupRecord {
    const record = this.describe(thingGroupName);
    if (record.query) throw invalidRequest(`Thing group ${thingGroupName} is a dynamic thing group`);
    return record;
  }

  /** @throws AwsError InvalidRequestException for a static group, ResourceNotFoundException */
  describeDynamic(thingGroupName: string): ThingGroupRecord & { readonly query: GroupQuery } {
    const { query, ...record } = this.describe(thingGroupName);
    if (!query) throw invalidRequest(`Thing group ${thingGroupName} is not a dynamic thing group`);
    return { ...record, query };
  }

  /** The groups above this one, root first. */
  ancestors(thingGroupName: string): ThingGroupRecord[] {
    return this.#above(this.describe(thingGroupName));
  }

  #above({ parentGroupName }: ThingGroupRecord): ThingGroupRecord[] {
    const above: ThingGroupRecord[] = [];
    for (let parent = parentGroupName; parent !== undefined;) {
      const record = this.describe(parent);
      above.unshift(record);
      parent = record.parentGroupName;
    }
    return above;
  }

  /** Names of the groups below this one, at any depth. */
  descendants(thingGroupName: string): string[] {
    const below: string[] = [];
    const waiting = [thingGroupName];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      for (const child of this.table.by('parent', name)) {
        below.push(child);
        waiting.push(child);
      }
    }
    return below;
  }

  #announce(kind: 'group-created' | 'group-updated' | 'group-deleted', group: ThingGroupRecord): void {
    const { thingGroupName } = group;
    this.#context.changes.announce({ kind, thingGroupName, group, ancestors: this.#above(group) });
  }

  #checkParent(parentGroupName: string): void {
    this.describeStatic(parentGroupName);
    // The parent itself, what is above it, and the new group.
    if (this.ancestors(parentGroupName).length + 2 > HIERARCHY_DEPTH) {
      throw limitExceeded(`A thing group hierarchy can be at most ${HIERARCHY_DEPTH} levels deep`);
    }
    if (this.table.by('parent', parentGroupName).size >= DIRECT_CHILDREN) {
      throw limitExceeded(`Thing group ${parentGroupName} already has ${DIRECT_CHILDREN} child groups`);
    }
  }
}
