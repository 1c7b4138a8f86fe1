import type { Clock } from '../../clock.ts';
import type { Store } from '../../state/store.ts';
import { Tables, type Table } from '../registry/table.ts';
import {
  acceptedDocument,
  deltaDocument,
  documentsDocument,
  updateDocument,
  wholeDocument,
  type ShadowDocument,
} from './document.ts';
import type { JsonObject } from './json.ts';
import { ShadowRefusal } from './refusal.ts';
import type { UpdateRequest } from './request-document.ts';
import { policyResource, type ShadowKey } from './shadow-name.ts';

interface ShadowRecord extends ShadowKey, ShadowDocument {
  /** Milliseconds since the epoch. What is left of a deleted shadow is its version. */
  readonly deletedAt?: number;
}

export interface AcceptedUpdate {
  readonly accepted: JsonObject;
  readonly delta?: JsonObject;
  readonly documents: JsonObject;
}

/** A new shadow goes on from the version of one that was deleted within this time (developer guide, DELETE). */
const VERSION_MEMORY_MS = 48 * 3_600_000;

const NEVER_EXISTED: ShadowDocument = { version: 0 };

export type ShadowListener = (key: ShadowKey) => void;

/**
 * The shadows of an account, durable. They are independent of the registry: a thing need not be registered to have
 * one, and keeps it when it is deleted (developer guide, "Deleting a shadow").
 */
export class Shadows {
  readonly #clock: Clock;
  readonly #table: Table<ShadowRecord, 'thing'>;
  readonly #listeners = new Set<ShadowListener>();

  constructor(store: Store, clock: Clock) {
    this.#clock = clock;
    this.#table = new Tables(store).open<ShadowRecord, 'thing'>('iot.shadows', {
      thing: ({ thingName, deletedAt }) => (deletedAt === undefined ? thingName : undefined),
    });
    for (const [key, record] of [...this.#table.entries()]) if (this.#isForgotten(record)) this.#table.delete(key);
  }

  /**
   * Calls the listener after every update and deletion.
   *
   * @returns a function that ends the subscription
   */
  subscribe(listener: ShadowListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** @throws ShadowRefusal 404 */
  get(key: ShadowKey): JsonObject {
    return wholeDocument(this.#existing(key), this.#seconds());
  }

  /** Creates the shadow where there is none. @throws ShadowRefusal 409, 413 */
  update(key: ShadowKey, request: UpdateRequest): AcceptedUpdate {
    const previous = this.#latest(key) ?? NEVER_EXISTED;
    const timestamp = this.#seconds();
    const current = updateDocument(previous, request, timestamp);
    this.#put(key, current);
    const delta = deltaDocument(current, timestamp);
    return {
      accepted: acceptedDocument(request, current.version, timestamp),
      ...(delta && { delta }),
      documents: documentsDocument(previous, current, timestamp),
    };
  }

  /** @returns the version that was deleted, and when. @throws ShadowRefusal 404 */
  delete(key: ShadowKey): JsonObject {
    const { version } = this.#existing(key);
    this.#put(key, { version }, this.#clock.now());
    return { version, timestamp: this.#seconds() };
  }

  /** Names of the named shadows in alphabetical order; none for a thing that nobody knows. */
  namesOf(thingName: string): string[] {
    const records = this.#table.recordsBy('thing', thingName);
    return [...records].flatMap(({ shadowName }) => shadowName ?? []).sort();
  }

  #existing(key: ShadowKey): ShadowDocument {
    const record = this.#latest(key);
    if (record && record.deletedAt === undefined) return record;
    throw new ShadowRefusal(404, `No shadow exists with name: '${key.shadowName ?? key.thingName}'`);
  }

  #latest(key: ShadowKey): ShadowRecord | undefined {
    const record = this.#table.get(policyResource(key));
    return record && this.#isForgotten(record) ? undefined : record;
  }

  #isForgotten({ deletedAt }: ShadowRecord): boolean {
    return deletedAt !== undefined && this.#clock.now() - deletedAt > VERSION_MEMORY_MS;
  }

  #put({ thingName, shadowName }: ShadowKey, document: ShadowDocument, deletedAt?: number): void {
    const key = { thingName, ...(shadowName !== undefined && { shadowName }) };
    this.#table.set(policyResource(key), { ...key, ...document, ...(deletedAt !== undefined && { deletedAt }) });
    for (const listener of this.#listeners) listener(key);
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}
