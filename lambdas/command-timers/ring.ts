import { isFinal, type CommandState } from '../../contracts/commands/lifecycle.ts';
import type { CommandLedger } from '../shared/command-ledger.ts';
import { RETRY_AFTER, type DeliveryOutcome } from '../shared/deliver.ts';
import type { CommandTimer, Timers } from '../shared/timers.ts';

interface RingEnvironment {
  readonly ledger: CommandLedger;
  readonly timers: Timers;
  readonly now: () => number;
  readonly deliver: (thing: string) => Promise<DeliveryOutcome>;
}

/**
 * Looks at a command when its timer rings: past its deadline it gets its final state, also when nobody asks. Before that, one
 * that still waits is delivered, which heals a lost presence event or a throttled delivery, and the timer is set again.
 * @returns the command's state then; undefined when there is no such command (its creation failed after the timer was set)
 */
export async function ring(
  timer: CommandTimer,
  { ledger, timers, now, deliver }: RingEnvironment,
): Promise<CommandState | undefined> {
  const settled = await ledger.change(timer.thing, timer.commandId, { type: 'clock' }, now());
  if (!settled) return undefined;
  const { state, deadline } = settled.record.lifecycle;
  if (isFinal(state)) return state;
  const outcome = state === 'QUEUED' ? await deliver(timer.thing) : 'done';
  await timers.set(timer, outcome === 'failed' ? Math.min(now() + RETRY_AFTER, deadline) : deadline, now());
  return state;
}
