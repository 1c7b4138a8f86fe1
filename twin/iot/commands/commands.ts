import type { Account } from '../../account.ts';
import type { Clock, ScheduledCall } from '../../clock.ts';
import { iotArn } from '../registry/arns.ts';
import type { Registry } from '../registry/registry.ts';
import type { Table } from '../registry/table.ts';
import type { CommandDefinition, CommandRecord } from './command.ts';
import { conflict, invalid, missing } from './failures.ts';
import { checkParameters } from './parameters.ts';
import { checkPayload } from './payload.ts';

const COMMAND_ID = /^[a-zA-Z0-9_-]{1,64}$/;
/** The longest execution; a command may be needed that long after it was deprecated. */
export const LONGEST_TIMEOUT_SECONDS = 12 * 3600;

export interface CommandNames {
  readonly displayName?: string | undefined;
  readonly description?: string | undefined;
}

/** Command resources (developer guide, "Create and manage commands"). */
export class Commands {
  readonly table: Table<CommandRecord>;
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #deletions = new Map<string, ScheduledCall>();

  constructor(registry: Registry) {
    this.#account = registry.account;
    this.#clock = registry.clock;
    this.table = registry.tables.open<CommandRecord>('iot.commands');
    for (const { commandId, deletionAt } of [...this.table.values()])
      if (deletionAt !== undefined) this.#deleteAt(commandId, deletionAt);
  }

  /** @throws AwsError ValidationException, ConflictException */
  create(commandId: string, definition: CommandDefinition, { displayName, description }: CommandNames): CommandRecord {
    if (!COMMAND_ID.test(commandId)) throw invalid(`Invalid commandId: ${commandId}`);
    if (this.table.has(commandId)) throw conflict(`Command ${commandId} already exists`, commandId);
    checkPayload(definition);
    checkParameters(definition.mandatoryParameters ?? []);
    const now = this.#clock.now();
    const record: CommandRecord = {
      ...definition,
      ...{ commandId, commandArn: iotArn(this.#account, 'command', commandId) },
      ...(displayName !== undefined && { displayName }),
      ...(description !== undefined && { description }),
      ...{ deprecated: false, createdAt: now, lastUpdatedAt: now },
    };
    this.table.set(commandId, record);
    return record;
  }

  /** @throws AwsError ResourceNotFoundException */
  get(commandId: string): CommandRecord {
    const record = this.table.get(commandId);
    if (!record) throw missing(`Command ${commandId} does not exist`);
    return record;
  }

  /** @throws AwsError ResourceNotFoundException, ConflictException while it is being deleted */
  update(commandId: string, { displayName, description }: CommandNames, deprecated?: boolean): CommandRecord {
    const { deprecatedAt, ...before } = this.get(commandId);
    if (before.deletionAt !== undefined) throw conflict(`Command ${commandId} is being deleted`, commandId);
    const now = this.#clock.now();
    const record: CommandRecord = {
      ...before,
      ...(displayName !== undefined && { displayName }),
      ...(description !== undefined && { description }),
      deprecated: deprecated ?? before.deprecated,
      ...((deprecated ?? before.deprecated) && { deprecatedAt: deprecatedAt ?? now }),
      lastUpdatedAt: now,
    };
    this.table.set(commandId, record);
    return record;
  }

  /**
   * Deletes a command that has been deprecated for longer than an execution can last; any other is pending until then.
   *
   * @returns whether it is gone
   */
  delete(commandId: string): boolean {
    const record = this.get(commandId);
    const now = this.#clock.now();
    const deprecatedAt = record.deprecatedAt ?? now;
    const deletionAt = deprecatedAt + LONGEST_TIMEOUT_SECONDS * 1000;
    if (deletionAt <= now) {
      this.remove(commandId);
      return true;
    }
    this.table.set(commandId, { ...record, deprecated: true, deprecatedAt, deletionAt });
    this.#deleteAt(commandId, deletionAt);
    return false;
  }

  remove(commandId: string): void {
    this.table.delete(commandId);
    this.#deletions.get(commandId)?.cancel();
    this.#deletions.delete(commandId);
  }

  close(): void {
    for (const call of this.#deletions.values()) call.cancel();
    this.#deletions.clear();
  }

  #deleteAt(commandId: string, at: number): void {
    this.#deletions.get(commandId)?.cancel();
    this.#deletions.set(
      commandId,
      this.#clock.schedule(at - this.#clock.now(), () => this.remove(commandId)),
    );
  }
}
