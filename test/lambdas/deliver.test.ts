import { describe, expect, test } from '@jest/globals';
import { ATTEMPT_WINDOW, deliver, type DeliveryEnvironment } from '../../lambdas/shared/deliver.ts';
import type { Delivery } from '../../lambdas/shared/front-door.ts';
import { honk, MemoryLedger } from './memory-ledger.ts';

/** A vehicle at the end of the front door, a clock, and what they saw. */
function scene(outcomes: Delivery[] = []) {
  const ledger = new MemoryLedger();
  const sent: string[] = [];
  const failures: unknown[] = [];
  const clock = { now: 1_000 };
  const environment: DeliveryEnvironment = {
    ledger,
    frontDoor: {
      async send(clientId, topic, document) {
        sent.push(`${clientId} ${topic} ${JSON.stringify(document)}`);
        // What the ledger says while the message is on its way.
        ledger.log.push(`sending ${(document as { id: string }).id}`);
        const delivery = outcomes.shift() ?? 'confirmed';
        return delivery === 'confirmed' ? { delivery } : { delivery, error: new Error(delivery) };
      },
    },
    now: () => clock.now,
    wait: async (milliseconds) => (clock.now += milliseconds),
    onFailure: (_record, error) => failures.push(error),
  };
  return { ledger, sent, failures, clock, environment };
}

describe('a delivery', () => {
  test('hands over what waits, oldest first, each written down as SENT before it is sent', async () => {
    const { ledger, sent, environment } = scene();
    await ledger.create(honk('second', 20));
    await ledger.create(honk('first', 10));
    expect(await deliver('V1', environment, false)).toBe('done');
    expect(ledger.log.slice(2)).toEqual([
      ...['first SENT', 'sending first', 'first DELIVERED'],
      ...['second SENT', 'sending second', 'second DELIVERED'],
    ]);
    expect(sent[0]).toBe('V1 cmd/V1/req/first {"id":"first","command":"horn.honk","arguments":{},"deadline":60010}');
  });

  test('leaves everything QUEUED when the vehicle is away, and does not knock twice', async () => {
    const { ledger, sent, environment } = scene(['not-connected']);
    await ledger.create(honk('first', 10));
    await ledger.create(honk('second', 20));
    expect(await deliver('V1', environment, false)).toBe('not-connected');
    expect([ledger.state('first'), ledger.state('second')]).toEqual(['QUEUED', 'QUEUED']);
    expect(sent).toHaveLength(1);
  });

  test('leaves a command SENT when nobody knows whether it arrived, and goes on', async () => {
    const { ledger, failures, environment } = scene(['unconfirmed', 'confirmed']);
    await ledger.create(honk('first', 10));
    await ledger.create(honk('second', 20));
    expect(await deliver('V1', environment, false)).toBe('done');
    expect([ledger.state('first'), ledger.state('second')]).toEqual(['SENT', 'DELIVERED']);
    expect(failures).toHaveLength(1);
  });

  test('keeps a refused command QUEUED, stops there, and says that it failed', async () => {
    const { ledger, sent, failures, environment } = scene(['refused']);
    await ledger.create(honk('first', 10));
    await ledger.create(honk('second', 20));
    expect(await deliver('V1', environment, false)).toBe('failed');
    expect(ledger.state('first')).toBe('QUEUED');
    expect([sent.length, failures.length]).toEqual([1, 1]);
  });

  test('does not send again what may have arrived, unless it is told to', async () => {
    const { ledger, sent, clock, environment } = scene(['unconfirmed']);
    await ledger.create(honk('first', 10));
    await deliver('V1', environment, false);
    clock.now += ATTEMPT_WINDOW;
    await deliver('V1', environment, false);
    expect(sent).toHaveLength(1);
    await deliver('V1', environment, true);
    expect(sent).toHaveLength(2);
    expect(ledger.state('first')).toBe('DELIVERED');
  });

  test('never goes back to QUEUED once a message may have arrived', async () => {
    const { ledger, clock, environment } = scene(['unconfirmed', 'not-connected']);
    await ledger.create(honk('first', 10));
    await deliver('V1', environment, false);
    clock.now += ATTEMPT_WINDOW;
    expect(await deliver('V1', environment, true)).toBe('not-connected');
    expect(ledger.state('first')).toBe('SENT');
  });

  test('does not send what has passed its deadline', async () => {
    const { ledger, sent, clock, environment } = scene();
    await ledger.create(honk('first', 0));
    clock.now = 60_000;
    expect(await deliver('V1', environment, false)).toBe('done');
    expect(ledger.state('first')).toBe('EXPIRED');
    expect(sent).toEqual([]);
  });

  test('does not overtake a command that another delivery is sending', async () => {
    const { ledger, sent, clock, environment } = scene();
    await ledger.create(honk('first', 10));
    await ledger.create(honk('second', 20));
    await ledger.change('V1', 'first', { type: 'attempt', after: 0 }, clock.now);
    const waits: number[] = [];
    const other = async (milliseconds: number) => {
      waits.push((clock.now += milliseconds));
      if (waits.length === 3) await ledger.change('V1', 'first', { type: 'confirmed' }, clock.now);
    };
    await deliver('V1', { ...environment, wait: other }, false);
    expect(waits).toHaveLength(3);
    expect(sent.map((line) => line.split(' ')[1])).toEqual(['cmd/V1/req/second']);
  });

  test('does not wait for ever for another delivery that has died', async () => {
    const { ledger, sent, clock, environment } = scene();
    await ledger.create(honk('first', 10));
    await ledger.create(honk('second', 20));
    await ledger.change('V1', 'first', { type: 'attempt', after: 0 }, clock.now);
    const started = clock.now;
    await deliver('V1', environment, false);
    expect(clock.now - started).toBe(ATTEMPT_WINDOW);
    expect(sent).toHaveLength(1);
    expect(ledger.state('first')).toBe('SENT');
  });

  test('run twice at once sends each command once', async () => {
    const { ledger, sent, environment } = scene();
    for (let n = 0; n < 5; n++) await ledger.create(honk(`c${n}`, n));
    await Promise.all([deliver('V1', environment, false), deliver('V1', environment, false)]);
    expect(sent.map((line) => line.split(' ')[1])).toEqual([0, 1, 2, 3, 4].map((n) => `cmd/V1/req/c${n}`));
  });
});
