import { commandAnswerSchema, type CommandAnswer } from '../../contracts/commands/wire.ts';
import { violations } from '../../contracts/schema.ts';
import type { CommandLedger } from '../shared/command-ledger.ts';

/** What the rule's SQL selects: the answer's own members, and who answers which command as the topic says. */
export interface StatusReport extends Partial<CommandAnswer> {
  readonly thing: string;
  /** Absent in a heartbeat of the rule (contracts/heartbeat.ts), which is no answer. */
  readonly commandId?: string;
}

export interface Recording {
  /** `heartbeat`: it was none. `repeated`: it says nothing new. `unknown` and `invalid`: dropped, since repeating would not mend them. */
  readonly outcome: 'recorded' | 'repeated' | 'unknown' | 'invalid' | 'heartbeat';
  readonly detail?: string;
}

/** Writes a vehicle's answer into the ledger. Repeated answers (QoS 1) change nothing. */
export async function record(report: StatusReport, ledger: CommandLedger, now: number): Promise<Recording> {
  const { thing, commandId, status, result, reason, at } = report;
  if (commandId === undefined) return { outcome: 'heartbeat' };
  const answer = JSON.parse(JSON.stringify({ status, result, reason, at })) as CommandAnswer;
  const wrong = violations(commandAnswerSchema, answer);
  if (wrong.length > 0) {
    return { outcome: 'invalid', detail: wrong.map((each) => `${each.pointer} ${each.message}`).join('; ') };
  }
  const change = await ledger.change(thing, commandId, { type: 'answer', answer }, now);
  if (!change) return { outcome: 'unknown' };
  return { outcome: change.changed ? 'recorded' : 'repeated' };
}
