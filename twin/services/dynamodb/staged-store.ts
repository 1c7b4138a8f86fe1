import type { BatchOperation, Callback, DynaliteStore, Item, SubDatabase, Table } from './dynalite.ts';

/**
 * A view of the store in which writes are collected instead of done, so that the library's own actions can be run, all
 * of them or none: one write's item and index entries, or every write of a transaction, reach the disk in one batch.
 * The caller holds the locks of the items.
 */
export class StagedStore {
  readonly operations: BatchOperation[] = [];
  /** Rejects with an exception of the library's callbacks, which would otherwise end the process. */
  readonly failure: Promise<never>;
  readonly #store: DynaliteStore;
  #fail!: (error: unknown) => void;

  constructor(store: DynaliteStore) {
    this.#store = store;
    this.failure = new Promise((_resolve, reject) => (this.#fail = reject));
    this.failure.catch(() => undefined);
  }

  get options(): Record<string, unknown> {
    return this.#store.options;
  }

  get tableDb(): DynaliteStore['tableDb'] {
    return this.#store.tableDb;
  }

  getTable(name: string, ...rest: [Callback<Table>] | [boolean, Callback<Table>]): void {
    const callback = this.#guarded(rest.at(-1) as Callback<Table>);
    if (rest.length === 2) this.#store.getTable(name, rest[0] as boolean, callback);
    else this.#store.getTable(name, callback);
  }

  getItemDb(table: string): SubDatabase {
    return this.#stage(this.#store.getItemDb(table), `item-${table}~`);
  }

  getIndexDb(type: string, table: string, index: string): SubDatabase {
    return this.#stage(this.#store.getIndexDb(type, table, index), `index-${type.toLowerCase()}~${table}~${index}~`);
  }

  #stage(real: SubDatabase, prefix: string): SubDatabase {
    return {
      get: (key, callback) => real.get(key, this.#guarded(callback as Callback<Item>)),
      put: (key, value, callback) => {
        this.operations.push({ type: 'put', key: prefix + key, value });
        callback(null);
      },
      del: (key, callback) => {
        this.operations.push({ type: 'del', key: prefix + key });
        callback(null);
      },
      lock: (_key, run) => run((done) => done ?? ((): void => undefined)),
    };
  }

  #guarded<T>(callback: Callback<T>): Callback<T> {
    return (error, result) => {
      try {
        callback(error, result);
      } catch (thrown) {
        this.#fail(thrown);
      }
    };
  }
}
