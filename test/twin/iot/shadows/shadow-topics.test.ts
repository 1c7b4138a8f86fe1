import { describe, expect, test } from '@jest/globals';

import { composeReservedTopics } from '../../../../twin/iot/reserved-topics.ts';
import { ShadowWorld } from './shadow-world.ts';

const LAMP_ITSELF = { clientId: 'lamp', principal: 'c', protocol: 'mqtt' } as const;

const handle = (world: ShadowWorld, topic: string, payload = '') =>
  world.topics.handle({ topic, payload: Buffer.from(payload) }, LAMP_ITSELF);

async function topicsOf(world: ShadowWorld, topic: string, payload?: string): Promise<string[]> {
  const replies = await handle(world, topic, payload);
  if (typeof replies === 'string') throw new Error(replies);
  expect(replies.every(({ to }) => to === 'subscribers')).toBe(true);
  return replies.map((reply) => reply.topic);
}

describe.each(['$aws/things/lamp/shadow', '$aws/things/lamp/shadow/name/night'])('requests on %s', (prefix) => {
  test('are answered on the topics of AWS', async () => {
    const world = new ShadowWorld();
    expect(await topicsOf(world, `${prefix}/get`)).toEqual([`${prefix}/get/rejected`]);
    expect(await topicsOf(world, `${prefix}/update`, '{"state":{"desired":{"on":true}}}')).toEqual([
      `${prefix}/update/accepted`,
      `${prefix}/update/delta`,
      `${prefix}/update/documents`,
    ]);
    expect(await topicsOf(world, `${prefix}/update`, '{"state":{"reported":{"on":true}}}')).toEqual([
      `${prefix}/update/accepted`,
      `${prefix}/update/documents`,
    ]);
    expect(await topicsOf(world, `${prefix}/update`, '{}')).toEqual([`${prefix}/update/rejected`]);
    expect(await topicsOf(world, `${prefix}/get`)).toEqual([`${prefix}/get/accepted`]);
    expect(await topicsOf(world, `${prefix}/delete`)).toEqual([`${prefix}/delete/accepted`]);
    expect(await topicsOf(world, `${prefix}/delete`)).toEqual([`${prefix}/delete/rejected`]);
  });

  test.each(['', '/', '/get/accepted', '/update/delta', '/update/documents', '/put', '/name', '/name/x/y/get', '/GET'])(
    'with %s after it are not supported',
    async (rest) => {
      expect(await handle(new ShadowWorld(), prefix + rest)).toBe('unsupported');
    },
  );
});

test.each(['$aws/things/lamp/jobs/get', '$aws/certificates/create/json', 'shadow/get', '$aws/things/shadow/get'])(
  '%s is no topic of a shadow',
  async (topic) => {
    expect(await handle(new ShadowWorld(), topic)).toBe('not reserved');
  },
);

test('several services share the reserved topics, and what none knows is not supported', async () => {
  const world = new ShadowWorld();
  const other = {
    handle: async ({ topic }: { topic: string }) => (topic.includes('/jobs/') ? [] : ('not reserved' as const)),
  };
  const composed = composeReservedTopics([world.topics, other]);
  const ask = (topic: string) =>
    composed.handle(
      { topic, payload: Buffer.alloc(0), qos: 1, retain: false, source: { protocol: 'mqtt' }, receivedAt: 0 },
      LAMP_ITSELF,
    );
  expect(await ask('$aws/things/lamp/shadow/get')).toHaveLength(1);
  expect(await ask('$aws/things/lamp/jobs/get')).toEqual([]);
  expect(await ask('$aws/things/lamp/shadow/put')).toBe('unsupported');
  expect(await ask('$aws/things/lamp/nonsense')).toBe('unsupported');
});

test('requests are in the log, with the reason of a refusal', async () => {
  const world = new ShadowWorld();
  await handle(world, '$aws/things/lamp/shadow/name/night/update', '{"state":{}}');
  await handle(world, '$aws/things/lamp/shadow/get');
  await world.api.perform('delete', { thingName: 'lamp', shadowName: 'night' });
  const device = { protocol: 'MQTT', clientId: 'lamp', principalId: 'c' };
  expect(world.log).toEqual([
    {
      ...device,
      ...{ logLevel: 'INFO', eventType: 'UpdateThingShadow', status: 'Success', deviceShadowName: 'night' },
      topicName: '$aws/things/lamp/shadow/name/night/update',
    },
    {
      ...device,
      ...{ logLevel: 'ERROR', eventType: 'GetThingShadow', status: 'Failure', deviceShadowName: 'lamp' },
      ...{ reason: 'ResourceNotFoundException', details: "No shadow exists with name: 'lamp'" },
      topicName: '$aws/things/lamp/shadow/get',
    },
    {
      ...{ protocol: 'HTTP', logLevel: 'INFO', eventType: 'DeleteThingShadow', status: 'Success' },
      ...{ deviceShadowName: 'night', topicName: '$aws/things/lamp/shadow/name/night/delete' },
    },
  ]);
});
