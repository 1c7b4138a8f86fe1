import { randomUUID } from 'node:crypto';

import { iotArn } from './arns.ts';
import type { RegistryContext } from './context.ts';
import { ATTRIBUTE_NAME, checkText, THING_TYPE_NAME } from './constraints.ts';
import { alreadyExists, invalidRequest, notFound } from './failures.ts';
import type { Table } from './table.ts';

export interface PropagatingAttribute {
  readonly userPropertyKey?: string;
  readonly thingAttribute?: string;
  readonly connectionAttribute?: string;
}

export interface ThingTypeProperties {
  readonly thingTypeDescription?: string;
  readonly searchableAttributes?: readonly string[];
  readonly mqtt5Configuration?: { readonly propagatingAttributes?: readonly PropagatingAttribute[] };
}

export interface ThingTypeRecord {
  readonly thingTypeName: string;
  readonly thingTypeId: string;
  readonly thingTypeArn: string;
  readonly properties: ThingTypeProperties;
  readonly createdAt: number;
  readonly deprecatedAt?: number;
}

const SEARCHABLE_ATTRIBUTES = 3;
const PROPAGATING_ATTRIBUTES = 20;
/** A type can be deleted this long after its deprecation (API reference, DeleteThingType). */
const DEPRECATION_MS = 5 * 60_000;

/** Thing types: a name, a description and up to three searchable attributes; immutable but for their properties. */
export class ThingTypes {
  readonly #context: RegistryContext;
  readonly table: Table<ThingTypeRecord>;

  constructor(context: RegistryContext) {
    this.#context = context;
    this.table = context.tables.open<ThingTypeRecord>('iot.thing-types');
  }

  /** Creating the same type again is no error; with other properties it is ResourceAlreadyExistsException. */
  create(thingTypeName: string, properties: ThingTypeProperties = {}): ThingTypeRecord {
    checkText(thingTypeName, 'thingTypeName', THING_TYPE_NAME);
    checkProperties(properties);
    const existing = this.table.get(thingTypeName);
    if (existing) {
      if (JSON.stringify(existing.properties) === JSON.stringify(properties)) return existing;
      throw alreadyExists(
        `ThingType ${thingTypeName} already exists in account with different properties`,
        thingTypeName,
        existing.thingTypeArn,
      );
    }
    const record: ThingTypeRecord = {
      thingTypeName,
      thingTypeId: randomUUID(),
      thingTypeArn: iotArn(this.#context.account, 'thingtype', thingTypeName),
      properties,
      createdAt: this.#context.clock.now(),
    };
    this.table.set(thingTypeName, record);
    this.#context.changes.announce({ kind: 'thing-type-created', thingTypeName, thingType: record });
    return record;
  }

  /** @throws AwsError ResourceNotFoundException */
  describe(thingTypeName: string): ThingTypeRecord {
    const record = this.table.get(thingTypeName);
    if (!record) throw notFound(`Thing type ${thingTypeName} does not exist`);
    return record;
  }

  update(thingTypeName: string, properties: ThingTypeProperties): void {
    checkProperties(properties);
    this.#put({ ...this.describe(thingTypeName), properties });
  }

  deprecate(thingTypeName: string, undo: boolean): void {
    const { deprecatedAt, ...record } = this.describe(thingTypeName);
    this.#put(undo ? record : { ...record, deprecatedAt: deprecatedAt ?? this.#context.clock.now() });
  }

  /** @throws AwsError InvalidRequestException unless the type has been deprecated for five minutes and is not used */
  delete(thingTypeName: string, inUse: boolean): void {
    const record = this.table.get(thingTypeName);
    if (!record) return;
    if (record.deprecatedAt === undefined || this.#context.clock.now() - record.deprecatedAt < DEPRECATION_MS) {
      throw invalidRequest(`Cannot delete thing type : ${thingTypeName}. It must have been deprecated for 5 minutes`);
    }
    this.remove(thingTypeName, inUse);
  }

  /** Deletes at once, as a stack's deletion does after it has waited out the deprecation. */
  remove(thingTypeName: string, inUse: boolean): void {
    if (inUse) throw invalidRequest(`Cannot delete thing type : ${thingTypeName}. Things are still associated with it`);
    const thingType = this.table.get(thingTypeName);
    if (!thingType) return;
    this.table.delete(thingTypeName);
    this.#context.changes.announce({ kind: 'thing-type-deleted', thingTypeName, thingType });
  }

  #put(thingType: ThingTypeRecord): void {
    const { thingTypeName } = thingType;
    this.table.set(thingTypeName, thingType);
    this.#context.changes.announce({ kind: 'thing-type-updated', thingTypeName, thingType });
  }
}

function checkProperties(properties: ThingTypeProperties): void {
  const searchable = properties.searchableAttributes ?? [];
  if (searchable.length > SEARCHABLE_ATTRIBUTES) {
    throw invalidRequest(`A thing type can have at most ${SEARCHABLE_ATTRIBUTES} searchable attributes`);
  }
  for (const name of searchable) checkText(name, 'thingTypeProperties.searchableAttributes', ATTRIBUTE_NAME);
  const propagating = properties.mqtt5Configuration?.propagatingAttributes ?? [];
  if (propagating.length > PROPAGATING_ATTRIBUTES) {
    throw invalidRequest(`A thing type can have at most ${PROPAGATING_ATTRIBUTES} propagating attributes`);
  }
  for (const attribute of propagating) {
    if (!attribute.userPropertyKey || !attribute.thingAttribute === !attribute.connectionAttribute) {
      throw invalidRequest(
        'A propagating attribute needs a userPropertyKey and exactly one of thingAttribute and connectionAttribute',
      );
    }
  }
}
