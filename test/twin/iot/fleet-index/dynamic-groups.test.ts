import { beforeEach, describe, expect, test } from '@jest/globals';

import { staticGroups } from '../../../../twin/iot/jobs/targets.ts';
import { openIndexWorld, type IndexWorld, type Json } from './index-world.ts';

let world: IndexWorld;

beforeEach(async () => {
  world = openIndexWorld();
  await world.indexEverything();
});

const create = (thingGroupName: string, queryString: string): Promise<Json> =>
  world.call('CreateDynamicThingGroup', { thingGroupName, queryString });
const members = async (thingGroupName: string): Promise<unknown> => {
  await world.settle();
  return (await world.call('ListThingsInThingGroup', { thingGroupName }))['things'];
};

describe('a dynamic thing group', () => {
  test('is filled after it was created, and says so', async () => {
    world.thing('car-1', { model: 'x' });
    world.thing('car-2', { model: 'y' });
    expect(await create('xs', 'attributes.model:x')).toMatchObject({
      ...{ indexName: 'AWS_Things', queryVersion: '2017-09-30', queryString: 'attributes.model:x' },
      thingGroupArn: 'arn:aws:iot:us-east-1:000000000000:thinggroup/xs',
    });
    expect(await world.call('DescribeThingGroup', { thingGroupName: 'xs' })).toMatchObject({ status: 'BUILDING' });
    expect(await members('xs')).toEqual(['car-1']);
    expect(await world.call('DescribeThingGroup', { thingGroupName: 'xs' })).toMatchObject({ status: 'ACTIVE' });
    expect(await world.call('ListThingGroupsForThing', { thingName: 'car-1' })).toMatchObject({
      thingGroups: [{ groupName: 'xs' }],
    });
    expect(await world.found('thingGroupNames:xs')).toEqual(['car-1']);
  });

  test('follows registry, shadow and connectivity', async () => {
    await create('ready', 'attributes.model:x shadow.reported.battery>80 connectivity.connected:true');
    world.thing('car', { model: 'x' });
    world.report('car', { reported: { battery: 90 } });
    expect(await members('ready')).toEqual([]);
    world.connect('car');
    expect(await members('ready')).toEqual(['car']);
    world.report('car', { reported: { battery: 80 } });
    expect(await members('ready')).toEqual([]);
    world.report('car', { reported: { battery: 81 } });
    expect(await members('ready')).toEqual(['car']);
    world.disconnect('car');
    expect(await members('ready')).toEqual([]);
  });

  test('follows a new query', async () => {
    world.thing('car-1', { model: 'x' });
    world.thing('car-2', { model: 'y' });
    await create('some', 'attributes.model:x');
    await members('some');
    const update = { thingGroupName: 'some', queryString: 'attributes.model:y', thingGroupProperties: {} };
    expect(await world.call('UpdateDynamicThingGroup', update)).toEqual({ version: 2 });
    expect(await world.call('DescribeThingGroup', { thingGroupName: 'some' })).toMatchObject({ status: 'REBUILDING' });
    expect(await members('some')).toEqual(['car-2']);
  });

  test('finds after a restart that those connected before are no longer', async () => {
    world.thing('car');
    world.connect('car');
    await create('online', 'connectivity.connected:true');
    expect(await members('online')).toEqual(['car']);
    world = world.restart();
    expect(await world.call('GetThingConnectivityData', { thingName: 'car' })).toMatchObject({
      connected: false,
      disconnectReason: 'CONNECTION_LOST',
    });
    world.resume();
    expect(await members('online')).toEqual([]);
  });

  test('announces who comes and goes, as jobs and registry events need', async () => {
    const heard: string[] = [];
    world.registry.changes.subscribe((change) => {
      if ('thingName' in change && 'thingGroupName' in change) heard.push(`${change.kind} ${change.thingName}`);
    });
    world.thing('car', { model: 'x' });
    await create('xs', 'attributes.model:x');
    await world.settle();
    world.registry.things.update({ thingName: 'car', attributePayload: { attributes: { model: 'y' } } });
    await world.settle();
    expect(heard).toEqual(['group-member-added car', 'group-member-removed car']);
  });

  test('is a target of jobs', async () => {
    const targets = staticGroups(world.registry);
    const joined: string[] = [];
    targets.onMembership((thingName, change) => {
      if (change !== 'left') joined.push(thingName, ...change.joined);
    });
    const { thingGroupArn } = await create('xs', 'attributes.model:x');
    world.thing('car', { model: 'x' });
    await world.settle();
    expect(joined).toEqual(['car', thingGroupArn]);
    expect([...targets.membersOf(String(thingGroupArn))]).toEqual(['car']);
  });

  test('whose query is about itself settles', async () => {
    world.thing('car');
    await create('paradox', 'NOT thingGroupNames:paradox');
    expect(await members('paradox')).toEqual(['car']);
  });
});

