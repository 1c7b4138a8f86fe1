import { isCommandId } from '../../contracts/commands/wire.ts';
import { isThingName } from '../../contracts/device-classes.ts';
import type { CommandLedger } from '../shared/command-ledger.ts';
import { commandView, type CommandView } from './command-view.ts';
import { Problem } from './response.ts';

interface Dependencies {
  readonly ledger: CommandLedger;
  readonly now: () => number;
}

/**
 * The present truth about a command: a deadline that has passed is settled before it is shown.
 * @throws Problem unknown-command-id
 */
export async function getCommand(
  thing: string,
  commandId: string,
  { ledger, now }: Dependencies,
): Promise<CommandView> {
  const settled =
    isThingName(thing) && isCommandId(commandId)
      ? await ledger.change(thing, commandId, { type: 'clock' }, now())
      : undefined;
  if (!settled) throw new Problem('unknown-command-id', `vehicle ${thing} has no command ${commandId}`);
  return commandView(settled.record);
}
