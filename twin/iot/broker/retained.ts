import type { Clock } from '../../clock.ts';
import type { Collection, Store } from '../../state/store.ts';
import type { Publication } from '../publication.ts';
import { OutboundMessage, type StoredMessage } from './outbound-message.ts';

interface StoredRetained extends StoredMessage {
  readonly qos: 0 | 1;
}

export interface RetainedMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1;
  /** Milliseconds since the epoch. */
  readonly lastModifiedTime: number;
  readonly message: OutboundMessage;
}

export interface RetainedMessageSummary {
  readonly topic: string;
  readonly payloadSize: number;
  readonly qos: 0 | 1;
  readonly lastModifiedTime: number;
}

/** One message a topic, kept across restarts (developer guide, "MQTT retained messages"). */
export class RetainedMessages {
  readonly #clock: Clock;
  readonly #stored: Collection<StoredRetained>;
  readonly #messages = new Map<string, { message: OutboundMessage; qos: 0 | 1 }>();

  constructor(store: Store, clock: Clock) {
    this.#clock = clock;
    this.#stored = store.collection('iot.broker.retained');
    for (const [topic, stored] of this.#stored.entries())
      this.#messages.set(topic, { message: OutboundMessage.fromStored(stored), qos: stored.qos });
  }

  get size(): number {
    return this.#messages.size;
  }

  has(topic: string): boolean {
    return this.#messages.has(topic);
  }

  /** Keeps the message, or deletes the topic's when the payload is empty. */
  keep(publication: Publication): void {
    if (publication.payload.length === 0) {
      this.#forget(publication.topic);
      return;
    }
    // The payload shares memory with the bytes that came from the network; what stays must not hold those.
    const message = new OutboundMessage({ ...publication, payload: Buffer.from(publication.payload) });
    this.#messages.set(publication.topic, { message, qos: publication.qos });
    this.#stored.set(publication.topic, { ...message.stored, qos: publication.qos });
  }

  get(topic: string): RetainedMessage | undefined {
    const retained = this.#messages.get(topic);
    if (!retained) return undefined;
    if (retained.message.hasExpired(this.#clock.now())) {
      this.#forget(topic);
      return undefined;
    }
    const { message, qos } = retained;
    return { topic, payload: message.payload, qos, lastModifiedTime: message.receivedAt, message };
  }

  /** In order of topic, as ListRetainedMessages pages through them. */
  list(): RetainedMessageSummary[] {
    return [...this.#messages.keys()]
      .sort()
      .map((topic) => this.get(topic))
      .filter((retained) => retained !== undefined)
      .map(({ topic, payload, qos, lastModifiedTime }) => ({
        topic,
        payloadSize: payload.length,
        qos,
        lastModifiedTime,
      }));
  }

  #forget(topic: string): void {
    this.#messages.delete(topic);
    this.#stored.delete(topic);
  }
}
