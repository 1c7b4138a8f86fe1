import { beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import { publishRegistryEvents } from '../../../../twin/iot/registry/event-messages.ts';
import { Registry } from '../../../../twin/iot/registry/registry.ts';
import { EVENT_TYPES, type EventType } from '../../../../twin/iot/registry/settings.ts';
import { openStore } from '../../../../twin/state/store.ts';

let clock: ManualClock;
let registry: Registry;
let published: { topic: string; event: Record<string, unknown> }[];

beforeEach(() => {
  clock = new ManualClock(1_234_567_890_123);
  registry = new Registry(openStore(':memory:'), DEFAULT_ACCOUNT, clock);
  published = [];
  publishRegistryEvents(registry, async ({ topic, payload }) => {
    published.push({ topic, event: JSON.parse(payload.toString()) as Record<string, unknown> });
  });
});

function enable(...types: EventType[]): void {
  registry.settings.setEventConfigurations(Object.fromEntries(types.map((type) => [type, true])));
}

const topics = (): string[] => published.splice(0).map(({ topic }) => topic);
const COMMON = { eventId: expect.any(String), timestamp: 1_234_567_890_123 };
const OWNED = { ...COMMON, accountId: '000000000000' };
const ARN = 'arn:aws:iot:us-east-1:000000000000';

function createEverything(): void {
  registry.thingTypes.create('car');
  registry.thingTypes.create('truck');
  registry.thingGroups.create('fleet');
  registry.thingGroups.create('north', 'fleet');
  registry.things.create({ thingName: 'V1', thingTypeName: 'car' });
  registry.addThingToGroup('north', 'V1');
}

describe('events of the registry', () => {
  test('of things', () => {
    enable('THING');
    registry.thingTypes.create('car');
    const attributes = { color: 'red' };
    const { thingId } = registry.things.create({ thingName: 'V1', attributePayload: { attributes } });
    registry.things.update({ thingName: 'V1', thingTypeName: 'car' });
    registry.deleteThing('V1');
    const event = { ...OWNED, eventType: 'THING_EVENT', thingId, thingName: 'V1', attributes };
    expect(published).toEqual([
      {
        topic: '$aws/events/thing/V1/created',
        event: { ...event, operation: 'CREATED', versionNumber: 1, thingTypeName: null },
      },
      {
        topic: '$aws/events/thing/V1/updated',
        event: { ...event, operation: 'UPDATED', versionNumber: 2, thingTypeName: 'car' },
      },
      {
        topic: '$aws/events/thing/V1/deleted',
        event: { ...event, operation: 'DELETED', versionNumber: 2, thingTypeName: 'car' },
      },
    ]);
  });

  test('of thing types, their deprecation among them', async () => {
    enable('THING_TYPE');
    const propagatingAttributes = [
      { userPropertyKey: 'model', thingAttribute: 'model' },
      { userPropertyKey: 'client', connectionAttribute: 'iot:ClientId' },
    ];
    const { thingTypeId } = registry.thingTypes.create('car', {
      thingTypeDescription: 'cars',
      searchableAttributes: ['model'],
      mqtt5Configuration: { propagatingAttributes },
    });
    registry.thingTypes.deprecate('car', false);
    registry.thingTypes.deprecate('car', true);
    registry.thingTypes.remove('car', false);
    const event = {
      ...OWNED,
      ...{
        eventType: 'THING_TYPE_EVENT',
        thingTypeId,
        thingTypeName: 'car',
        isDeprecated: false,
        deprecationDate: null,
      },
      ...{ searchableAttributes: ['model'], propagatingAttributes, description: 'cars' },
    };
    expect(published).toEqual([
      { topic: '$aws/events/thingType/car/created', event: { ...event, operation: 'CREATED' } },
      {
        topic: '$aws/events/thingType/car/updated',
        event: { ...event, operation: 'UPDATED', isDeprecated: true, deprecationDate: 1_234_567_890_123 },
      },
      { topic: '$aws/events/thingType/car/updated', event: { ...event, operation: 'UPDATED' } },
      { topic: '$aws/events/thingType/car/deleted', event: { ...event, operation: 'DELETED' } },
    ]);
  });

  test('of the association of things with types', () => {
    createEverything();
    enable('THING_TYPE_ASSOCIATION');
    const { thingId } = registry.things.create({ thingName: 'V2', thingTypeName: 'car' });
    registry.things.update({ thingName: 'V2', attributePayload: { attributes: { a: '1' } } });
    registry.things.update({ thingName: 'V2', thingTypeName: 'truck' });
    registry.things.update({ thingName: 'V2', removeThingType: true });
    const prefix = '$aws/events/thingTypeAssociation/thing/V2/thingType';
    expect(published[0]).toEqual({
      topic: `${prefix}/car/added`,
      event: {
        ...COMMON,
        ...{ eventType: 'THING_TYPE_ASSOCIATION_EVENT', operation: 'ADDED' },
        ...{ thingId, thingName: 'V2', thingTypeName: 'car' },
      },
    });
    expect(topics()).toEqual([
      `${prefix}/car/added`,
      `${prefix}/car/removed`,
      `${prefix}/truck/added`,
      `${prefix}/truck/removed`,
    ]);
  });

  test('of groups, with the path from the root', () => {
    enable('THING_GROUP');
    const root = registry.thingGroups.create('fleet');
    const middle = registry.thingGroups.create('north', 'fleet');
    const { thingGroupId } = registry.thingGroups.create('coast', 'north');
    published = [];
    registry.thingGroups.update('coast', {
      thingGroupDescription: 'by the sea',
      attributePayload: { attributes: { sea: 'north' } },
    });
    expect(published).toEqual([
      {
        topic: '$aws/events/thingGroup/coast/updated',
        event: {
          ...OWNED,
          ...{ eventType: 'THING_GROUP_EVENT', operation: 'UPDATED', thingGroupId, thingGroupName: 'coast' },
          ...{ versionNumber: 2, parentGroupName: 'north', parentGroupId: middle.thingGroupId },
          description: 'by the sea',
          rootToParentThingGroups: [
            { groupArn: `${ARN}:thinggroup/fleet`, groupId: root.thingGroupId },
            { groupArn: `${ARN}:thinggroup/north`, groupId: middle.thingGroupId },
          ],
          attributes: { sea: 'north' },
          dynamicGroupMappingId: null,
        },
      },
    ]);
    registry.deleteThingGroup('coast');
    expect(published[1]).toMatchObject({
      topic: '$aws/events/thingGroup/coast/deleted',
      event: { operation: 'DELETED', parentGroupName: 'north' },
    });
  });

  test('of the hierarchy of groups', () => {
    enable('THING_GROUP_HIERARCHY');
    const root = registry.thingGroups.create('fleet');
    const child = registry.thingGroups.create('north', 'fleet');
    registry.deleteThingGroup('north');
    const event = {
      ...OWNED,
      ...{ eventType: 'THING_GROUP_HIERARCHY_EVENT', thingGroupId: root.thingGroupId, thingGroupName: 'fleet' },
      ...{ childGroupId: child.thingGroupId, childGroupName: 'north' },
    };
    const prefix = '$aws/events/thingGroupHierarchy/thingGroup/fleet/childThingGroup/north';
    expect(published).toEqual([
      { topic: `${prefix}/added`, event: { ...event, operation: 'ADDED' } },
      { topic: `${prefix}/removed`, event: { ...event, operation: 'REMOVED' } },
    ]);
  });

  test('of memberships, which keep their id to the end', () => {
    enable('THING_GROUP_MEMBERSHIP');
    createEverything();
    registry.memberships.remove('north', 'V1');
    const prefix = '$aws/events/thingGroupMembership/thingGroup/north/thing/V1';
    const { membershipId } = published[0]!.event;
    const event = {
      ...OWNED,
      ...{ eventType: 'THING_GROUP_MEMBERSHIP_EVENT', membershipId },
      ...{ groupArn: `${ARN}:thinggroup/north`, groupId: registry.thingGroups.describe('north').thingGroupId },
      ...{ thingArn: `${ARN}:thing/V1`, thingId: registry.things.describe('V1').thingId },
    };
    expect(membershipId).toEqual(expect.any(String));
    expect(published).toEqual([
      { topic: `${prefix}/added`, event: { ...event, operation: 'ADDED' } },
      { topic: `${prefix}/removed`, event: { ...event, operation: 'REMOVED' } },
    ]);
  });

  test.each([
    [
      'a thing',
      () => registry.deleteThing('V1'),
      ['thingTypeAssociation/thing/V1/thingType/car/removed', 'thing/V1/deleted'],
    ],
    [
      'a group',
      () => registry.deleteThingGroup('north'),
      ['thingGroupHierarchy/thingGroup/fleet/childThingGroup/north/removed', 'thingGroup/north/deleted'],
    ],
  ])('tell of the end of memberships with %s', (_what, end, rest) => {
    createEverything();
    enable(...EVENT_TYPES);
    end();
    const removed = '$aws/events/thingGroupMembership/thingGroup/north/thing/V1/removed';
    expect(topics()).toEqual([removed, ...rest.map((topic) => `$aws/events/${topic}`)]);
  });
});

test('events are silent until they are switched on, each kind for itself', () => {
  createEverything();
  expect(topics()).toEqual([]);
  enable('THING');
  registry.things.create({ thingName: 'V2', thingTypeName: 'car' });
  registry.thingGroups.create('south');
  expect(topics()).toEqual(['$aws/events/thing/V2/created']);
  registry.settings.setEventConfigurations({ THING: false });
  registry.things.create({ thingName: 'V3' });
  expect(topics()).toEqual([]);
});

test('what a failed transaction did is not told', () => {
  enable('THING');
  expect(() =>
    registry.atomically(() => {
      registry.things.create({ thingName: 'V1' });
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(() => registry.things.create({ thingName: 'V 1' })).toThrow();
  expect(topics()).toEqual([]);
});
