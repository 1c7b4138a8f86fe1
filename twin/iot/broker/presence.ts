import { randomUUID } from 'node:crypto';

import type { Clock } from '../../clock.ts';
import type { Publication } from '../publication.ts';
import type { Connection } from './connection.ts';
import type { Admission } from './ports.ts';
import type { DisconnectReason } from './reason-codes.ts';

/** A client's version number starts again at 0 after an hour away (developer guide, "Lifecycle events"). */
const VERSION_MEMORY_MS = 3_600_000;

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
  readonly #versions = new Map<string, Version>();

  constructor(clock: Clock, publish: (publication: Publication) => void) {
    this.#clock = clock;
    this.#publish = publish;
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
  }

  disconnected(connection: Connection, reason: DisconnectReason): void {
    const version = this.#versions.get(connection.clientId);
    if (version?.number === connection.presenceVersion) version.offlineSince = this.#clock.now();
    this.#emit(connection, 'presence', 'disconnected', {
      clientInitiatedDisconnect: reason === 'CLIENT_INITIATED_DISCONNECT',
      disconnectReason: reason,
      versionNumber: connection.presenceVersion,
    });
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
