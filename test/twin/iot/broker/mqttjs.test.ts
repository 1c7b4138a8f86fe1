import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { nextMessage, openFrontDoor, type FrontDoor } from './front-door.ts';

let door: FrontDoor;
beforeEach(async () => void (door = await openFrontDoor()));
afterEach(() => door.close());

describe.each([4, 5] as const)('MQTT.js speaking version %i', (protocolVersion) => {
  test('gets at QoS 1 what another client published', async () => {
    const subscriber = await door.client('subscriber', { protocolVersion });
    await subscriber.subscribeAsync('dt/+/telemetry', { qos: 1 });
    const publisher = await door.client('publisher', { protocolVersion });
    const message = nextMessage(subscriber);
    await publisher.publishAsync('dt/car/telemetry', 'speed 50', { qos: 1 });
    expect(await message).toMatchObject({
      topic: 'dt/car/telemetry',
      text: 'speed 50',
      packet: { qos: 1, retain: false, dup: false },
    });
  });

  test('hands its certificate, client id and source to the gatekeeper and the rules', async () => {
    const client = await door.client('car', { protocolVersion });
    await client.publishAsync('$aws/rules/telemetry/dt/car', '{}', { qos: 1 });
    expect(door.admitted[0]).toMatchObject({
      clientId: 'car',
      serverName: 'localhost',
      sourceIp: '127.0.0.1',
      protocolVersion,
      certificate: { certificateId: door.vehicle.certificateId },
    });
    expect(door.ingested.find(({ topic }) => topic === '$aws/rules/telemetry/dt/car')).toMatchObject({
      qos: 1,
      source: { protocol: 'mqtt', clientId: 'car', principal: door.vehicle.certificateId, sourceIp: '127.0.0.1' },
    });
  });
});
