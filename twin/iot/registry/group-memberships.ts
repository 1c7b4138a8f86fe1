import { randomUUID } from 'node:crypto';

import type { RegistryContext } from './context.ts';
import { invalidRequest, limitExceeded } from './failures.ts';
import type { KeySet } from './key-set.ts';
import type { Table } from './table.ts';
import type { ThingGroups } from './thing-groups.ts';
import type { Things } from './things.ts';

interface Membership {
  readonly thingGroupName: string;
  readonly thingName: string;
  /** What events call this relationship by. */
  readonly membershipId: string;
}

export const GROUPS_PER_THING = 10;

/** Which thing is in which group. */
export class GroupMemberships {
  readonly #context: RegistryContext;
  readonly #groups: ThingGroups;
  readonly #things: Things;
  readonly #table: Table<Membership, 'group' | 'thing'>;

  constructor(context: RegistryContext, groups: ThingGroups, things: Things) {
    this.#context = context;
    this.#groups = groups;
    this.#things = things;
    this.#table = context.tables.open<Membership, 'group' | 'thing'>('iot.group-memberships', {
      group: (membership) => membership.thingGroupName,
      thing: (membership) => membership.thingName,
    });
  }

  /**
   * Adding a member again is no error.
   *
   * @throws AwsError LimitExceededException for an eleventh group, InvalidRequestException for a second group of one
   *   hierarchy (developer guide, static thing groups: a thing is in one branch of a hierarchy at most)
   */
  add(thingGroupName: string, thingName: string): void {
    this.#groups.describe(thingGroupName);
    if (this.has(thingGroupName, thingName)) return;
    const present = this.groupsOf(thingName);
    if (present.length >= GROUPS_PER_THING) {
      throw limitExceeded(`Thing ${thingName} is already in ${GROUPS_PER_THING} thing groups`);
    }
    const root = this.#rootOf(thingGroupName);
    const rival = present.find((other) => this.#rootOf(other) === root);
    if (rival !== undefined) {
      throw invalidRequest(`Thing ${thingName} is already in group ${rival} of the hierarchy of ${thingGroupName}`);
    }
    const membership = { thingGroupName, thingName, membershipId: randomUUID() };
    this.#table.set(keyOf(thingGroupName, thingName), membership);
    this.#announce('group-member-added', membership);
  }

  remove(thingGroupName: string, thingName: string): void {
    const membership = this.#table.get(keyOf(thingGroupName, thingName));
    if (!membership) return;
    this.#table.delete(keyOf(thingGroupName, thingName));
    this.#announce('group-member-removed', membership);
  }

  has(thingGroupName: string, thingName: string): boolean {
    return this.#table.has(keyOf(thingGroupName, thingName));
  }

  /** Names of the groups that the thing is a direct member of, in alphabetical order. */
  groupsOf(thingName: string): string[] {
    return this.#table
      .by('thing', thingName)
      .sorted()
      .map((key) => key.slice(0, key.indexOf('/')));
  }

  /** Membership keys of one group; the thing's name is `thingOfKey`. */
  membersOf(thingGroupName: string): KeySet {
    return this.#table.by('group', thingGroupName);
  }

  removeAllOfThing(thingName: string): void {
    for (const group of this.groupsOf(thingName)) this.remove(group, thingName);
  }

  removeAllOfGroup(thingGroupName: string): void {
    for (const key of [...this.membersOf(thingGroupName)]) this.remove(thingGroupName, thingOfKey(key));
  }

  #announce(kind: 'group-member-added' | 'group-member-removed', membership: Membership): void {
    const group = this.#groups.describe(membership.thingGroupName);
    const thing = this.#things.describe(membership.thingName);
    this.#context.changes.announce({ kind, ...membership, group, thing });
  }

  #rootOf(thingGroupName: string): string {
    return this.#groups.ancestors(thingGroupName)[0]?.thingGroupName ?? thingGroupName;
  }
}

// Neither name can contain a slash.
function keyOf(thingGroupName: string, thingName: string): string {
  return `${thingGroupName}/${thingName}`;
}

export function thingOfKey(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}
