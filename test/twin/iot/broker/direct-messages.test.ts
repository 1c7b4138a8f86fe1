import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { ManualClock } from '../../../../twin/clock.ts';
import { openFrontDoor, type FrontDoor, type RawClient } from './front-door.ts';

let clock: ManualClock;
let door: FrontDoor;
beforeEach(async () => {
  clock = new ManualClock(Date.now());
  door = await openFrontDoor({ clock });
});
afterEach(() => door.close());

const MESSAGE = { topic: 'cmd/car/req/1', payload: Buffer.from('unlock') };

async function connected(
  options: { clean?: boolean; protocolVersion?: 4 | 5; maximumPacketSize?: number } = {},
): Promise<RawClient> {
  const client = await door.raw();
  const { clean = true, protocolVersion = 4, maximumPacketSize } = options;
  await client.connect({
    clientId: 'car',
    clean,
    protocolVersion,
    ...(maximumPacketSize && { properties: { maximumPacketSize } }),
  });
  return client;
}

describe('SendDirectMessage', () => {
  test('reaches a client without a subscription, past rules and other subscribers', async () => {
    const client = await connected();
    door.ingested.length = 0;
    expect(await door.broker.sendDirectMessage('car', MESSAGE)).toMatchObject({ statusCode: 200 });
    expect(await client.expect('publish')).toMatchObject({ ...MESSAGE, qos: 0, retain: false });
    expect(door.ingested).toEqual([]);
  });

  test('with confirmation answers 200 when the PUBACK comes', async () => {
    const client = await connected({ protocolVersion: 5 });
    const outcome = door.broker.sendDirectMessage('car', {
      ...MESSAGE,
      confirmation: true,
      properties: { contentType: 'application/json', userProperties: [['a', 'b']] },
    });
    const received = await client.expect('publish');
    expect(received).toMatchObject({ qos: 1, properties: { contentType: 'application/json' } });
    client.write({ cmd: 'puback', messageId: received.messageId, reasonCode: 0 });
    expect(await outcome).toEqual({ statusCode: 200, message: 'OK' });
  });

  test.each([
    [undefined, 5],
    [1, 1],
    [15, 15],
  ])('with timeout %p answers 504 after %i s, and does not send again', async (timeoutSeconds, seconds) => {
    const client = await connected();
    let outcome: unknown;
    void door.broker
      .sendDirectMessage('car', { ...MESSAGE, confirmation: true, timeoutSeconds })
      .then((value) => (outcome = value));
    await client.expect('publish');
    await clock.advance(seconds * 1000 - 1);
    expect(outcome).toBeUndefined();
    await clock.advance(1);
    await client.ping();
    expect(outcome).toMatchObject({ statusCode: 504 });
    await clock.advance(40_000);
    await client.ping();
  });

  test('answers 504 at once when the client leaves', async () => {
    const client = await connected({ clean: false });
    const outcome = door.broker.sendDirectMessage('car', { ...MESSAGE, confirmation: true });
    await client.expect('publish');
    client.socket.destroy();
    expect(await outcome).toMatchObject({ statusCode: 504 });
    const back = await connected({ clean: false });
    await back.ping();
  });

  test.each([
    [true, 'no persistent session'],
    [false, 'has a persistent session'],
  ])('answers 404 for a client that is away (clean: %p: %s)', async (clean, hint) => {
    const client = await connected({ clean });
    client.write({ cmd: 'disconnect' });
    await client.next();
    const outcome = await door.broker.sendDirectMessage('car', MESSAGE);
    expect(outcome).toMatchObject({ statusCode: 404, code: 'ResourceNotFoundException' });
    expect(outcome.message).toContain(hint);
    const back = await connected({ clean });
    await back.ping();
  });

  test('answers 403 when the client may not receive on the topic', async () => {
    await connected();
    door.authorize = (action) => action !== 'iot:Receive';
    expect(await door.broker.sendDirectMessage('car', MESSAGE)).toMatchObject({ statusCode: 403 });
    expect(await door.broker.sendDirectMessage('car', { ...MESSAGE, confirmation: true })).toMatchObject({
      statusCode: 403,
    });
  });

  test('answers 413 past 128 KB and past what the client takes', async () => {
    await connected({ protocolVersion: 5, maximumPacketSize: 64 });
    expect(await door.broker.sendDirectMessage('car', { ...MESSAGE, payload: Buffer.alloc(131_073) })).toMatchObject({
      statusCode: 413,
    });
    expect(await door.broker.sendDirectMessage('car', { ...MESSAGE, payload: Buffer.alloc(64) })).toMatchObject({
      statusCode: 413,
    });
  });

  test('answers 429 when the client receives 100 a second', async () => {
    await connected();
    for (let index = 0; index < 100; index += 1) await door.broker.sendDirectMessage('car', MESSAGE);
    expect(await door.broker.sendDirectMessage('car', MESSAGE)).toMatchObject({
      statusCode: 429,
      code: 'ThrottlingException',
    });
  });

  test.each([
    ['a reserved topic', { topic: '$aws/things/car' }],
    ['a wildcard', { topic: 'cmd/#' }],
    ['no topic', { topic: '' }],
    ['a timeout of 0 s', { timeoutSeconds: 0 }],
    ['a timeout of 16 s', { timeoutSeconds: 16 }],
    ['a timeout of 1.5 s', { timeoutSeconds: 1.5 }],
  ])('answers 400 for %s', async (_name, change) => {
    await connected();
    expect(await door.broker.sendDirectMessage('car', { ...MESSAGE, ...change })).toMatchObject({
      statusCode: 400,
      code: 'InvalidRequestException',
    });
  });
});
