import { GetCommand, PutCommand, QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { next, type LifecycleEvent } from '../../contracts/commands/lifecycle.ts';
import { isAwsError } from './aws-error.ts';
import { newRecord, type CommandRecord, type NewCommand } from './command-record.ts';

/** Local index that holds only the commands that may still have to be handed to their vehicle, oldest first. */
export const UNDELIVERED_INDEX = 'undelivered';

/** How long a command can be looked up after its deadline. */
const KEPT_SECONDS = 30 * 24 * 3600;

/** Writers of one command are few (a delivery, an answer, a timer); more conflicts than this mean a defect. */
const CHANGE_ATTEMPTS = 8;

/** Where commands are kept: one item a command, written before anything is sent, changed only by its lifecycle. */
export interface CommandLedger {
  /** Creates the command unless its id exists; gives what is in the ledger then. */
  create(command: NewCommand): Promise<{ readonly record: CommandRecord; readonly existed: boolean }>;
  get(thing: string, commandId: string): Promise<CommandRecord | undefined>;
  /** The commands of a vehicle in states QUEUED and SENT, in the order of their creation. */
  undelivered(thing: string): Promise<readonly CommandRecord[]>;
  /**
   * Applies an event to a command. `changed` is false when the event meant nothing, or when somebody else's change came first
   * and it then meant nothing.
   * @returns undefined when there is no such command
   */
  change(thing: string, commandId: string, event: LifecycleEvent, now: number): Promise<Change | undefined>;
}

export interface Change {
  readonly record: CommandRecord;
  readonly changed: boolean;
}

export class DynamoCommandLedger implements CommandLedger {
  readonly #dynamo: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(dynamo: DynamoDBDocumentClient, table: string) {
    this.#dynamo = dynamo;
    this.#table = table;
  }

  async create(command: NewCommand): Promise<{ record: CommandRecord; existed: boolean }> {
    const record = newRecord(command);
    if (await this.#put(record, 'attribute_not_exists(commandId)')) return { record, existed: false };
    const existing = await this.get(command.thing, command.commandId);
    if (!existing) throw new Error(`command ${command.commandId} vanished while it was created`);
    return { record: existing, existed: true };
  }

  async get(thing: string, commandId: string): Promise<CommandRecord | undefined> {
    const { Item } = await this.#dynamo.send(
      new GetCommand({ TableName: this.#table, Key: { thing, commandId }, ConsistentRead: true }),
    );
    return Item && recordOf(Item as CommandItem);
  }

  /** Consistent, which is why the index is a local one: a command written before this call is seen by it. */
  async undelivered(thing: string): Promise<readonly CommandRecord[]> {
    const { Items } = await this.#dynamo.send(
      new QueryCommand({
        TableName: this.#table,
        IndexName: UNDELIVERED_INDEX,
        KeyConditionExpression: 'thing = :thing',
        ExpressionAttributeValues: { ':thing': thing },
        ConsistentRead: true,
      }),
    );
    return ((Items ?? []) as CommandItem[]).map(recordOf);
  }

  async change(thing: string, commandId: string, event: LifecycleEvent, now: number): Promise<Change | undefined> {
    for (let attempt = 1; attempt <= CHANGE_ATTEMPTS; attempt++) {
      const record = await this.get(thing, commandId);
      if (!record) return undefined;
      const lifecycle = next(record.lifecycle, event, now);
      if (lifecycle === record.lifecycle) return { record, changed: false };
      const changed = { ...record, lifecycle, version: record.version + 1 };
      if (await this.#put(changed, 'version = :version', { ':version': record.version })) {
        return { record: changed, changed: true };
      }
    }
    throw new Error(`command ${commandId} of ${thing} was changed by others ${CHANGE_ATTEMPTS} times in a row`);
  }

  /** @returns false when the condition did not hold */
  async #put(record: CommandRecord, condition: string, values?: Record<string, unknown>): Promise<boolean> {
    try {
      await this.#dynamo.send(
        new PutCommand({
          TableName: this.#table,
          Item: itemOf(record),
          ConditionExpression: condition,
          ...(values && { ExpressionAttributeValues: values }),
        }),
      );
      return true;
    } catch (error) {
      if (isAwsError(error, 'ConditionalCheckFailedException')) return false;
      throw error;
    }
  }
}

/** A command as it is stored: with the index's sort key, without which it is not in the index, and DynamoDB's time to live. */
interface CommandItem extends CommandRecord {
  readonly undelivered?: string;
  /** Unix time in seconds. */
  readonly expiresAt: number;
}

function itemOf(record: CommandRecord): CommandItem {
  const { state, deadline } = record.lifecycle;
  return {
    ...record,
    // Zero-padded, so that text order is time order.
    ...((state === 'QUEUED' || state === 'SENT') && {
      undelivered: `${String(record.createdAt).padStart(15, '0')}#${record.commandId}`,
    }),
    expiresAt: Math.ceil(deadline / 1000) + KEPT_SECONDS,
  };
}

function recordOf({ undelivered: _undelivered, expiresAt: _expiresAt, ...record }: CommandItem): CommandRecord {
  return record;
}
