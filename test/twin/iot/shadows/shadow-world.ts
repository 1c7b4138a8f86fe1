import { ManualClock } from '../../../../twin/clock.ts';
import type { QuotaMode } from '../../../../twin/iot/broker/quotas.ts';
import type { Publication } from '../../../../twin/iot/publication.ts';
import { ShadowApi } from '../../../../twin/iot/shadows/shadow-api.ts';
import type { JsonObject } from '../../../../twin/iot/shadows/json.ts';
import { ShadowRefusal } from '../../../../twin/iot/shadows/refusal.ts';
import { ShadowRequestRates } from '../../../../twin/iot/shadows/request-rates.ts';
import type { ShadowKey } from '../../../../twin/iot/shadows/shadow-name.ts';
import type { ShadowLogEntry } from '../../../../twin/iot/shadows/shadow-log.ts';
import { ShadowRequests, type ShadowOperation } from '../../../../twin/iot/shadows/shadow-requests.ts';
import { ShadowTopics } from '../../../../twin/iot/shadows/shadow-topics.ts';
import { Shadows } from '../../../../twin/iot/shadows/shadows.ts';
import { openStore, type Store } from '../../../../twin/state/store.ts';

export const LAMP: ShadowKey = { thingName: 'lamp' };

/** The Device Shadow service over a store in memory and a clock that a test moves. */
export class ShadowWorld {
  readonly clock = new ManualClock(1_591_140_517_000);
  readonly published: Publication[] = [];
  readonly log: ShadowLogEntry[] = [];
  readonly store: Store;
  readonly shadows: Shadows;
  readonly requests: ShadowRequests;
  readonly topics: ShadowTopics;
  readonly api: ShadowApi;

  constructor(store: Store = openStore(':memory:'), quotas: QuotaMode = 'off') {
    this.store = store;
    this.shadows = new Shadows(this.store, this.clock);
    this.requests = new ShadowRequests(this.shadows, new ShadowRequestRates(this.clock, quotas), {
      enabled: () => true,
      write: (entry) => void this.log.push(entry),
    });
    this.topics = new ShadowTopics(this.requests);
    this.api = new ShadowApi(this.requests, async (publication) => void this.published.push(publication), this.clock);
  }

  /** Performs a request; `messages` by the last part of their topic. */
  perform(operation: ShadowOperation, key: ShadowKey, request: unknown = ''): Record<string, JsonObject> {
    const payload = typeof request === 'string' ? request : JSON.stringify(request);
    const { messages } = this.requests.perform(operation, key, Buffer.from(payload));
    return Object.fromEntries(
      messages.map(({ topic, payload: bytes }) => [
        topic.slice(topic.lastIndexOf('/') + 1),
        JSON.parse(bytes.toString()) as JsonObject,
      ]),
    );
  }

  update(key: ShadowKey, state: unknown, more: object = {}): Record<string, JsonObject> {
    return this.perform('update', key, { state, ...more });
  }

  get(key: ShadowKey): JsonObject {
    return this.perform('get', key)['accepted']!;
  }

  /** The error response document of a request that is refused. */
  refusal(operation: ShadowOperation, key: ShadowKey, request: unknown = ''): JsonObject {
    try {
      this.perform(operation, key, request);
    } catch (error) {
      if (error instanceof ShadowRefusal) return { ...error.document };
      throw error;
    }
    throw new Error(`${operation} was accepted`);
  }
}
