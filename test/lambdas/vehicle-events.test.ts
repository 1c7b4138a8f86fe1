import { describe, expect, test } from '@jest/globals';
import { record, type StatusReport } from '../../lambdas/command-status/record.ts';
import { vehicleRegister } from '../../lambdas/commands-api/vehicle-register.ts';
import { observe, type PresenceEvent } from '../../lambdas/presence/observe.ts';
import { decide } from '../../lambdas/provisioning-hook/decide.ts';
import { honk, MemoryLedger } from './memory-ledger.ts';

describe('an answer of a vehicle', () => {
  const report = (changes: Partial<StatusReport> = {}): StatusReport => ({
    thing: 'V1',
    commandId: 'c1',
    status: 'SUCCEEDED',
    ...changes,
  });

  test('is written into the ledger', async () => {
    const ledger = new MemoryLedger();
    await ledger.create(honk('c1'));
    expect(await record(report({ result: {} }), ledger, 5)).toEqual({ outcome: 'recorded' });
    expect(ledger.state('c1')).toBe('SUCCEEDED');
  });

  test('that is repeated changes nothing', async () => {
    const ledger = new MemoryLedger();
    await ledger.create(honk('c1'));
    await record(report(), ledger, 5);
    expect(await record(report(), ledger, 6)).toEqual({ outcome: 'repeated' });
  });

  test.each([
    ['that is a heartbeat of the rule', { commandId: undefined }, 'heartbeat'],
    ['of another vehicle', { thing: 'V2' }, 'unknown'],
    ['to a command that does not exist', { commandId: 'c9' }, 'unknown'],
    ['without a status', { status: undefined }, 'invalid'],
    ['with a status of the cloud', { status: 'EXPIRED' as never }, 'invalid'],
    ['with a result that is text', { result: 'ok' as never }, 'invalid'],
    ['with a reason without a code', { reason: {} as never }, 'invalid'],
  ])('%s is dropped and says why', async (_name, changes, outcome) => {
    const ledger = new MemoryLedger();
    await ledger.create(honk('c1'));
    expect((await record(report(changes), ledger, 5)).outcome).toBe(outcome);
    expect(ledger.state('c1')).toBe('QUEUED');
  });
});

describe('a presence event', () => {
  const event = (changes: Partial<PresenceEvent> = {}): PresenceEvent => ({
    clientId: 'V1',
    thingName: 'V1',
    eventType: 'connected',
    timestamp: 1,
    ...changes,
  });

  async function seen(changes: Partial<PresenceEvent>) {
    const effects: string[] = [];
    const outcome = await observe(
      event(changes),
      { update: async (thing, connected) => (effects.push(`${thing} ${connected ? 'came' : 'went'}`), true) },
      async (thing) => (effects.push(`deliver ${thing}`), 'done'),
    );
    return { outcome, effects };
  }

  test.each<[string, Partial<PresenceEvent>, string[]]>([
    ['connected is remembered and delivers', {}, ['V1 came', 'deliver V1']],
    ['disconnected is remembered', { eventType: 'disconnected' }, ['V1 went']],
    ['connect_failed is ignored: anybody can cause one', { eventType: 'connect_failed' }, []],
    ['of a client that is no thing delivers what its name may receive', { thingName: undefined }, ['deliver V1']],
    ['of a client id that is no name is ignored', { clientId: 'a/b', thingName: undefined }, []],
  ])('%s', async (_name, changes, effects) => {
    expect((await seen(changes)).effects).toEqual(effects);
  });
});

describe('the provisioning hook', () => {
  const ask = (parameters: Record<string, string> | undefined, registered?: { serialNumber?: string }) =>
    decide({ parameters }, async () => registered);
  const parameters = { ThingName: 'V1', SerialNumber: 'S1' };

  test.each<[string, Parameters<typeof ask>, boolean]>([
    ['allows a new device', [parameters], true],
    ['allows the same unit again', [parameters, { serialNumber: 'S1' }], true],
    ['refuses a name that another unit has', [parameters, { serialNumber: 'S2' }], false],
    ['refuses a name that was registered by hand', [parameters, {}], false],
    ['refuses a device without parameters', [undefined], false],
    ['refuses a device without serial number', [{ ThingName: 'V1' }], false],
    ['refuses a name that would break out of its topics', [{ ...parameters, ThingName: 'V1/#' }], false],
  ])('%s, with a reason', async (_name, [given, registered], allow) => {
    const verdict = await ask(given, registered);
    expect(verdict.allow).toBe(allow);
    expect(verdict.reason).not.toBe('');
  });
});

describe('the register of vehicles', () => {
  test('asks AWS IoT once a minute for a vehicle, and every time for what is not there', async () => {
    const asked: string[] = [];
    const clock = { now: 1 };
    const register = vehicleRegister(
      async (thing) => (asked.push(thing), thing === 'V1' ? { thingTypeName: 'vehicle' } : undefined),
      () => clock.now,
    );
    expect([
      await register.has('V1'),
      await register.has('V1'),
      await register.has('X'),
      await register.has('X'),
    ]).toEqual([true, true, false, false]);
    clock.now += 60_000;
    await register.has('V1');
    expect(asked).toEqual(['V1', 'X', 'X', 'V1']);
  });

  test.each([
    [{ thingTypeName: 'vehicle' }, true],
    [{}, true],
    [{ thingTypeName: 'rsu' }, false],
  ])('takes %p for a vehicle: %p', async (thing, is) => {
    expect(
      await vehicleRegister(
        async () => thing,
        () => 0,
      ).has('V1'),
    ).toBe(is);
  });
});
