import type { Publication, PublicationProperties } from '../publication.ts';
import { encodePublish, type EncodedPublish } from './publish-packet.ts';

/** What is kept of a message in the store: JSON, so bytes become base64. */
export interface StoredMessage {
  readonly topic: string;
  readonly payload: string;
  readonly receivedAt: number;
  readonly properties?: Omit<PublicationProperties, 'correlationData'> & { readonly correlationData?: string };
}

/** A message on its way to any number of subscribers. It is encoded once for each form that some subscriber needs. */
export class OutboundMessage {
  readonly topic: string;
  payload: Buffer;
  readonly properties: PublicationProperties | undefined;
  readonly receivedAt: number;
  readonly #encoded: (EncodedPublish | undefined)[] = [];
  #stored: StoredMessage | undefined;

  constructor(publication: Pick<Publication, 'topic' | 'payload' | 'properties' | 'receivedAt'>) {
    this.topic = publication.topic;
    this.payload = publication.payload;
    this.properties = publication.properties;
    this.receivedAt = publication.receivedAt;
  }

  static fromStored(stored: StoredMessage): OutboundMessage {
    const { correlationData, ...others } = stored.properties ?? {};
    return new OutboundMessage({
      topic: stored.topic,
      payload: Buffer.from(stored.payload, 'base64'),
      receivedAt: stored.receivedAt,
      properties:
        stored.properties &&
        (correlationData === undefined
          ? others
          : { ...others, correlationData: Buffer.from(correlationData, 'base64') }),
    });
  }

  /** For the store; made once however many sessions keep the message. */
  get stored(): StoredMessage {
    if (this.#stored) return this.#stored;
    const { correlationData, ...others } = this.properties ?? {};
    this.#stored = {
      topic: this.topic,
      payload: this.payload.toString('base64'),
      receivedAt: this.receivedAt,
      ...(this.properties && {
        properties: correlationData ? { ...others, correlationData: correlationData.toString('base64') } : others,
      }),
    };
    return this.#stored;
  }

  /** Copies the payload out of the network's buffer, of which it is a small part, when the message has to wait. */
  detach(): void {
    if (this.payload.buffer.byteLength > this.payload.length * 2)
      this.payload = Buffer.from(new Uint8Array(this.payload).buffer);
  }

  /** Message Expiry Interval (MQTT 5, section 3.3.2.3.3), which counts for MQTT 3.1.1 subscribers as well. */
  hasExpired(now: number): boolean {
    const interval = this.properties?.messageExpiryInterval;
    return interval !== undefined && now >= this.receivedAt + interval * 1000;
  }

  encode(version: 4 | 5, qos: 0 | 1, retain: boolean, now: number): EncodedPublish {
    const interval = version === 5 ? this.properties?.messageExpiryInterval : undefined;
    const waited = interval === undefined ? 0 : Math.floor((now - this.receivedAt) / 1000);
    if (waited > 0) {
      const properties = { ...this.properties, messageExpiryInterval: Math.max(0, interval! - waited) };
      return encodePublish({ topic: this.topic, payload: this.payload, properties }, version, qos, retain);
    }
    const form = (version === 5 ? 4 : 0) + qos * 2 + (retain ? 1 : 0);
    return (this.#encoded[form] ??= encodePublish(this, version, qos, retain));
  }
}
