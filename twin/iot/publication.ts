/** MQTT 5 properties of a PUBLISH that IoT Core carries from publisher to subscriber (MQTT 5, section 3.3.2.3). */
export interface PublicationProperties {
  readonly payloadFormatIndicator?: boolean;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Buffer;
  readonly userProperties?: readonly (readonly [key: string, value: string])[];
  /** Seconds left, counted from `Publication.receivedAt`. */
  readonly messageExpiryInterval?: number;
}

/** Who sent a message. `service` is the twin itself: presence events, republish, replies of reserved topics. */
export interface PublicationSource {
  readonly protocol: 'mqtt' | 'http' | 'service';
  readonly clientId?: string;
  /** Certificate id, `<role id>:<session>`, or a custom authorizer's principal id: what SQL `principal()` returns. */
  readonly principal?: string;
  readonly sourceIp?: string;
}

/** One message on its way through the front door. `topic` is as published, any `$aws/rules/<rule>/` prefix included. */
export interface Publication {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  readonly properties?: PublicationProperties;
  readonly source: PublicationSource;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

/**
 * Whoever wants to publish into the front door without being a device: rules (republish), presence, reserved topics.
 * Resolves when the message has been handed to subscribers and rules.
 */
export type Publish = (publication: Publication) => Promise<void>;

/**
 * What sees every publication once: the rules engine. A returned promise settles when every action of every rule that
 * fired has either succeeded or been handed to its error action; the broker waits for it before it sends the PUBACK.
 * `undefined` means that no rule matched, so nothing need be awaited.
 */
export interface PublicationSink {
  ingest(publication: Publication): Promise<void> | undefined;
}
