import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { DeviceWorld } from '../device-world.ts';
import { addVehicleTemplate, closeDeviceWorld, openDeviceWorld, VEHICLE_TEMPLATE } from '../device-world.ts';
import { signingRequest } from '../own-authority.ts';

const PROVISION = '$aws/provisioning-templates/vehicle/provision/json';

describe('a thing that already exists when it is provisioned', () => {
  let world: DeviceWorld;
  beforeEach(async () => {
    world = await openDeviceWorld();
    const { registry } = world;
    registry.thingTypes.create('old');
    registry.thingTypes.create('new');
    for (const group of ['a', 'b']) registry.thingGroups.create(group);
    registry.things.create({
      thingName: 'V1',
      thingTypeName: 'old',
      attributePayload: { attributes: { kept: '1', colour: 'red' } },
    });
    registry.addThingToGroup('a', 'V1');
  });
  afterEach(() => closeDeviceWorld(world));

  const provision = async (overrideSettings: object): Promise<Record<string, unknown>> => {
    addVehicleTemplate(world, {
      ...VEHICLE_TEMPLATE,
      Resources: {
        ...VEHICLE_TEMPLATE.Resources,
        thing: {
          Type: 'AWS::IoT::Thing',
          Properties: {
            ThingName: { Ref: 'SerialNumber' },
            ThingTypeName: 'new',
            AttributePayload: { colour: 'blue' },
            ThingGroups: ['b'],
          },
          OverrideSettings: overrideSettings,
        },
      },
    });
    const { payload } = await world.request('$aws/certificates/create-from-csr/json', {
      certificateSigningRequest: await signingRequest(),
    });
    const request = {
      certificateOwnershipToken: payload['certificateOwnershipToken'],
      parameters: { SerialNumber: 'V1' },
    };
    return (await world.request(PROVISION, request)).payload;
  };
  const state = (): object => {
    const { thingTypeName, attributes } = world.registry.things.describe('V1');
    return { type: thingTypeName, attributes, groups: world.registry.memberships.groupsOf('V1') };
  };
  const unchanged = { type: 'old', attributes: { kept: '1', colour: 'red' }, groups: ['a'] };

  test.each<[string, object, object]>([
    ['stays as it is without settings', {}, unchanged],
    [
      'stays as it is with DO_NOTHING',
      { AttributePayload: 'DO_NOTHING', ThingTypeName: 'DO_NOTHING', ThingGroups: 'DO_NOTHING' },
      unchanged,
    ],
    ['merges attributes', { AttributePayload: 'MERGE' }, { ...unchanged, attributes: { kept: '1', colour: 'blue' } }],
    ['replaces attributes', { AttributePayload: 'REPLACE' }, { ...unchanged, attributes: { colour: 'blue' } }],
    ['replaces its type', { ThingTypeName: 'REPLACE' }, { ...unchanged, type: 'new' }],
    ['joins groups', { ThingGroups: 'MERGE' }, { ...unchanged, groups: ['a', 'b'] }],
    ['changes groups', { ThingGroups: 'REPLACE' }, { ...unchanged, groups: ['b'] }],
  ])('%s', async (_, overrideSettings, expected) => {
    expect(await provision(overrideSettings)).toMatchObject({ thingName: 'V1' });
    expect(state()).toEqual(expected);
    expect(world.registry.principals.ofThing('V1')).toHaveLength(1);
  });

  test.each(['AttributePayload', 'ThingTypeName', 'ThingGroups'])(
    'fails the request when %s is to FAIL, and stays as it is',
    async (name) => {
      expect(await provision({ [name]: 'FAIL' })).toMatchObject({ statusCode: 409, errorCode: 'ResourceConflict' });
      expect(state()).toEqual(unchanged);
      expect(world.registry.principals.ofThing('V1')).toEqual([]);
    },
  );
});