describe('a thing that is in ten groups', () => {
  beforeEach(async () => {
    world.thing('car', { model: 'x' });
    for (let group = 0; group < 9; group++) {
      world.registry.thingGroups.create(`static-${group}`);
      world.registry.addThingToGroup(`static-${group}`, 'car');
    }
    world.registry.thingGroups.create('static-9');
  });

  test('leaves the newest dynamic group for an older one', async () => {
    await create('older', 'attributes.model:y');
    await world.clock.advance(1000);
    await create('newer', 'attributes.model:x');
    expect(await members('newer')).toEqual(['car']);
    const update = { thingGroupName: 'older', queryString: 'attributes.model:x', thingGroupProperties: {} };
    await world.call('UpdateDynamicThingGroup', update);
    expect(await members('older')).toEqual(['car']);
    expect(await members('newer')).toEqual([]);
    expect(world.failures).toEqual(['car newer: the older group older takes its place']);
  });

  test('leaves a dynamic group for a static one only when that is asked for', async () => {
    await create('dynamic', 'attributes.model:x');
    expect(await members('dynamic')).toEqual(['car']);
    const into = { thingGroupName: 'static-9', thingName: 'car' };
    await expect(world.call('AddThingToThingGroup', into)).rejects.toMatchObject({ code: 'LimitExceededException' });
    await world.call('AddThingToThingGroup', { ...into, overrideDynamicGroups: true });
    expect(await members('static-9')).toEqual(['car']);
    expect(await members('dynamic')).toEqual([]);
  });
});

test.each(['a policy', 'a member', 'a child group', 'DeleteThingGroup'])(
  'a dynamic group does not take %s',
  async (what) => {
    await create('dynamic', '*');
    world.thing('car');
    world.registry.policies.create(
      'allow',
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}',
    );
    const attempts: Record<string, () => unknown> = {
      'a policy': () => world.registry.attachPolicy('allow', 'arn:aws:iot:us-east-1:000000000000:thinggroup/dynamic'),
      'a member': () => world.call('AddThingToThingGroup', { thingGroupName: 'dynamic', thingName: 'car' }),
      'a child group': () => world.call('CreateThingGroup', { thingGroupName: 'child', parentGroupName: 'dynamic' }),
      DeleteThingGroup: () => world.call('DeleteThingGroup', { thingGroupName: 'dynamic' }),
    };
    await expect((async () => attempts[what]!())()).rejects.toMatchObject({ code: 'InvalidRequestException' });
  },
);

test('things stay indexed as long as there are dynamic groups', async () => {
  await create('dynamic', '*');
  const off = { thingIndexingConfiguration: { thingIndexingMode: 'OFF' } };
  await expect(world.call('UpdateIndexingConfiguration', off)).rejects.toThrow(/as long as there are dynamic/);
  await world.call('DeleteDynamicThingGroup', { thingGroupName: 'dynamic' });
  await world.call('UpdateIndexingConfiguration', off);
  await expect(create('dynamic', '*')).rejects.toThrow(/UpdateIndexingConfiguration/);
  await expect(world.call('SearchIndex', { queryString: '*' })).rejects.toMatchObject({
    code: 'IndexNotReadyException',
  });
});

