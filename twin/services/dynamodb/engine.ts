import { mkdirSync } from 'node:fs';

import type { Account } from '../../account.ts';
import { AwsError } from '../../endpoint/service.ts';
import { action, asAwsError, database, validate } from './dynalite.ts';
import type { Data, DynaliteStore, Item, Table } from './dynalite.ts';
import { changeIndexes, structuralChanges } from './index-changes.ts';
import { StagedStore } from './staged-store.ts';

export interface DynamoDbEngineOptions {
  /** Folder of the tables; in memory when absent. */
  readonly folder?: string;
  readonly account: Account;
  /** Told of every item that was written, for expiry. */
  readonly onPut?: (table: string, item: Item) => void;
}

/** One write of an item: PutItem, UpdateItem, DeleteItem, or a transaction's ConditionCheck. */
export interface ItemWrite {
  readonly operation: 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'ConditionCheck';
  readonly data: Data;
}

export type WriteResult = { readonly output: Data } | { readonly error: AwsError };

const ONE_ITEM_ONCE = 'Transaction request cannot include multiple operations on one item';

const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

/**
 * DynamoDB's tables. What a write changes, index entries included, is one batch in LevelDB's log, which has reached the
 * operating system when the call returns: a killed process loses no acknowledged write and leaves none half done.
 */
export class DynamoDbEngine {
  readonly #options: DynamoDbEngineOptions;
  #store: Promise<DynaliteStore> | undefined;

  constructor(options: DynamoDbEngineOptions) {
    this.#options = options;
  }

  /**
   * Runs one of the operations that the library knows.
   *
   * @param data the request as on the wire
   * @throws AwsError
   */
  async execute(operation: string, data: Data): Promise<Data> {
    const store = await this.#open();
    if (WRITES.has(operation)) {
      const [result] = await this.write([{ operation: operation as ItemWrite['operation'], data }]);
      if ('error' in result!) throw result.error;
      return result!.output;
    }
    // The library's own validation of new indexes is older than on-demand tables, and it would not make them anyway.
    if (operation === 'UpdateTable' && structuralChanges(data).length > 0) return this.#changeIndexes(store, data);
    const checked = validate(operation, data, store);
    return operation === 'BatchWriteItem' ? this.#batchWrite(checked) : call(operation, store, checked);
  }

