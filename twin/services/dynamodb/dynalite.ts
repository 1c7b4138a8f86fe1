import { createRequire } from 'node:module';

import { AwsError } from '../../endpoint/service.ts';

/**
 * The parts of the library `dynalite` that the twin runs in its own process: the validation of requests, the actions,
 * and the store over LevelDB. The library's HTTP server is left out; its version is pinned because these are inner parts.
 */

export type Callback<T = unknown> = (error: unknown, result?: T) => void;
export type Item = Record<string, Record<string, unknown>>;

export interface Table {
  readonly TableName: string;
  readonly TableArn: string;
  readonly TableStatus: string;
  readonly KeySchema: readonly { readonly AttributeName: string; readonly KeyType: string }[];
  readonly GlobalSecondaryIndexes?: readonly { readonly IndexName: string }[];
  readonly LocalSecondaryIndexes?: readonly { readonly IndexName: string }[];
}

/** One level of the key space: a table's items, an index, or the tables themselves. */
export interface SubDatabase {
  get(key: string, callback: Callback<Item>): void;
  put(key: string, value: unknown, callback: Callback): void;
  del(key: string, callback: Callback): void;
  lock(key: string | string[], run: (release: (done?: Callback) => Callback) => void): void;
}

export interface DynaliteStore {
  readonly options: Record<string, unknown>;
  readonly db: { batch(operations: readonly BatchOperation[], callback: Callback): void; open?(): Promise<void> };
  readonly tableDb: SubDatabase & { awsAccountId: string; awsRegion: string };
  readonly lifecycleManager: { gracefulClose(callback: Callback): void };
  getTable(name: string, callback: Callback<Table>): void;
  getTable(name: string, checkStatus: boolean, callback: Callback<Table>): void;
  getItemDb(table: string): SubDatabase;
  getIndexDb(type: string, table: string, index: string): SubDatabase;
  deleteIndexDb(type: string, table: string, index: string, callback: Callback): void;
}

export interface BatchOperation {
  readonly type: 'put' | 'del';
  readonly key: string;
  readonly value?: unknown;
}

export type Data = Record<string, unknown>;

interface Validation {
  readonly types: Record<string, unknown>;
  readonly custom?: unknown;
}

interface DynaliteDatabase {
  create(options: Record<string, unknown>): DynaliteStore;
  createKey(item: unknown, table: Table): string;
  validateKey(key: unknown, table: Table): unknown;
  validateItem(item: unknown, table: Table): unknown;
  checkConditional(data: Data, item: Item | undefined): unknown;
  updateIndexes(store: DynaliteStore, table: Table, before: Item | undefined, after: Item, callback: Callback): void;
}

const require = createRequire(import.meta.url);

export function database(): DynaliteDatabase {
  return require('dynalite/db') as DynaliteDatabase;
}

export type Action = (store: DynaliteStore, data: Data, callback: Callback<Data>) => void;

/** An action by the operation's name in the library's spelling, e.g. `putItem`. */
export function action(operation: string): Action {
  return require(`dynalite/actions/${lowerFirst(operation)}`) as Action;
}

/**
 * Checks a request as DynamoDB does and parses its expressions.
 *
 * @returns the request with only known members, and its expressions parsed
 * @throws AwsError ValidationException, SerializationException, with DynamoDB's texts
 */
export function validate(operation: string, data: Data, store: DynaliteStore): Data {
  const validations = require('dynalite/validations') as {
    checkTypes(data: Data, types: unknown): Data;
    checkValidations(data: Data, types: unknown, custom: unknown, store: DynaliteStore): void;
  };
  const validation = require(`dynalite/validations/${lowerFirst(operation)}`) as Validation;
  try {
    // The library deletes what it does not know from the object that it is given.
    const checked = validations.checkTypes({ ...data }, validation.types);
    validations.checkValidations(checked, validation.types, validation.custom, store);
    return checked;
  } catch (error) {
    throw asAwsError(error);
  }
}

/** Turns the library's errors into AWS's; anything else is returned as it is. */
export function asAwsError(error: unknown): unknown {
  const { statusCode, body } = error as { statusCode?: number; body?: Record<string, unknown> };
  if (statusCode === undefined || body === undefined) return error;
  const { __type: type, message, Message, ...members } = body;
  return new AwsError(String(type).split('#').pop()!, String(message ?? Message ?? ''), statusCode, members);
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
