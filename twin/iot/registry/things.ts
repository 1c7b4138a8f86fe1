import { randomUUID } from 'node:crypto';

import { iotArn } from './arns.ts';
import type { AttributePayload, Attributes } from './attributes.ts';
import {
  applyAttributes,
  checkAttributeCount,
  sameAttributes,
  TYPED_THING_ATTRIBUTES,
  UNTYPED_THING_ATTRIBUTES,
} from './attributes.ts';
import type { BillingGroups } from './billing-groups.ts';
import { checkVersion } from './billing-groups.ts';
import { checkText, THING_NAME } from './constraints.ts';
import type { RegistryContext } from './context.ts';
import { alreadyExists, invalidRequest, notFound } from './failures.ts';
import type { Table } from './table.ts';
import type { ThingTypes } from './thing-types.ts';

export interface ThingRecord {
  readonly thingName: string;
  readonly thingId: string;
  readonly thingArn: string;
  readonly thingTypeName?: string;
  readonly attributes: Attributes;
  readonly billingGroupName?: string;
  readonly version: number;
  readonly createdAt: number;
}

export interface NewThing {
  readonly thingName: string;
  readonly thingTypeName?: string | undefined;
  readonly attributePayload?: AttributePayload | undefined;
  readonly billingGroupName?: string | undefined;
}

export interface ThingUpdate {
  readonly thingName: string;
  readonly thingTypeName?: string | undefined;
  readonly attributePayload?: AttributePayload | undefined;
  readonly removeThingType?: boolean | undefined;
  readonly expectedVersion?: number | undefined;
}

type ThingIndex = 'type' | 'billingGroup';

/** The things themselves. Attachments and memberships are kept beside them, keyed by thing name. */
export class Things {
  readonly #context: RegistryContext;
  readonly #types: ThingTypes;
  readonly #billingGroups: BillingGroups;
  readonly table: Table<ThingRecord, ThingIndex>;

  constructor(context: RegistryContext, types: ThingTypes, billingGroups: BillingGroups) {
    this.#context = context;
    this.#types = types;
    this.#billingGroups = billingGroups;
    this.table = context.tables.open<ThingRecord, ThingIndex>('iot.things', {
      type: (thing) => thing.thingTypeName,
      billingGroup: (thing) => thing.billingGroupName,
    });
  }

  get(thingName: string): ThingRecord | undefined {
    return this.table.get(thingName);
  }

  /** @throws AwsError ResourceNotFoundException */
  describe(thingName: string): ThingRecord {
    const thing = this.table.get(thingName);
    if (!thing) throw notFound(`Thing ${thingName} does not exist`);
    return thing;
  }

  /** Creating a thing as it already is returns it; with other members it is ResourceAlreadyExistsException. */
  create(request: NewThing): ThingRecord {
    const thingName = checkText(request.thingName, 'thingName', THING_NAME);
    const attributes = applyAttributes({}, request.attributePayload && { ...request.attributePayload, merge: false });
    this.#checkType(thingName, request.thingTypeName, attributes);
    if (request.billingGroupName !== undefined) this.#billingGroups.describe(request.billingGroupName);
    const existing = this.table.get(thingName);
    if (existing) {
      const same =
        existing.thingTypeName === request.thingTypeName &&
        existing.billingGroupName === request.billingGroupName &&
        sameAttributes(existing.attributes, attributes);
      if (same) return existing;
      throw alreadyExists(
        `Thing ${thingName} already exists in account with different attributes`,
        thingName,
        existing.thingArn,
      );
    }
    const thing: ThingRecord = {
      thingName,
      thingId: randomUUID(),
      thingArn: iotArn(this.#context.account, 'thing', thingName),
      ...(request.thingTypeName !== undefined && { thingTypeName: request.thingTypeName }),
      attributes,
      ...(request.billingGroupName !== undefined && { billingGroupName: request.billingGroupName }),
      version: 1,
      createdAt: this.#context.clock.now(),
    };
    this.table.set(thingName, thing);
    this.#context.changes.announce({ kind: 'thing-created', thingName, thing });
    return thing;
  }

  update(request: ThingUpdate): ThingRecord {
    const { thingTypeName: currentType, ...thing } = this.describe(request.thingName);
    checkVersion(thing, request.expectedVersion);
    if (request.removeThingType && request.thingTypeName !== undefined) {
      throw invalidRequest('thingTypeName must not be specified when removeThingType is true');
    }
    const attributes = applyAttributes(thing.attributes, request.attributePayload);
    const thingTypeName = request.removeThingType ? undefined : (request.thingTypeName ?? currentType);
    // A deprecated type refuses new things; one that already has the type keeps it.
    this.#checkType(thing.thingName, thingTypeName, attributes, thingTypeName === currentType);
    return this.#put({ ...thing, ...(thingTypeName !== undefined && { thingTypeName }), attributes });
  }

  setBillingGroup(thingName: string, group: string | undefined): void {
    if (group !== undefined) this.#billingGroups.describe(group);
    const { billingGroupName, ...thing } = this.describe(thingName);
    if (billingGroupName !== group) this.#put({ ...thing, ...(group !== undefined && { billingGroupName: group }) });
  }

  /** Deleting what is not there is no error (API reference, DeleteThing). */
  delete(thingName: string, expectedVersion?: number): void {
    const thing = this.table.get(thingName);
    if (!thing) return;
    checkVersion(thing, expectedVersion);
    this.table.delete(thingName);
    this.#context.changes.announce({ kind: 'thing-deleted', thingName, thing });
  }

  #put(thing: ThingRecord): ThingRecord {
    const next = { ...thing, version: thing.version + 1 };
    const before = this.describe(thing.thingName);
    this.table.set(thing.thingName, next);
    this.#context.changes.announce({ kind: 'thing-updated', thingName: thing.thingName, thing: next, before });
    return next;
  }

  #checkType(thingName: string, typeName: string | undefined, attributes: Attributes, kept = false): void {
    if (typeName !== undefined) {
      const type = this.#types.describe(typeName);
      if (type.deprecatedAt !== undefined && !kept) {
        throw invalidRequest(`Can not associate thing ${thingName} with deprecated thing type ${typeName}`);
      }
    }
    const maximum = typeName === undefined ? UNTYPED_THING_ATTRIBUTES : TYPED_THING_ATTRIBUTES;
    checkAttributeCount(attributes, maximum, `Thing ${thingName}`);
  }
}