  async #changeIndexes(store: DynaliteStore, data: Data): Promise<Data> {
    const name = String(data['TableName']);
    try {
      await changeIndexes(store, name, data, (startKey) =>
        this.execute('Scan', { TableName: name, ...(startKey !== undefined && { ExclusiveStartKey: startKey }) }),
      );
    } catch (error) {
      throw asAwsError(error);
    }
    const { GlobalSecondaryIndexUpdates: _done, AttributeDefinitions: _merged, ...rest } = data;
    if (rest['BillingMode'] !== undefined || rest['ProvisionedThroughput'] !== undefined)
      return this.execute('UpdateTable', rest);
    return { TableDescription: await this.table(name) };
  }

  async #batchWrite(data: Data): Promise<Data> {
    const requests = Object.entries(
      data['RequestItems'] as Record<string, { PutRequest?: Data; DeleteRequest?: Data }[]>,
    );
    const writes = requests.flatMap(([table, items]) =>
      items.map(({ PutRequest, DeleteRequest }): ItemWrite => {
        const operation = PutRequest ? 'PutItem' : 'DeleteItem';
        return {
          operation,
          data: {
            ...(PutRequest ?? DeleteRequest),
            TableName: table,
            ReturnConsumedCapacity: data['ReturnConsumedCapacity'],
          },
        };
      }),
    );
    const results = await this.write(writes, 'Provided list of item keys contains duplicates');
    const failed = results.find((result) => 'error' in result);
    if (failed && 'error' in failed) throw failed.error;
    return {
      UnprocessedItems: {},
      ...consumedByTable(results.flatMap((result) => ('output' in result ? [result.output] : []))),
    };
  }

  /**
   * Does all of the writes, or none if one of them fails. Every item is locked meanwhile, so that concurrent writes of
   * the same items follow one another.
   *
   * @returns for each write its output, or the error for which none was done
   * @throws AwsError when the request as a whole is wrong (validation, unknown table)
   */
  async write(writes: readonly ItemWrite[], duplicateMessage = ONE_ITEM_ONCE): Promise<WriteResult[]> {
    const store = await this.#open();
    const prepared = await Promise.all(writes.map((write) => prepare(store, write)));
    if (new Set(prepared.map(identity)).size < prepared.length)
      throw new AwsError('ValidationException', duplicateMessage);
    const release = await lockAll(store, prepared);
    try {
      const results: WriteResult[] = [];
      const staged = new StagedStore(store);
      for (const write of prepared) results.push(await runStaged(store, staged, write));
      if (results.every((result) => 'output' in result)) {
        if (staged.operations.length > 0) {
          await run<void>((resolve, reject) =>
            store.db.batch(staged.operations, (error) => (error ? reject(error) : resolve())),
          );
        }
        this.#tellOfPuts(staged);
      }
      return results;
    } finally {
      release();
    }
  }

  /**
   * Answers several GetItem requests as of one moment: no write of any of the items happens in between.
   *
   * @throws AwsError
   */
  async readTogether(requests: readonly Data[]): Promise<Data[]> {
    const store = await this.#open();
    const checked = requests.map((request) => validate('GetItem', request, store));
    const keys = await Promise.all(
      checked.map((request) => keyOf(store, String(request['TableName']), request['Key'])),
    );
    const release = await lockAll(store, keys);
    try {
      return await Promise.all(checked.map((request) => call('GetItem', store, request)));
    } finally {
      release();
    }
  }

  async table(name: string): Promise<Table> {
    const store = await this.#open();
    return run((resolve, reject) =>
      store.getTable(name, false, (error, table) => (error ? reject(error) : resolve(table!))),
    );
  }

  async close(): Promise<void> {
    const store = await this.#store;
    if (store) await run<void>((resolve) => store.lifecycleManager.gracefulClose(() => resolve()));
  }

  #tellOfPuts(staged: StagedStore): void {
    const { onPut } = this.#options;
    if (!onPut) return;
    for (const operation of staged.operations) {
      const table = operation.type === 'put' ? /^item-([^~]+)~/.exec(operation.key)?.[1] : undefined;
      if (table !== undefined) onPut(table, operation.value as Item);
    }
  }

  #open(): Promise<DynaliteStore> {
    return (this.#store ??= this.#create());
  }

  async #create(): Promise<DynaliteStore> {
    const { folder, account } = this.#options;
    if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
    const store = database().create({ path: folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
    store.tableDb.awsAccountId = account.accountId;
    store.tableDb.awsRegion = account.region;
    await finishInterruptedChanges(store);
    return store;
  }
}

function consumedByTable(outputs: readonly Data[]): Data {
  const units = new Map<string, number>();
  for (const { ConsumedCapacity } of outputs) {
    const { TableName, CapacityUnits } = (ConsumedCapacity ?? {}) as { TableName?: string; CapacityUnits?: number };
    if (TableName !== undefined) units.set(TableName, (units.get(TableName) ?? 0) + (CapacityUnits ?? 0));
  }
  return units.size === 0
    ? {}
    : { ConsumedCapacity: [...units].map(([TableName, CapacityUnits]) => ({ TableName, CapacityUnits })) };
}

/** A process that was killed right after CreateTable or UpdateTable leaves the table in between; nothing else waits on it. */
async function finishInterruptedChanges(store: DynaliteStore): Promise<void> {
  const { TableNames: names } = await call('ListTables', store, { Limit: 100_000 });
  for (const name of names as string[]) {
    const table = await run<Table>((resolve, reject) =>
      store.getTable(name, false, (error, found) => (error ? reject(error) : resolve(found!))),
    );
    if (table.TableStatus === 'ACTIVE') continue;
    const indexes = table.GlobalSecondaryIndexes?.map((index) => ({ ...index, IndexStatus: 'ACTIVE' }));
    const settled = { ...table, TableStatus: 'ACTIVE', ...(indexes && { GlobalSecondaryIndexes: indexes }) };
    await run<void>((resolve, reject) => {
      if (table.TableStatus === 'DELETING') store.tableDb.del(name, (error) => (error ? reject(error) : resolve()));
      else store.tableDb.put(name, settled, (error) => (error ? reject(error) : resolve()));
    });
  }
}