describe('searching', () => {
  test('goes page by page', async () => {
    for (const name of ['c', 'a', 'b']) world.thing(name);
    const first = await world.call('SearchIndex', { queryString: '*', maxResults: 2 });
    expect(first['things']).toMatchObject([{ thingName: 'a' }, { thingName: 'b' }]);
    const { nextToken } = first;
    const second = await world.call('SearchIndex', { queryString: '*', maxResults: 2, nextToken });
    expect(second['things']).toMatchObject([{ thingName: 'c' }]);
    expect(second['nextToken']).toBeUndefined();
  });

  test('names a group once when a billing group is called like it', async () => {
    world.registry.billingGroups.create('vans');
    world.registry.thingGroups.create('vans');
    world.thing('car', {}, { billingGroupName: 'vans' });
    world.registry.addThingToGroup('vans', 'car');
    const { things } = await world.call('SearchIndex', { queryString: 'thingGroupNames:vans' });
    expect(things).toMatchObject([{ thingGroupNames: ['vans'] }]);
  });

  test('answers what it indexed of a thing', async () => {
    world.registry.thingTypes.create('van', {});
    world.thing('car', { model: 'x' }, { thingTypeName: 'van' });
    world.report('car', { desired: { on: true }, reported: { on: false } });
    world.connect('car');
    const { things } = await world.call('SearchIndex', { queryString: 'thingName:car' });
    const [{ shadow, ...thing }] = things as [{ shadow: string }];
    expect(thing).toMatchObject({
      ...{ thingName: 'car', thingTypeName: 'van', attributes: { model: 'x' } },
      connectivity: {
        connected: true,
        clientId: 'car',
        keepAliveDuration: 60,
        cleanSession: false,
        sessionExpiry: 3600,
      },
    });
    expect(JSON.parse(shadow)).toMatchObject({
      desired: { on: true },
      delta: { on: true },
      hasDelta: true,
      version: 1,
    });
  });

  test('finds thing groups by name, description, attributes and parents', async () => {
    const { thingGroups } = world.registry;
    thingGroups.create('root', undefined, { thingGroupDescription: 'all of the fleet' });
    thingGroups.create('leaf', 'root', { attributePayload: { attributes: { color: 'red' } } });
    const found = (query: string): Promise<string[]> => world.found(query, 'AWS_ThingGroups');
    expect(await found('thingGroupName:le*')).toEqual(['leaf']);
    expect(await found('description:fleet')).toEqual(['root']);
    expect(await found('attributes.color:red')).toEqual(['leaf']);
    expect(await found('parentGroupNames:root')).toEqual(['leaf']);
  });

  test('a connection that was taken over does not disconnect its successor', async () => {
    world.thing('car');
    world.connect('car', 0);
    world.connect('car', 1);
    world.disconnect('car');
    expect(await world.found('connectivity.connected:true')).toEqual(['car']);
  });

  test('names what is not indexed instead of finding nothing', async () => {
    const configure = (thingIndexingConfiguration: Json): Promise<Json> =>
      world.call('UpdateIndexingConfiguration', { thingIndexingConfiguration });
    await expect(
      configure({ thingIndexingMode: 'REGISTRY', deviceDefenderIndexingMode: 'VIOLATIONS' }),
    ).rejects.toThrow(/Device Defender/);
    const customFields = [{ name: 'shadow.reported.battery', type: 'Number' }];
    await expect(configure({ thingIndexingMode: 'REGISTRY', customFields })).rejects.toThrow(/not indexed by this/);
  });

  test.each([
    [{}, 'REGISTRY_AND_SHADOW_AND_CONNECTIVITY_STATUS'],
    [{ thingIndexingMode: 'REGISTRY' }, 'REGISTRY_AND_CONNECTIVITY'],
    [{ namedShadowIndexingMode: 'ON' }, 'MULTI_INDEXING_MODE'],
    [{ thingConnectivityIndexingMode: 'OFF' }, 'REGISTRY_AND_SHADOW'],
  ])('DescribeIndex with %j has the schema %s', async (more, schema) => {
    await world.indexEverything(more);
    expect(await world.call('DescribeIndex', { indexName: 'AWS_Things' })).toEqual({
      ...{ indexName: 'AWS_Things', indexStatus: 'ACTIVE', schema },
    });
  });
});
