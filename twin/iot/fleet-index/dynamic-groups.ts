import type { ScheduledCall } from '../../clock.ts';
import { GROUPS_PER_THING } from '../registry/group-memberships.ts';
import { invalidRequest, limitExceeded } from '../registry/failures.ts';
import type { Registry } from '../registry/registry.ts';
import type {
  DynamicThingGroups,
  GroupQuery,
  ThingGroupProperties,
  ThingGroupRecord,
} from '../registry/thing-groups.ts';
import { indexesThings, THINGS } from './configuration.ts';
import { checkQueryVersion, QUERY_VERSION, type FleetIndex } from './fleet-index.ts';
import { compileQuery, type Predicate } from './query/matching.ts';
import { parseQuery } from './query/parser.ts';

/** General Reference, "AWS IoT Core thing group resource limits". */
const DYNAMIC_GROUPS = 100;
/** Things that are looked at before others get their turn. */
const BATCH = 500;

/** Eligible things that could not be put into a group, or left one for another (developer guide, "Successful commands can log errors"). */
export type MembershipFailure = (thingName: string, thingGroupName: string, reason: string) => void;

/**
 * Keeps the members of dynamic thing groups what their queries say. It runs a moment after a change, so that a thing
 * which changes often is looked at once, in its last state.
 */
export class DynamicGroups implements DynamicThingGroups {
  readonly #index: FleetIndex;
  readonly #registry: Registry;
  readonly #onFailure: MembershipFailure;
  readonly #predicates = new Map<string, { readonly queryString: string; readonly matches: Predicate }>();
  readonly #changed = new Set<string>();
  readonly #filling = new Map<string, 'BUILDING' | 'REBUILDING'>();
  #scheduled: ScheduledCall | undefined;
  /** True while members change because of this class itself, which must not make it look again. */
  #settling = false;

  constructor(index: FleetIndex, onFailure: MembershipFailure) {
    this.#index = index;
    this.#registry = index.sources.registry;
    this.#onFailure = onFailure;
  }

  create(
    thingGroupName: string,
    queryString: string,
    properties?: ThingGroupProperties,
    { indexName = THINGS, queryVersion }: Partial<GroupQuery> = {},
  ): ThingGroupRecord {
    const { thingGroups } = this.#registry;
    const query = this.#checked({ indexName, queryString, queryVersion: queryVersion ?? QUERY_VERSION });
    const before = thingGroups.table.has(thingGroupName);
    if (!before && this.groups().length >= DYNAMIC_GROUPS)
      throw limitExceeded(`There are already ${DYNAMIC_GROUPS} dynamic thing groups`);
    const record = thingGroups.create(thingGroupName, undefined, properties, query);
    if (!before) this.#fill(thingGroupName, 'BUILDING');
    return record;
  }

  update(
    thingGroupName: string,
    queryString: string | undefined,
    properties: ThingGroupProperties,
    { expectedVersion, ...more }: { expectedVersion?: number | undefined } & Partial<GroupQuery> = {},
  ): number {
    const { query } = this.#registry.thingGroups.describeDynamic(thingGroupName);
    const next = this.#checked({ ...query, ...more, ...(queryString !== undefined && { queryString }) });
    const version = this.#registry.thingGroups.update(thingGroupName, properties, expectedVersion, next);
    if (next.queryString !== query.queryString) this.#fill(thingGroupName, 'REBUILDING');
    return version;
  }

  /** Deleting a group that does not exist is no error. @throws AwsError InvalidRequestException for a static group */
  delete(thingGroupName: string, expectedVersion?: number): void {
    const { thingGroups } = this.#registry;
    if (!thingGroups.table.has(thingGroupName)) return;
    thingGroups.describeDynamic(thingGroupName);
    this.#registry.deleteThingGroup(thingGroupName, expectedVersion);
  }

  status(thingGroupName: string): 'ACTIVE' | 'BUILDING' | 'REBUILDING' {
    return this.#filling.get(thingGroupName) ?? 'ACTIVE';
  }