interface PreparedWrite extends ItemWrite {
  readonly table: string;
  readonly key: string;
  readonly returnOnFailure: boolean;
}

async function prepare(store: DynaliteStore, { operation, data }: ItemWrite): Promise<PreparedWrite> {
  // A condition check is a deletion that stops after its condition.
  const checked = validate(operation === 'ConditionCheck' ? 'DeleteItem' : operation, data, store);
  const table = String(checked['TableName']);
  const definition = await tableOf(store, table);
  const { createKey, validateItem, validateKey } = database();
  const subject = operation === 'PutItem' ? checked['Item'] : checked['Key'];
  const invalid = operation === 'PutItem' ? validateItem(subject, definition) : validateKey(subject, definition);
  if (invalid !== null && invalid !== undefined) throw asAwsError(invalid);
  const returnOnFailure = data['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD';
  return { operation, data: checked, table, key: createKey(subject, definition), returnOnFailure };
}

async function runStaged(store: DynaliteStore, staged: StagedStore, write: PreparedWrite): Promise<WriteResult> {
  try {
    if (write.operation === 'ConditionCheck') {
      const failure = database().checkConditional(write.data, await getItem(store, write.table, write.key));
      if (failure !== null && failure !== undefined) throw asAwsError(failure);
      return { output: {} };
    }
    const done = call(write.operation, staged as unknown as DynaliteStore, write.data);
    return { output: await Promise.race([done, staged.failure]) };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    if (error.code !== 'ConditionalCheckFailedException' || !write.returnOnFailure) return { error };
    const item = await getItem(store, write.table, write.key);
    return {
      error: item ? new AwsError(error.code, error.message, error.statusCode, { ...error.members, Item: item }) : error,
    };
  }
}

async function keyOf(store: DynaliteStore, table: string, key: unknown): Promise<{ table: string; key: string }> {
  const definition = await tableOf(store, table);
  const invalid = database().validateKey(key, definition);
  if (invalid !== null && invalid !== undefined) throw asAwsError(invalid);
  return { table, key: database().createKey(key, definition) };
}

function tableOf(store: DynaliteStore, name: string): Promise<Table> {
  return run((resolve, reject) => store.getTable(name, (error, table) => (error ? reject(error) : resolve(table!))));
}

function getItem(store: DynaliteStore, table: string, key: string): Promise<Item | undefined> {
  return run((resolve, reject) => {
    store.getItemDb(table).get(key, (error, item) => {
      if (error && (error as Error).name !== 'NotFoundError') reject(error);
      else resolve(item);
    });
  });
}

function identity({ table, key }: { readonly table: string; readonly key: string }): string {
  return `${table}~${key}`;
}

/** Locks items in one order over all tables, so that two transactions never wait for each other. */
async function lockAll(
  store: DynaliteStore,
  items: readonly { readonly table: string; readonly key: string }[],
): Promise<() => void> {
  const ordered = [...new Map(items.map((item) => [identity(item), item])).entries()].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const releases: (() => void)[] = [];
  for (const [, { table, key }] of ordered) {
    await new Promise<void>((locked) => {
      store.getItemDb(table).lock(key, (release) => {
        releases.push(() => release()(null));
        locked();
      });
    });
  }
  return () => releases.forEach((release) => release());
}

function call(operation: string, store: DynaliteStore, data: Data): Promise<Data> {
  return run((resolve, reject) =>
    action(operation)(store, data, (error, result) => (error ? reject(error) : resolve(result ?? {}))),
  );
}

function run<T>(start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => start(resolve, (error) => reject(asAwsError(error))));
}
