import type { PresenceChange } from '../broker/presence.ts';
import type { Registry } from '../registry/registry.ts';
import type { Table } from '../registry/table.ts';
import { indexesConnectivity, thingIndexing } from './configuration.ts';

/** Whether a thing is connected, as the index knows it. Times in milliseconds since the epoch, durations in seconds. */
export interface Connectivity {
  readonly connected: boolean;
  readonly timestamp?: number;
  readonly disconnectReason?: string;
  readonly clientId?: string;
  readonly keepAliveDuration?: number;
  readonly cleanSession?: boolean;
  readonly sessionExpiry?: number;
  readonly version?: number;
}

/** What is said of a thing that has not been seen (developer guide, "Querying a thing index"). */
const NEVER_CONNECTED: Connectivity = { connected: false };

/**
 * Follows lifecycle events into the index while it is switched on. A thing is the client that has its name, or that a
 * certificate attached with EXCLUSIVE_THING ties to it.
 */
export class ConnectivityRecords {
  readonly #registry: Registry;
  readonly #table: Table<Connectivity>;
  readonly #listeners = new Set<(thingName: string) => void>();

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#table = registry.tables.open<Connectivity>('iot.connectivity');
    this.#endThoseOfLastRun();
    registry.changes.subscribe((change) => {
      if (change.kind === 'thing-deleted') this.#table.delete(change.thingName);
    });
  }

  /** Calls the listener with the name of every thing whose connectivity changed. */
  subscribe(listener: (thingName: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  of(thingName: string): Connectivity {
    return this.#table.get(thingName) ?? NEVER_CONNECTED;
  }

  note(change: PresenceChange): void {
    if (!indexesConnectivity(thingIndexing(this.#registry))) return;
    const thingName = change.exclusiveThingName ?? change.clientId;
    if (!this.#registry.things.table.has(thingName)) return;
    const { clientId, connected, timestamp, keepAliveDuration, cleanSession, sessionExpiry, versionNumber } = change;
    const known = this.#table.get(thingName);
    // The old connection of a client that was taken over ends after the new one began.
    if (!connected && known?.connected && known.version !== versionNumber) return;
    this.#set(thingName, {
      ...{ connected, timestamp, clientId, keepAliveDuration, cleanSession, version: versionNumber },
      ...(!cleanSession && { sessionExpiry }),
      ...(change.disconnectReason !== undefined && { disconnectReason: change.disconnectReason }),
    });
  }

  #set(thingName: string, connectivity: Connectivity): void {
    this.#table.set(thingName, connectivity);
    for (const listener of this.#listeners) listener(thingName);
  }

  /** No connection outlives the process that held it. */
  #endThoseOfLastRun(): void {
    const timestamp = this.#registry.clock.now();
    this.#registry.tables.transaction(() => {
      for (const [thingName, record] of [...this.#table.entries()])
        if (record.connected)
          this.#table.set(thingName, { ...record, connected: false, timestamp, disconnectReason: 'CONNECTION_LOST' });
    });
  }
}
