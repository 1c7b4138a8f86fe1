import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { IovError } from '../errors.ts';

/**
 * A durable map of one kind of thing. Reads come from memory; every write is in the database's write-ahead log before
 * the call returns, so a killed process loses nothing that it had acknowledged.
 */
export interface Collection<T> {
  get(key: string): T | undefined;
  has(key: string): boolean;
  set(key: string, value: T): void;
  delete(key: string): boolean;
  /** In order of insertion. */
  entries(): IterableIterator<[string, T]>;
  values(): IterableIterator<T>;
  readonly size: number;
}

/** Where every service of the twin keeps what must survive a restart. One file; `:memory:` for tests. */
export interface Store {
  /** The collection of this name, with what earlier runs left in it. Values must survive `JSON.stringify`. */
  collection<T>(name: string): Collection<T>;
  /**
   * Runs `work`, whose writes to any collection reach the disk together. When it throws, none of them do, memory is put
   * back as it was (an erased entry returns at the end of the order), and the error is thrown on.
   */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** What undoes the writes of the transaction under way, newest last; `undefined` outside one. */
interface Journal {
  undo: (() => void)[] | undefined;
}

class SqliteCollection<T> implements Collection<T> {
  readonly #memory = new Map<string, T>();
  readonly #write: (key: string, value: string) => void;
  readonly #erase: (key: string) => void;
  readonly #journal: Journal;

  constructor(database: DatabaseSync, name: string, journal: Journal) {
    this.#journal = journal;
    const rows = database.prepare('SELECT key, value FROM entries WHERE collection = ? ORDER BY position').all(name);
    for (const row of rows) this.#memory.set(row['key'] as string, JSON.parse(row['value'] as string) as T);
    const upsert = database.prepare(
      'INSERT INTO entries (collection, key, value) VALUES (?, ?, ?) ON CONFLICT (collection, key) DO UPDATE SET value = excluded.value',
    );
    const remove = database.prepare('DELETE FROM entries WHERE collection = ? AND key = ?');
    this.#write = (key, value) => void upsert.run(name, key, value);
    this.#erase = (key) => void remove.run(name, key);
  }

  get size(): number {
    return this.#memory.size;
  }

  get(key: string): T | undefined {
    return this.#memory.get(key);
  }

  has(key: string): boolean {
    return this.#memory.has(key);
  }

  set(key: string, value: T): void {
    this.#write(key, JSON.stringify(value));
    this.#noteUndo(key);
    this.#memory.set(key, value);
  }

  delete(key: string): boolean {
    if (!this.#memory.has(key)) return false;
    this.#erase(key);
    this.#noteUndo(key);
    return this.#memory.delete(key);
  }

  entries(): IterableIterator<[string, T]> {
    return this.#memory.entries();
  }

  values(): IterableIterator<T> {
    return this.#memory.values();
  }

  #noteUndo(key: string): void {
    if (!this.#journal.undo) return;
    const before = this.#memory.get(key);
    this.#journal.undo.push(
      before === undefined ? () => this.#memory.delete(key) : () => this.#memory.set(key, before),
    );
  }
}

/**
 * Opens the state file, or makes it.
 *
 * @param file path of the database, or `:memory:`
 * @throws IovError IOV_STATE_UNREADABLE when the file is not one of ours
 */
export function openStore(file: string): Store {
  let database: DatabaseSync;
  try {
    // Secrets and private keys are in it; SQLite gives its other files the same mode.
    if (file !== ':memory:') {
      closeSync(openSync(file, 'a', 0o600));
      chmodSync(file, 0o600);
    }
    database = new DatabaseSync(file);
    // NORMAL with a write-ahead log survives a killed process; only a power cut of the laptop may lose the last writes.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    database.exec(
      `CREATE TABLE IF NOT EXISTS entries (
         position INTEGER PRIMARY KEY AUTOINCREMENT, collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
         UNIQUE (collection, key))`,
    );
  } catch (cause) {
    throw new IovError(
      'IOV_STATE_UNREADABLE',
      `The state file ${file} cannot be opened: ${(cause as Error).message}.`,
      { cause },
    );
  }
  const collections = new Map<string, Collection<unknown>>();
  const journal: Journal = { undo: undefined };
  return {
    collection<T>(name: string): Collection<T> {
      let collection = collections.get(name);
      if (!collection) collections.set(name, (collection = new SqliteCollection(database, name, journal)));
      return collection as Collection<T>;
    },
    transaction<T>(work: () => T): T {
      if (journal.undo) return work();
      const undo: (() => void)[] = (journal.undo = []);
      database.exec('BEGIN');
      try {
        const result = work();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        database.exec('ROLLBACK');
        for (const step of undo.reverse()) step();
        throw error;
      } finally {
        journal.undo = undefined;
      }
    },
    close: () => database.close(),
  };
}
