import { created, type Lifecycle } from '../../contracts/commands/lifecycle.ts';
import type { CommandRequest } from '../../contracts/commands/wire.ts';

/** One command in the ledger. Times are Unix time in ms by the cloud's clock. */
export interface CommandRecord {
  readonly thing: string;
  readonly commandId: string;
  /** The app client that created it. */
  readonly team: string;
  readonly command: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  /** Digest of what was asked, to tell a repeated request from a different one under the same idempotency key. */
  readonly fingerprint: string;
  /** Counts changes; every write is conditional on it. */
  readonly version: number;
  readonly lifecycle: Lifecycle;
}

/** What a command is made from. */
export type NewCommand = Omit<CommandRecord, 'version' | 'lifecycle'> & { readonly deadline: number };

export function newRecord({ deadline, ...command }: NewCommand): CommandRecord {
  return { ...command, version: 1, lifecycle: created(command.createdAt, deadline) };
}

/** What the vehicle gets to see of a command. */
export function wireRequest(record: CommandRecord): CommandRequest {
  return {
    id: record.commandId,
    command: record.command,
    arguments: record.arguments,
    deadline: record.lifecycle.deadline,
  };
}
