import { randomUUID } from 'node:crypto';

import type { Clock } from '../../clock.ts';
import type { Publication } from '../publication.ts';
import type { Connection } from './connection.ts';
import type { Admission } from './ports.ts';
import type { DisconnectReason } from './reason-codes.ts';

/** A client's version number starts again at 0 after an hour away (developer guide, "Lifecycle events"). */
const VERSION_MEMORY_MS = 3_600_000;

/** A connection that opened or closed. Times in milliseconds since the epoch, durations in seconds. */
export interface PresenceChange {
  readonly clientId: string;
  readonly exclusiveThingName?: string;
  readonly connected: boolean;
  readonly timestamp: number;
  readonly disconnectReason?: DisconnectReason;
  readonly keepAliveDuration: number;
  readonly cleanSession: boolean;
  readonly sessionExpiry: number;
  /** The same for the opening and the closing of one connection. */
  readonly versionNumber: number;
}

export type PresenceListener = (change: PresenceChange) => void;

interface Version {
  number: number;
  offlineSince: number | undefined;
}

/**
 * Lifecycle events: `$aws/events/presence/…` and `$aws/events/subscriptions/…`, published like any message so that
 * subscribers and rules see them. Client ids with wildcards get none.
 */
export class Presence {
  readonly #clock: Clock;
  readonly #publish: (publication: Publication) => void;
  readonly #listener: PresenceListener | undefined;
  readonly #versions = new Map<string, Version>();

  constructor(clock: Clock, publish: (publication: Publication) => void, listener?: PresenceListener) {
    this.#clock = clock;
    this.#publish = publish;
    this.#listener = listener;
  }

  connected(connection: Connection): void {
    const version = this.#versions.get(connection.clientId);
    const remembered =
      version && (version.offlineSince === undefined || this.#clock.now() - version.offlineSince < VERSION_MEMORY_MS);
    connection.presenceVersion = remembered ? version.number + 1 : 0;
    this.#versions.set(connection.clientId, { number: connection.presenceVersion, offlineSince: undefined });
    this.#emit(connection, 'presence', 'connected', {
      ipAddress: connection.sourceIp,
      versionNumber: connection.presenceVersion,
    });
    this.#tell(connection, {});
  }

  disconnected(connection: Connection, reason: DisconnectReason): void {
    const version = this.#versions.get(connection.clientId);
    if (version?.number === connection.presenceVersion) version.offlineSince = this.#clock.now();
    this.#emit(connection, 'presence', 'disconnected', {
      clientInitiatedDisconnect: reason === 'CLIENT_INITIATED_DISCONNECT',
      disconnectReason: reason,
      versionNumber: connection.presenceVersion,
    });
    this.#tell(connection, { disconnectReason: reason });
  }

  /** A CONNECT that the policies refused. */
  connectFailed(clientId: string, principal: string | undefined, sourceIp: string): void {
    this.#send('presence', 'connect_failed', clientId, {
      clientId,
      timestamp: this.#clock.now(),
      eventType: 'connect_failed',
      connectFailureReason: 'AUTHORIZATION_FAILED',
      principalIdentifier: principal,
      sessionIdentifier: randomUUID(),
      ipAddress: sourceIp,
    });
  }

  subscriptions(connection: Connection, eventType: 'subscribed' | 'unsubscribed', topics: readonly string[]): void {
    if (topics.length > 0) this.#emit(connection, 'subscriptions', eventType, { topics });
  }

  /** Forgets the versions of clients that have been away for long enough. */
  sweep(): void {
    const now = this.#clock.now();
    for (const [clientId, { offlineSince }] of this.#versions) {
      if (offlineSince !== undefined && now - offlineSince >= VERSION_MEMORY_MS) this.#versions.delete(clientId);
    }
  }

  #tell(connection: Connection, closed: { readonly disconnectReason?: DisconnectReason }): void {
    if (!this.#listener) return;
    const { exclusiveThingName } = connection.admission as Admission;
    const sessionExpiry = connection.session?.expirySeconds ?? 0;
    this.#listener({
      clientId: connection.clientId,
      ...(exclusiveThingName !== undefined && { exclusiveThingName }),
      connected: closed.disconnectReason === undefined,
      timestamp: this.#clock.now(),
      ...closed,
      keepAliveDuration: connection.keepAliveSeconds,
      cleanSession: sessionExpiry === 0,
      sessionExpiry,
      versionNumber: connection.presenceVersion,
    });
  }

  #emit(
    connection: Connection,
    kind: 'presence' | 'subscriptions',
    eventType: string,
    members: Record<string, unknown>,
  ): void {
    const { clientId, sessionIdentifier } = connection;
    const { exclusiveThingName, principal } = connection.admission as Admission;
    this.#send(kind, eventType, clientId, {
      clientId,
      ...(exclusiveThingName !== undefined && { thingName: exclusiveThingName }),
      timestamp: this.#clock.now(),
      eventType,
      sessionIdentifier,
      principalIdentifier: principal,
      ...members,
    });
  }

  #send(kind: string, eventType: string, clientId: string, event: Record<string, unknown>): void {
    if (clientId.includes('#') || clientId.includes('+')) return;
    this.#publish({
      topic: `$aws/events/${kind}/${eventType}/${clientId}`,
      payload: Buffer.from(JSON.stringify(event)),
      qos: 1,
      retain: false,
      source: { protocol: 'service' },
      receivedAt: this.#clock.now(),
    });
  }
}
