import { createHash, randomUUID } from 'node:crypto';
import { isThingName } from '../../contracts/device-classes.ts';
import type { CommandLedger } from '../shared/command-ledger.ts';
import { RETRY_AFTER, type DeliveryOutcome } from '../shared/deliver.ts';
import type { Timers } from '../shared/timers.ts';
import { parseOrder, type CommandOrder } from './command-order.ts';
import { commandView, type CommandView } from './command-view.ts';
import { Problem } from './response.ts';
import type { VehicleRegister } from './vehicle-register.ts';

export interface CreateRequest {
  readonly thing: string;
  /** The app client that asks: the `client_id` of its token. */
  readonly team: string;
  readonly body: string;
  readonly idempotencyKey?: string;
}

interface Dependencies {
  readonly ledger: CommandLedger;
  readonly timers: Timers;
  readonly vehicles: VehicleRegister;
  readonly now: () => number;
  readonly deliver: (thing: string) => Promise<DeliveryOutcome>;
  /** Told what went wrong; gives what to take it for. */
  readonly onDeliveryError: (error: unknown) => DeliveryOutcome;
}

/** What app teams may choose as an idempotency key. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,128}$/;

/**
 * Creates a command and hands it to its vehicle if that is connected. The order of effects makes a crash harmless at any
 * point: first the timer (without a command it rings in vain), then the ledger, then the vehicle.
 * @throws Problem when the request is refused; nothing has been created then
 */
export async function createCommand(request: CreateRequest, dependencies: Dependencies): Promise<CommandView> {
  const { ledger, timers, vehicles, now, deliver, onDeliveryError } = dependencies;
  const { thing, team, idempotencyKey } = request;
  if (idempotencyKey !== undefined && !IDEMPOTENCY_KEY.test(idempotencyKey)) {
    throw new Problem('invalid-request', 'Idempotency-Key must be 1 to 128 visible ASCII characters');
  }
  const order = parseOrder(request.body);
  if (!isThingName(thing) || !(await vehicles.has(thing))) {
    throw new Problem('unknown-vehicle', `there is no vehicle ${thing}`);
  }
  const commandId = idempotencyKey === undefined ? randomUUID() : keyedId(thing, team, idempotencyKey);
  const createdAt = now();
  const deadline = createdAt + order.timeToLive * 1000;
  await timers.set({ thing, commandId }, deadline, createdAt);
  const { command, arguments: given } = order;
  const { record, existed } = await ledger.create({
    ...{ thing, commandId, team, command, createdAt, deadline },
    arguments: given,
    fingerprint: fingerprint(order),
  });
  if (existed && record.fingerprint !== fingerprint(order)) {
    throw new Problem(
      'idempotency-key-reused',
      `the key belongs to command ${commandId}, which asks for something else`,
    );
  }
  // The command stands whatever becomes of this delivery: an error here is no reason to answer that it does not.
  const delivery = record.lifecycle.state === 'QUEUED' ? await deliver(thing).catch(onDeliveryError) : 'done';
  if (delivery === 'failed') {
    await timers.set({ thing, commandId }, now() + RETRY_AFTER, now());
  }
  const settled = await ledger.change(thing, commandId, { type: 'clock' }, now());
  return commandView(settled?.record ?? record);
}

/** The same key of the same team for the same vehicle is the same command, so that creating it is one conditional write. */
function keyedId(thing: string, team: string, key: string): string {
  return digest(JSON.stringify([thing, team, key])).slice(0, 32);
}

function fingerprint({ command, arguments: given, timeToLive }: CommandOrder): string {
  return digest(JSON.stringify([command, given, timeToLive]));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
