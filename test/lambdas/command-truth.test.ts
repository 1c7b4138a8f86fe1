import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isFinal } from '../../contracts/commands/lifecycle.ts';
import type { CommandRequest } from '../../contracts/commands/wire.ts';
import { createCommand } from '../../lambdas/commands-api/create-command.ts';
import { ring } from '../../lambdas/command-timers/ring.ts';
import { record } from '../../lambdas/command-status/record.ts';
import { observe } from '../../lambdas/presence/observe.ts';
import type { CommandLedger } from '../../lambdas/shared/command-ledger.ts';
import { ATTEMPT_WINDOW, deliver, type DeliveryEnvironment } from '../../lambdas/shared/deliver.ts';
import type { CommandTimer } from '../../lambdas/shared/timers.ts';
import { MemoryLedger } from './memory-ledger.ts';

/** How one message to the vehicle ends. In those that "crash" the function dies before or after the message got through. */
const ENDINGS = [
  'confirmed',
  'not-connected',
  'refused',
  'lost',
  'unconfirmed',
  'crash-before',
  'crash-after',
] as const;
/** How one call of the ledger ends. */
const CALLS = [...Array<'works'>(18).fill('works'), 'fails-before', 'fails-after'] as const;

/** The cloud's functions, one vehicle, and whatever can go wrong between them. */
class World {
  readonly ledger = new MemoryLedger();
  readonly timers = new Map<string, CommandTimer>();
  readonly executed: string[] = [];
  readonly #answers: { commandId: string; status: 'SUCCEEDED' | 'FAILED' }[] = [];
  readonly #endings: Iterator<(typeof ENDINGS)[number]>;
  readonly #calls: Iterator<(typeof CALLS)[number]>;
  now = 1_000_000;
  faulty = true;

  constructor(endings: Iterator<(typeof ENDINGS)[number]>, calls: Iterator<(typeof CALLS)[number]>) {
    this.#endings = endings;
    this.#calls = calls;
  }

  /** The ledger as the functions see it: any call may fail before or after it took effect. */
  get #unreliable(): CommandLedger {
    const call = async <Result>(effect: () => Promise<Result>): Promise<Result> => {
      const ending: string = this.faulty ? this.#calls.next().value : 'works';
      if (ending === 'fails-before') throw new Error('no connection');
      const result = await effect();
      if (ending === 'fails-after') throw new Error('connection lost');
      return result;
    };
    return {
      create: (command) => call(() => this.ledger.create(command)),
      get: (thing, id) => call(() => this.ledger.get(thing, id)),
      undelivered: (thing) => call(() => this.ledger.undelivered(thing)),
      change: (thing, id, event, now) => call(() => this.ledger.change(thing, id, event, now)),
    };
  }

  get #delivery(): DeliveryEnvironment {
    return {
      ledger: this.#unreliable,
      frontDoor: {
        send: async (_client, _topic, document) => {
          const ending = this.#endings.next().value as (typeof ENDINGS)[number];
          if (['confirmed', 'unconfirmed', 'crash-after'].includes(ending)) this.#receive(document as CommandRequest);
          if (ending.startsWith('crash')) throw new Error('the function died');
          return { delivery: ending === 'lost' ? 'unconfirmed' : (ending as 'confirmed') };
        },
      },
      now: () => this.now,
      wait: async (milliseconds) => (this.now += milliseconds),
      onFailure: () => undefined,
    };
  }

  /** The vehicle: too late is refused in silence, known ids are not executed again. */
  #receive({ id, deadline }: CommandRequest): void {
    if (this.now >= deadline || this.executed.includes(id)) return;
    this.executed.push(id);
    this.#answers.push({ commandId: id, status: this.executed.length % 3 === 0 ? 'FAILED' : 'SUCCEEDED' });
  }

  readonly #setTimer = { set: async (timer: CommandTimer) => void this.timers.set(timer.commandId, timer) };

  post(key: string): Promise<unknown> {
    return createCommand(
      { thing: 'V1', team: 'operations', body: '{"command":"horn.honk"}', idempotencyKey: key },
      {
        ...this.#delivery,
        timers: this.#setTimer,
        vehicles: { has: async () => true },
        deliver: (thing) => deliver(thing, this.#delivery, false),
        onDeliveryError: () => 'failed',
      },
    );
  }

  connect(): Promise<unknown> {
    const event = { clientId: 'V1', thingName: 'V1', eventType: 'connected', timestamp: this.now };
    return observe(event, { update: async () => true }, (thing) => deliver(thing, this.#delivery, true));
  }

  async ringAll(): Promise<void> {
    for (const timer of [...this.timers.values()]) {
      await ring(timer, {
        ledger: this.#unreliable,
        timers: this.#setTimer,
        now: () => this.now,
        deliver: (thing) => deliver(thing, this.#delivery, false),
      });
    }
  }

  /** The oldest answer arrives, or is lost; or the newest comes first, twice. */
  async answer(how: 'arrives' | 'is lost' | 'doubles'): Promise<void> {
    const next = how === 'doubles' ? this.#answers.at(-1) : this.#answers.shift();
    if (next && how !== 'is lost') await record({ thing: 'V1', ...next }, this.#unreliable, this.now);
  }
}

const step = fc.oneof(
  fc.record({ do: fc.constant('post' as const), key: fc.constantFrom('a', 'b', 'c') }),
  fc.record({ do: fc.constantFrom('connect' as const, 'ring' as const) }),
  fc.record({ do: fc.constant('answer' as const), how: fc.constantFrom('arrives', 'is lost', 'doubles') }),
  fc.record({ do: fc.constant('pass' as const), time: fc.constantFrom(100, ATTEMPT_WINDOW, 20_000) }),
);

test('no final state is ever untrue, whatever crashes, is lost, late or doubled', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.infiniteStream(fc.constantFrom(...ENDINGS)),
      fc.infiniteStream(fc.constantFrom(...CALLS)),
      async (steps, endings, calls) => {
        const world = new World(endings, calls);
        const finals = new Map<string, string>();
        for (const each of steps) {
          // What fails in a function ends that function; its caller may come again.
          await perform(world, each).catch(() => undefined);
          for (const { commandId, lifecycle } of world.ledger.records.values()) {
            const before = finals.get(commandId);
            if (before) expect(lifecycle.state).toBe(before);
            if (isFinal(lifecycle.state)) finals.set(commandId, lifecycle.state);
          }
        }
        world.now += 10 * 60_000;
        world.faulty = false;
        await world.ringAll();

        expect(new Set(world.executed).size).toBe(world.executed.length);
        for (const { commandId, lifecycle } of world.ledger.records.values()) {
          // Its timer was set before it was created, so every command comes to its end without being asked for.
          expect(isFinal(lifecycle.state)).toBe(true);
          if (['EXPIRED', 'CANCELLED'].includes(lifecycle.state)) expect(world.executed).not.toContain(commandId);
          if (['SUCCEEDED', 'FAILED'].includes(lifecycle.state)) expect(world.executed).toContain(commandId);
        }
      },
    ),
    { numRuns: 1500 },
  );
});

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

async function perform(world: World, each: Step): Promise<unknown> {
  switch (each.do) {
    case 'post':
      return world.post(each.key);
    case 'connect':
      return world.connect();
    case 'ring':
      return world.ringAll();
    case 'answer':
      return world.answer(each.how as 'arrives');
    case 'pass':
      return (world.now += each.time);
  }
}
