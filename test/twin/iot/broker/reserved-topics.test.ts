import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { ReservedReply, ReservedRequester } from '../../../../twin/iot/broker/ports.ts';
import type { Publication } from '../../../../twin/iot/publication.ts';
import { openFrontDoor, type FrontDoor, type RawClient } from './front-door.ts';

let door: FrontDoor;
let handled: [Publication, ReservedRequester][];
let answer: readonly ReservedReply[] | 'not reserved' | 'unsupported';
beforeEach(async () => {
  handled = [];
  door = await openFrontDoor({ reservedTopics: { handle: async (...each) => (handled.push(each), answer) } });
});
afterEach(() => door.close());

async function connected(clientId: string, filter?: string): Promise<RawClient> {
  const client = await door.raw();
  await client.connect({ clientId });
  if (filter === undefined) return client;
  client.write({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos: 1 }] });
  await client.expect('suback');
  return client;
}

const request = (client: RawClient, topic: string, qos: 0 | 1 = 1): void =>
  client.write({ cmd: 'publish', topic, payload: '{}', qos, messageId: 5, dup: false, retain: false });

describe('a request to a service', () => {
  test.each([0, 1] as const)('is answered to the requester alone, subscribed or not (QoS %i)', async (qos) => {
    answer = [{ topic: '$aws/certificates/create/json/accepted', payload: Buffer.from('certificate') }];
    const other = await connected('other', '$aws/certificates/create/json/+');
    const client = await connected('car');
    request(client, '$aws/certificates/create/json', qos);
    expect(await client.expect('publish')).toMatchObject({
      topic: '$aws/certificates/create/json/accepted',
      payload: Buffer.from('certificate'),
      qos,
    });
    if (qos === 1) expect(await client.expect('puback')).toMatchObject({ messageId: 5 });
    await other.ping();
    expect(handled).toEqual([
      [
        expect.objectContaining({ topic: '$aws/certificates/create/json' }),
        { clientId: 'car', thingName: 'car', principal: door.vehicle.certificateId, protocol: 'mqtt' },
      ],
    ]);
    expect(door.ingested.map(({ topic }) => topic).filter((topic) => topic.startsWith('$aws/certificates'))).toEqual(
      [],
    );
  });

  test('of shadows is seen by subscribers and rules, and so is its answer', async () => {
    answer = [{ topic: '$aws/things/car/shadow/get/accepted', payload: Buffer.from('{}'), to: 'subscribers' }];
    const app = await connected('app', '$aws/things/car/shadow/#');
    const client = await connected('car');
    request(client, '$aws/things/car/shadow/get');
    expect(await app.expect('publish')).toMatchObject({ topic: '$aws/things/car/shadow/get' });
    expect(await app.expect('publish')).toMatchObject({ topic: '$aws/things/car/shadow/get/accepted' });
    expect(await client.expect('puback')).toMatchObject({ messageId: 5 });
    expect(door.ingested.map(({ topic }) => topic)).toEqual(
      expect.arrayContaining(['$aws/things/car/shadow/get', '$aws/things/car/shadow/get/accepted']),
    );
  });

  test('that is not reserved after all is an ordinary message', async () => {
    answer = 'not reserved';
    const app = await connected('app', '$aws/things/+/custom');
    request(await connected('car'), '$aws/things/car/custom');
    expect(await app.expect('publish')).toMatchObject({ topic: '$aws/things/car/custom' });
  });

  test('that no service supports ends the connection', async () => {
    answer = 'unsupported';
    const client = await connected('car');
    request(client, '$aws/nonsense');
    expect(await client.next()).toBe('closed');
  });

  test('needs the policy first', async () => {
    door.authorize = (_action, resource) => !resource.startsWith('$aws/certificates');
    const client = await connected('car');
    request(client, '$aws/certificates/create/json');
    expect(await client.next()).toBe('closed');
    expect(handled).toEqual([]);
  });

  test('is answered only where the client may receive', async () => {
    answer = [{ topic: '$aws/certificates/create/json/accepted', payload: Buffer.from('secret') }];
    door.authorize = (action) => action !== 'iot:Receive';
    const client = await connected('car');
    request(client, '$aws/certificates/create/json');
    expect(await client.expect('puback')).toMatchObject({ messageId: 5 });
  });
});
