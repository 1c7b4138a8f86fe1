import { beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { registryDataOfRules } from '../../../../twin/iot/registry/rule-external.ts';
import { Registry } from '../../../../twin/iot/registry/registry.ts';
import type { RulesPorts } from '../../../../twin/iot/rules/index.ts';
import { shadowOfRules } from '../../../../twin/iot/shadows/rule-external.ts';
import { publication, RecordedPorts, ROLE, rulesFixture, type Fixture } from '../rules/rules-fixture.ts';
import { LAMP, ShadowWorld } from './shadow-world.ts';

let world: ShadowWorld;
let registry: Registry;
let ports: RecordedPorts;
let fixture: Fixture;

beforeEach(() => {
  world = new ShadowWorld();
  registry = new Registry(world.store, DEFAULT_ACCOUNT, world.clock);
  ports = new RecordedPorts();
  const authorize = ports.authorizeRole.bind(ports);
  const externals: RulesPorts['externals'] = {
    getThingShadow: shadowOfRules(world.shadows, DEFAULT_ACCOUNT, authorize),
    getRegistryData: registryDataOfRules(registry, authorize),
  };
  fixture = rulesFixture({ ports: Object.assign(ports, { externals }) });
});

/** What a rule with this statement republishes; undefined when it ends before. */
async function evaluated(sql: string): Promise<unknown> {
  fixture.engine.createRule('r', {
    sql,
    awsIotSqlVersion: '2016-03-23',
    actions: [{ republish: { roleArn: ROLE, topic: 'out' } }],
  });
  await fixture.engine.ingest(publication('dt/lamp', { on: true }));
  const [message] = ports.published;
  return message && JSON.parse(message.payload.toString());
}

describe('get_thing_shadow()', () => {
  test('gives the document that GetThingShadow returns, delta included', async () => {
    world.update(LAMP, { desired: { on: true } });
    expect(await evaluated(`SELECT get_thing_shadow(topic(2), '${ROLE}') AS s FROM 'dt/+'`)).toEqual({
      s: world.get(LAMP),
    });
    expect(ports.authorizations).toContain(`${ROLE} iot:GetThingShadow arn:aws:iot:us-east-1:000000000000:thing/lamp`);
  });

  test('finds a named shadow, with the right to that one', async () => {
    world.update({ ...LAMP, shadowName: 'night' }, { reported: { dim: 7 } });
    expect(
      await evaluated(`SELECT get_thing_shadow('lamp', 'night', '${ROLE}').state.reported.dim AS dim FROM 'dt/+'`),
    ).toEqual({ dim: 7 });
    expect(ports.authorizations).toContain(
      `${ROLE} iot:GetThingShadow arn:aws:iot:us-east-1:000000000000:thing/lamp/night`,
    );
  });

  test.each(['the role may not', 'there is no shadow'])('ends the rule when %s', async (why) => {
    if (why === 'the role may not') {
      world.update(LAMP, {});
      ports.refusedActions.add('iot:GetThingShadow');
    }
    expect(await evaluated(`SELECT get_thing_shadow('lamp', '${ROLE}') AS s FROM 'dt/+'`)).toBeUndefined();
  });
});

describe('get_registry_data()', () => {
  beforeEach(() => {
    registry.things.create({ thingName: 'lamp', attributePayload: { attributes: { room: 'hall' } } });
    registry.thingGroups.create('lights');
    registry.addThingToGroup('lights', 'lamp');
  });

  test('describes a thing', async () => {
    const sql = `SELECT get_registry_data('DescribeThing', topic(2), '${ROLE}').attributes.room AS room FROM 'dt/+'`;
    expect(await evaluated(sql)).toEqual({ room: 'hall' });
    expect(ports.authorizations).toContain(`${ROLE} iot:DescribeThing arn:aws:iot:us-east-1:000000000000:thing/lamp`);
  });

  test('lists the groups of a thing', async () => {
    const sql = `SELECT get_registry_data('ListThingGroupsForThing', 'lamp', '${ROLE}') AS g FROM 'dt/+'`;
    expect(await evaluated(sql)).toEqual({
      g: {
        thingGroups: [{ groupName: 'lights', groupArn: 'arn:aws:iot:us-east-1:000000000000:thinggroup/lights' }],
      },
    });
  });

  test.each(['the role may not', 'there is no such thing'])('ends the rule when %s', async (why) => {
    if (why === 'the role may not') ports.refusedActions.add('iot:DescribeThing');
    const thing = why === 'the role may not' ? 'lamp' : 'nobody';
    const sql = `SELECT get_registry_data('DescribeThing', '${thing}', '${ROLE}') AS d FROM 'dt/+'`;
    expect(await evaluated(sql)).toBeUndefined();
  });
});
