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

async function member(
  clientId: string,
  options: { clean?: boolean; qos?: 0 | 1; filter?: string } = {},
): Promise<RawClient> {
  const client = await door.raw();
  await client.connect({ clientId, clean: options.clean ?? true });
  client.write({
    cmd: 'subscribe',
    messageId: 1,
    subscriptions: [{ topic: options.filter ?? '$share/workers/job/+', qos: options.qos ?? 1 }],
  });
  expect((await client.expect('suback')).granted).toEqual([options.qos ?? 1]);
  return client;
}

const publish = (payload: string, qos: 0 | 1 = 1): Promise<void> =>
  door.broker.publish({
    topic: 'job/1',
    payload: Buffer.from(payload),
    qos,
    retain: false,
    source: { protocol: 'service' },
    receivedAt: clock.now(),
  });

async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function collect(client: RawClient, acknowledge = true): string[] {
  const received: string[] = [];
  void (async () => {
    for (;;) {
      const packet = await client.next();
      if (packet === 'closed') return;
      if (packet.cmd !== 'publish') continue;
      received.push(packet.payload.toString());
      if (acknowledge && packet.qos === 1) client.write({ cmd: 'puback', messageId: packet.messageId });
    }
  })();
  return received;
}

describe('a shared subscription', () => {
  test('gives each message to one member, and to each plain subscriber as well', async () => {
    const [a, b] = [collect(await member('a')), collect(await member('b'))];
    const plain = collect(await member('plain', { filter: 'job/#' }));
    const sent = Array.from({ length: 60 }, (_, index) => String(index));
    for (const payload of sent) await publish(payload);
    await settle();
    expect([...a, ...b].map(Number).sort((x, y) => x - y)).toEqual(sent.map(Number));
    expect(a.length).toBeGreaterThan(0);
    expect(b.length).toBeGreaterThan(0);
    expect(plain).toEqual(sent);
  });

  test('spreads over members that are within their rate', async () => {
    const [a, b] = [collect(await member('a')), collect(await member('b'))];
    for (let index = 0; index < 200; index += 1) await publish(String(index));
    await settle();
    expect([a.length, b.length]).toEqual([100, 100]);
  });

  test('offers what a leaving member had not acknowledged to the others', async () => {
    const leaving = await member('leaving');
    const unacknowledged = collect(leaving, false);
    await publish('1');
    await publish('2');
    await settle();
    expect(unacknowledged).toEqual(['1', '2']);
    const staying = collect(await member('staying'));
    leaving.socket.destroy();
    await settle();
    await clock.advance(1000);
    await settle();
    expect(staying).toEqual(['1', '2']);
  });

  test('queues QoS 1 for a persistent member that is away', async () => {
    const client = await member('worker', { clean: false });
    client.socket.destroy();
    await settle();
    for (let index = 0; index < 30; index += 1) await publish(String(index));
    await publish('lost', 0);
    const back = await door.raw();
    expect(await back.connect({ clientId: 'worker', clean: false })).toMatchObject({ sessionPresent: true });
    const received = collect(back);
    await settle();
    expect(received).toHaveLength(20);
    await clock.advance(1000);
    await settle();
    expect(received).toEqual(Array.from({ length: 30 }, (_, index) => String(index)));
  });

  test('drops what nobody takes without a persistent member', async () => {
    (await member('worker')).socket.destroy();
    await settle();
    await publish('1');
    expect(collect(await member('worker'))).toEqual([]);
  });

  test('forgets a queue older than the session expiry', async () => {
    const client = await member('worker', { clean: false });
    client.socket.destroy();
    await settle();
    await publish('old');
    await clock.advance(3_500_000);
    const back = await door.raw();
    await back.connect({ clientId: 'worker', clean: false });
    expect((await back.expect('publish')).payload.toString()).toBe('old');
    back.socket.destroy();
    await settle();
    await clock.advance(200_000);
    const later = await door.raw();
    await later.connect({ clientId: 'worker', clean: false });
    await later.ping();
  });

  test('takes 100 groups an account', async () => {
    for (let group = 0; group < 100; group += 1) if (group % 50 === 0) await groupOf50(group);
    const client = await door.raw();
    await client.connect({ clientId: 'one-more' });
    client.write({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$share/more/t', qos: 0 }] });
    expect((await client.expect('suback')).granted).toEqual([0x80]);
  });

  async function groupOf50(first: number): Promise<void> {
    const client = await door.raw();
    await client.connect({ clientId: `holder-${first}` });
    for (let group = first; group < first + 50; group += 1) {
      client.write({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: `$share/g${group}/t`, qos: 0 }] });
      expect((await client.expect('suback')).granted).toEqual([0]);
    }
  }
});
