import type { Clock, ScheduledCall } from '../../clock.ts';
import type { Data, Item } from './dynalite.ts';
import type { DynamoDbEngine } from './engine.ts';
import type { TableSettingsStore } from './table-settings.ts';

/** Items whose time lies further back are never deleted (Developer Guide, "Using time to live"). */
const OLDEST_SECONDS = 5 * 365 * 24 * 60 * 60;
/** Expiries that fall close together are swept together. */
const GRAIN_MS = 1000;
const AFTER_START_MS = 5000;

/**
 * Deletes items whose time to live has passed. AWS takes up to a few days for it; here it happens within a second of
 * the time, so that what depends on it can be seen. A table is scanned once after the start; from then on the next
 * expiry is known from the writes.
 */
export class ItemExpiry {
  readonly #clock: Clock;
  readonly #engine: DynamoDbEngine;
  readonly #settings: TableSettingsStore;
  readonly #scheduled = new Map<string, { readonly due: number; readonly call: ScheduledCall }>();

  constructor(clock: Clock, engine: DynamoDbEngine, settings: TableSettingsStore) {
    this.#clock = clock;
    this.#engine = engine;
    this.#settings = settings;
    for (const [table] of settings.tablesWithExpiry()) this.#sweepAt(table, clock.now() + AFTER_START_MS);
  }

  /** To be called when a table's time to live was turned on or off. */
  settingsChanged(table: string): void {
    this.#scheduled.get(table)?.call.cancel();
    this.#scheduled.delete(table);
    if (this.#settings.get(table).timeToLiveAttribute !== undefined) this.#sweepAt(table, this.#clock.now() + GRAIN_MS);
  }

  /** To be called for every item written. */
  itemPut(table: string, item: Item): void {
    const attribute = this.#settings.get(table).timeToLiveAttribute;
    const seconds = attribute === undefined ? undefined : secondsOf(item, attribute);
    if (seconds !== undefined) this.#sweepAt(table, seconds * 1000);
  }

  close(): void {
    for (const { call } of this.#scheduled.values()) call.cancel();
    this.#scheduled.clear();
  }

  #sweepAt(table: string, dueMs: number): void {
    const due = Math.ceil(Math.max(dueMs, this.#clock.now()) / GRAIN_MS) * GRAIN_MS;
    const earlier = this.#scheduled.get(table);
    if (earlier && earlier.due <= due) return;
    earlier?.call.cancel();
    const call = this.#clock.schedule(due - this.#clock.now(), () => {
      this.#scheduled.delete(table);
      // The engine may have been closed, or the table deleted, while the sweep was on its way.
      this.#sweep(table).catch(() => undefined);
    });
    this.#scheduled.set(table, { due, call });
  }

  async #sweep(table: string): Promise<void> {
    const attribute = this.#settings.get(table).timeToLiveAttribute;
    if (attribute === undefined) return;
    const { KeySchema: keySchema } = await this.#engine.table(table);
    const nowSeconds = this.#clock.now() / 1000;
    let next = Infinity;
    let startKey: unknown;
    do {
      const page = await this.#engine.execute('Scan', {
        TableName: table,
        ...(startKey !== undefined && { ExclusiveStartKey: startKey }),
      });
      for (const item of page['Items'] as Item[]) {
        const seconds = secondsOf(item, attribute);
        if (seconds === undefined || seconds < nowSeconds - OLDEST_SECONDS) continue;
        if (seconds > nowSeconds) next = Math.min(next, seconds);
        else
          await this.#delete(
            table,
            keySchema.map((key) => key.AttributeName),
            item,
            attribute,
          );
      }
      startKey = page['LastEvaluatedKey'];
    } while (startKey !== undefined);
    if (next < Infinity) this.#sweepAt(table, next * 1000);
  }

  // The condition keeps an item whose time was moved since the scan.
  async #delete(table: string, keyNames: readonly string[], item: Item, attribute: string): Promise<void> {
    const data: Data = {
      TableName: table,
      Key: Object.fromEntries(keyNames.map((name) => [name, item[name]])),
      ConditionExpression: '#ttl = :seen',
      ExpressionAttributeNames: { '#ttl': attribute },
      ExpressionAttributeValues: { ':seen': item[attribute] },
    };
    await this.#engine.write([{ operation: 'DeleteItem', data }]);
  }
}

function secondsOf(item: Item, attribute: string): number | undefined {
  const text = item[attribute]?.['N'];
  const seconds = typeof text === 'string' ? Number(text) : Number.NaN;
  return Number.isFinite(seconds) ? seconds : undefined;
}
