import type { Collection, Store } from '../../state/store.ts';
import { KeySet, NO_KEYS } from './key-set.ts';

/** Names the index values under which a record is found; several, one or none. */
export type IndexFunction<T> = (value: T, key: string) => Iterable<string> | string | undefined;

/** Steps that put the tables' indices back when a transaction fails; `undefined` outside one. */
export interface TableJournal {
  undo: (() => void)[] | undefined;
}

/** A durable collection with secondary indices, which are in memory and rebuilt when it is opened. */
export class Table<T, Index extends string = never> {
  readonly keys = new KeySet();
  readonly #collection: Collection<T>;
  readonly #journal: TableJournal;
  readonly #indices: readonly { readonly of: IndexFunction<T>; readonly buckets: Map<string, KeySet> }[];
  readonly #indexNumber: ReadonlyMap<string, number>;

  constructor(collection: Collection<T>, journal: TableJournal, indices: Readonly<Record<Index, IndexFunction<T>>>) {
    this.#collection = collection;
    this.#journal = journal;
    const names = Object.keys(indices) as Index[];
    this.#indices = names.map((name) => ({ of: indices[name], buckets: new Map() }));
    this.#indexNumber = new Map(names.map((name, number) => [name, number]));
    for (const [key, value] of collection.entries()) this.#enter(key, value);
  }

  get size(): number {
    return this.#collection.size;
  }

  get(key: string): T | undefined {
    return this.#collection.get(key);
  }

  has(key: string): boolean {
    return this.#collection.has(key);
  }

  set(key: string, value: T): void {
    const before = this.#collection.get(key);
    this.#collection.set(key, value);
    this.#replace(key, before, value);
    this.#journal.undo?.push(() => this.#replace(key, value, before));
  }

  delete(key: string): boolean {
    const before = this.#collection.get(key);
    if (before === undefined) return false;
    this.#collection.delete(key);
    this.#replace(key, before, undefined);
    this.#journal.undo?.push(() => this.#replace(key, undefined, before));
    return true;
  }

  values(): IterableIterator<T> {
    return this.#collection.values();
  }

  /** In order of insertion. */
  entries(): IterableIterator<[string, T]> {
    return this.#collection.entries();
  }

  /** Keys of the records with this index value. */
  by(index: Index, value: string): KeySet {
    return this.#indices[this.#indexNumber.get(index)!]!.buckets.get(value) ?? NO_KEYS;
  }

  /** The records with this index value, in no order. */
  *recordsBy(index: Index, value: string): Generator<T> {
    for (const key of this.by(index, value)) yield this.#collection.get(key)!;
  }

  #replace(key: string, before: T | undefined, after: T | undefined): void {
    if (before !== undefined) this.#leave(key, before, after === undefined);
    if (after !== undefined) this.#enter(key, after);
  }

  #enter(key: string, value: T): void {
    this.keys.add(key);
    for (const { of, buckets } of this.#indices) {
      for (const bucket of bucketsOf(of(value, key))) {
        let keys = buckets.get(bucket);
        if (!keys) buckets.set(bucket, (keys = new KeySet()));
        keys.add(key);
      }
    }
  }

  #leave(key: string, value: T, gone: boolean): void {
    if (gone) this.keys.delete(key);
    for (const { of, buckets } of this.#indices) {
      for (const bucket of bucketsOf(of(value, key))) {
        const keys = buckets.get(bucket);
        keys?.delete(key);
        if (keys?.size === 0) buckets.delete(bucket);
      }
    }
  }
}

function bucketsOf(values: Iterable<string> | string | undefined): Iterable<string> {
  if (values === undefined) return [];
  return typeof values === 'string' ? [values] : values;
}

/** Opens the tables of one store, so that a failed transaction undoes their indices together with their records. */
export class Tables {
  readonly #store: Store;
  readonly #journal: TableJournal = { undo: undefined };

  constructor(store: Store) {
    this.#store = store;
  }

  open<T, Index extends string = never>(
    name: string,
    indices: Readonly<Record<Index, IndexFunction<T>>> = {} as Record<Index, IndexFunction<T>>,
  ): Table<T, Index> {
    return new Table<T, Index>(this.#store.collection<T>(name), this.#journal, indices);
  }

  /** All writes of `work`, or none of them. */
  transaction<T>(work: () => T): T {
    if (this.#journal.undo) return work();
    const undo: (() => void)[] = (this.#journal.undo = []);
    try {
      return this.#store.transaction(work);
    } catch (error) {
      for (const step of undo.reverse()) step();
      throw error;
    } finally {
      this.#journal.undo = undefined;
    }
  }
}
