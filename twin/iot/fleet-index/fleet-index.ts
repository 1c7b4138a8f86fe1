import type * as iot from '@aws-sdk/client-iot';

import { invalidRequest, notFound } from '../registry/failures.ts';
import type { Page } from '../registry/key-set.ts';
import {
  groupIndexing,
  indexesThings,
  schemaOf,
  THING_GROUPS,
  thingIndexing,
  THINGS,
  type ThingIndexing,
} from './configuration.ts';
import { indexNotReady, invalidQuery } from './failures.ts';
import { foundGroup, groupDocument } from './group-document.ts';
import type { FieldsDocument } from './index-document.ts';
import { compileQuery, type Predicate } from './query/matching.ts';
import { parseQuery } from './query/parser.ts';
import { foundThing, thingDocument, type ThingSources } from './thing-document.ts';

/** The only one there is. */
export const QUERY_VERSION = '2017-09-30';

/** @throws AwsError InvalidQueryException for any other version */
export function checkQueryVersion(version: string | undefined): void {
  if (version !== undefined && version !== QUERY_VERSION)
    throw invalidQuery(`Query version ${version} is not supported; the query version is ${QUERY_VERSION}`);
}

export interface Search {
  readonly indexName?: string | undefined;
  readonly queryString: string;
  readonly queryVersion?: string | undefined;
}

/**
 * The indices of things and of thing groups. Documents are made when a query first asks for them and are kept until
 * what they are made of changes, so that the index is never behind and costs nothing while nobody asks.
 */
export class FleetIndex {
  readonly sources: ThingSources;
  readonly #documents = new Map<string, FieldsDocument>();

  constructor(sources: ThingSources) {
    this.sources = sources;
  }

  get indexing(): ThingIndexing {
    return thingIndexing(this.sources.registry);
  }

  /** The document of a registered thing. */
  document(thingName: string): FieldsDocument {
    let document = this.#documents.get(thingName);
    if (!document) {
      document = thingDocument(this.sources, this.indexing, this.sources.registry.things.describe(thingName));
      this.#documents.set(thingName, document);
    }
    return document;
  }

  /** A thing, or something that is indexed with it, has changed. */
  forget(thingName: string): void {
    this.#documents.delete(thingName);
  }

  forgetAll(): void {
    this.#documents.clear();
  }

  /** @throws AwsError IndexNotReadyException, InvalidQueryException, ResourceNotFoundException */
  predicate({ indexName = THINGS, queryString, queryVersion }: Search): Predicate {
    this.#checkReady(indexName);
    checkQueryVersion(queryVersion);
    return compileQuery(parseQuery(queryString));
  }

  /** Names of what satisfies a query, in alphabetical order, up to `limit` of them after `after`. */
  page(search: Search, limit: number, after?: string): Page {
    const matches = this.predicate(search);
    const { things, thingGroups } = this.sources.registry;
    return search.indexName === THING_GROUPS
      ? thingGroups.table.keys.page(limit, after, (name) => matches(this.#group(name)))
      : things.table.keys.page(limit, after, (name) => matches(this.document(name)));
  }

  /** Documents of all that satisfies a query. */
  *matching(search: Search): Generator<FieldsDocument> {
    const matches = this.predicate(search);
    const { things, thingGroups } = this.sources.registry;
    const isGroups = search.indexName === THING_GROUPS;
    for (const name of isGroups ? thingGroups.table.keys : things.table.keys) {
      const document = isGroups ? this.#group(name) : this.document(name);
      if (matches(document)) yield document;
    }
  }

  thing(thingName: string): iot.ThingDocument {
    return foundThing(this.sources, this.indexing, this.sources.registry.things.describe(thingName));
  }

  thingGroup(thingGroupName: string): iot.ThingGroupDocument {
    const { registry } = this.sources;
    return foundGroup(registry, registry.thingGroups.describe(thingGroupName));
  }

  /** Names of the indices that are switched on. */
  names(): string[] {
    return [THINGS, THING_GROUPS].filter((name) => this.#isOn(name));
  }

  /** @throws AwsError ResourceNotFoundException for an index that is not there */
  describe(indexName: string): iot.DescribeIndexResponse {
    if (!this.#isOn(indexName)) throw notFound(`Index ${indexName} does not exist`);
    const schema = indexName === THINGS ? schemaOf(this.indexing) : 'THING_GROUPS';
    return { indexName, indexStatus: 'ACTIVE', schema };
  }

  #group(name: string): FieldsDocument {
    const { registry } = this.sources;
    return groupDocument(registry, registry.thingGroups.describe(name));
  }

  #isOn(indexName: string): boolean {
    if (indexName === THINGS) return indexesThings(this.indexing);
    return indexName === THING_GROUPS && groupIndexing(this.sources.registry).thingGroupIndexingMode === 'ON';
  }

  #checkReady(indexName: string): void {
    if (indexName !== THINGS && indexName !== THING_GROUPS) throw invalidRequest(`Invalid index name: ${indexName}`);
    if (!this.#isOn(indexName))
      throw indexNotReady(`Index ${indexName} is not switched on; UpdateIndexingConfiguration does that`);
  }
}
