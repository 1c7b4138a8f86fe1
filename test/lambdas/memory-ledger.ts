import { isFinal, next, type LifecycleEvent } from '../../contracts/commands/lifecycle.ts';
import type { Change, CommandLedger } from '../../lambdas/shared/command-ledger.ts';
import { newRecord, type CommandRecord, type NewCommand } from '../../lambdas/shared/command-record.ts';

/** The ledger without DynamoDB; `log` keeps every state that a command took, in order. */
export class MemoryLedger implements CommandLedger {
  readonly records = new Map<string, CommandRecord>();
  readonly log: string[] = [];

  async create(command: NewCommand): Promise<{ record: CommandRecord; existed: boolean }> {
    const existing = await this.get(command.thing, command.commandId);
    if (existing) return { record: existing, existed: true };
    const record = newRecord(command);
    this.#put(record);
    return { record, existed: false };
  }

  async get(thing: string, commandId: string): Promise<CommandRecord | undefined> {
    return this.records.get(`${thing}/${commandId}`);
  }

  async undelivered(thing: string): Promise<readonly CommandRecord[]> {
    return [...this.records.values()]
      .filter((each) => each.thing === thing && !isFinal(each.lifecycle.state))
      .filter(({ lifecycle }) => lifecycle.state === 'QUEUED' || lifecycle.state === 'SENT')
      .sort((one, other) => one.createdAt - other.createdAt);
  }

  async change(thing: string, commandId: string, event: LifecycleEvent, now: number): Promise<Change | undefined> {
    // Read and written without a pause between: DynamoDB's conditional writes come to the same.
    const record = this.records.get(`${thing}/${commandId}`);
    if (!record) return undefined;
    const lifecycle = next(record.lifecycle, event, now);
    if (lifecycle === record.lifecycle) return { record, changed: false };
    const changed = { ...record, lifecycle, version: record.version + 1 };
    this.#put(changed);
    return { record: changed, changed: true };
  }

  state(commandId: string): string | undefined {
    return [...this.records.values()].find((each) => each.commandId === commandId)?.lifecycle.state;
  }

  #put(record: CommandRecord): void {
    this.records.set(`${record.thing}/${record.commandId}`, record);
    this.log.push(`${record.commandId} ${record.lifecycle.state}`);
  }
}

/** A command for the vehicle V1 that was created at `createdAt` and has a minute. */
export function honk(commandId: string, createdAt = 0): NewCommand {
  return {
    thing: 'V1',
    commandId,
    team: 'operations',
    command: 'horn.honk',
    arguments: {},
    createdAt,
    deadline: createdAt + 60_000,
    fingerprint: 'f',
  };
}
