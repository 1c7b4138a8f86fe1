import { topics } from '../../contracts/topics.ts';
import { wireRequest, type CommandRecord } from './command-record.ts';
import type { CommandLedger } from './command-ledger.ts';
import { CONFIRMATION_SECONDS, type FrontDoor } from './front-door.ts';

/** An attempt older than this is over, however its function ended, in ms: the confirmation's time and one for the way. */
export const ATTEMPT_WINDOW = CONFIRMATION_SECONDS * 1000 + 3_000;
const POLL = 200;

/** After a delivery that something other than the vehicle's absence kept from succeeding, in ms. */
export const RETRY_AFTER = 5_000;

export interface DeliveryEnvironment {
  readonly ledger: CommandLedger;
  readonly frontDoor: FrontDoor;
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<unknown>;
  /** Told of every failure that a later attempt must make good. */
  readonly onFailure: (record: CommandRecord, error: unknown) => void;
}

/** Why a delivery ended: nothing is left, the vehicle is away, or something went wrong and it is to be tried again soon. */
export type DeliveryOutcome = 'done' | 'not-connected' | 'failed';

/**
 * Hands a vehicle its waiting commands, oldest first. Several deliveries for one vehicle may run at once: each command
 * is claimed in the ledger (SENT) before it is sent, and nobody overtakes a command that another delivery is sending.
 * @param resend also those whose earlier attempt ended without proof (SENT): safe, since a vehicle executes an id once, and right when
 *   it has just connected
 */
export async function deliver(
  thing: string,
  environment: DeliveryEnvironment,
  resend: boolean,
): Promise<DeliveryOutcome> {
  const attempted = new Set<string>();
  for (;;) {
    const due = (await environment.ledger.undelivered(thing)).find(
      ({ commandId, lifecycle }) =>
        !attempted.has(commandId) &&
        (lifecycle.state === 'QUEUED' || resend || inFlight(lifecycle.attemptedAt, environment.now())),
    );
    if (!due) return 'done';
    if (due.lifecycle.state === 'SENT' && inFlight(due.lifecycle.attemptedAt, environment.now())) {
      await environment.wait(POLL);
      continue;
    }
    attempted.add(due.commandId);
    const outcome = await attempt(due, environment);
    if (outcome !== 'done') return outcome;
  }
}

function inFlight(attemptedAt: number | undefined, now: number): boolean {
  return attemptedAt !== undefined && now - attemptedAt < ATTEMPT_WINDOW;
}

async function attempt(due: CommandRecord, environment: DeliveryEnvironment): Promise<DeliveryOutcome> {
  const { ledger, frontDoor, now, onFailure } = environment;
  const { thing, commandId } = due;
  const claim = await ledger.change(thing, commandId, { type: 'attempt', after: due.lifecycle.attempts }, now());
  // Taken by another delivery, or changed by the clock instead (its deadline has passed): nothing to send.
  if (!claim?.changed || claim.record.lifecycle.state !== 'SENT') return 'done';
  const { delivery, error } = await frontDoor.send(
    thing,
    topics.commandRequest(thing, commandId),
    wireRequest(claim.record),
  );
  const event = delivery === 'refused' ? 'not-connected' : delivery;
  await ledger.change(thing, commandId, { type: event }, now());
  if (delivery === 'refused' || delivery === 'unconfirmed') onFailure(claim.record, error);
  if (delivery === 'not-connected') return 'not-connected';
  return delivery === 'refused' ? 'failed' : 'done';
}