  /** The oldest first: they win when a thing may be in no further group. */
  groups(): (ThingGroupRecord & { readonly query: GroupQuery })[] {
    const records = [...this.#registry.thingGroups.table.values()];
    const dynamic = records.filter((group): group is ThingGroupRecord & { query: GroupQuery } => Boolean(group.query));
    return dynamic.sort((a, b) => a.createdAt - b.createdAt);
  }

  /** A thing, or something that is indexed with it, has changed. */
  thingChanged(thingName: string): void {
    if (this.#settling) return;
    this.#changed.add(thingName);
    this.#schedule();
  }

  everythingChanged(): void {
    if (this.groups().length === 0) return;
    for (const thingName of this.#registry.things.table.keys) this.#changed.add(thingName);
    this.#schedule();
  }

  close(): void {
    this.#scheduled?.cancel();
    this.#scheduled = undefined;
  }

  #fill(thingGroupName: string, status: 'BUILDING' | 'REBUILDING'): void {
    this.#filling.set(thingGroupName, status);
    this.everythingChanged();
  }

  #schedule(): void {
    this.#scheduled ??= this.#registry.clock.schedule(0, () => {
      this.#scheduled = undefined;
      this.#settleBatch();
    });
  }

  #settleBatch(): void {
    const groups = this.groups();
    this.#settling = true;
    try {
      this.#registry.atomically(() => {
        let looked = 0;
        for (const thingName of this.#changed) {
          if (looked++ === BATCH) break;
          this.#changed.delete(thingName);
          if (groups.length > 0 && this.#registry.things.table.has(thingName)) this.#settle(thingName, groups);
        }
      });
    } finally {
      this.#settling = false;
    }
    if (this.#changed.size > 0) this.#schedule();
    else this.#filling.clear();
  }

  #settle(thingName: string, groups: readonly (ThingGroupRecord & { readonly query: GroupQuery })[]): void {
    const { memberships } = this.#registry;
    const document = this.#index.document(thingName);
    const eligible = groups.filter((group) => this.#predicate(group)(document));
    for (const { thingGroupName } of groups)
      if (!eligible.some((group) => group.thingGroupName === thingGroupName))
        memberships.remove(thingGroupName, thingName);
    // Counted before anything is joined: a group that gives way below is not tried again.
    const missing = eligible.filter((group) => !memberships.has(group.thingGroupName, thingName));
    for (const group of missing) this.#join(thingName, group);
  }

  /** Developer guide, "Older dynamic thing groups take priority over newer ones". */
  #join(thingName: string, { thingGroupName, createdAt }: ThingGroupRecord): void {
    const { memberships } = this.#registry;
    const present = memberships.groupsOf(thingName);
    if (present.length >= GROUPS_PER_THING) {
      const newest = this.#registry.newestDynamic(present);
      if (!newest || newest.createdAt <= createdAt) {
        this.#onFailure(thingName, thingGroupName, `it is already in ${GROUPS_PER_THING} thing groups`);
        return;
      }
      memberships.remove(newest.thingGroupName, thingName);
      this.#onFailure(thingName, newest.thingGroupName, `the older group ${thingGroupName} takes its place`);
    }
    memberships.add(thingGroupName, thingName);
  }

  #predicate({ thingGroupName, query: { queryString } }: ThingGroupRecord & { readonly query: GroupQuery }): Predicate {
    const known = this.#predicates.get(thingGroupName);
    if (known?.queryString === queryString) return known.matches;
    const matches = compileQuery(parseQuery(queryString));
    this.#predicates.set(thingGroupName, { queryString, matches });
    return matches;
  }

  #checked(query: GroupQuery): GroupQuery {
    if (query.indexName !== THINGS) throw invalidRequest(`A dynamic thing group queries ${THINGS}`);
    if (!indexesThings(this.#index.indexing))
      throw invalidRequest(
        'Dynamic thing groups need the index of things: switch it on with UpdateIndexingConfiguration',
      );
    checkQueryVersion(query.queryVersion);
    parseQuery(query.queryString);
    return query;
  }
}
