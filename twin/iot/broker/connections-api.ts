import type { Connection } from './connection.ts';
import type { BrokerCore } from './core.ts';
import { REASON, type DisconnectReason } from './reason-codes.ts';
import { endSession } from './session-lifecycle.ts';

/** What GetConnection answers (iot-data API); times in milliseconds since the epoch, durations in seconds. */
export interface ConnectionInformation {
  readonly clientId: string;
  readonly connected: boolean;
  readonly thingName?: string;
  readonly cleanSession: boolean;
  readonly sourceIp: string;
  readonly sourcePort: number;
  readonly keepAliveDuration: number;
  readonly connectedSince?: number;
  readonly disconnectedSince?: number;
  readonly disconnectReason?: DisconnectReason;
  readonly sessionExpiry: number;
}

export interface DeleteConnectionOptions {
  /** Forgets the session as well. */
  readonly cleanSession?: boolean;
  readonly preventWillMessage?: boolean;
}

/** How long GetConnection knows a client that has left. */
const MEMORY_MS = 30 * 60_000;

/** Clients that left lately; in order of leaving, so that the oldest are found first. */
export class RecentDisconnections {
  readonly #byClientId = new Map<string, ConnectionInformation>();

  note(connection: Connection, reason: DisconnectReason, now: number): void {
    this.#byClientId.delete(connection.clientId);
    this.#byClientId.set(connection.clientId, {
      ...describe(connection),
      connected: false,
      connectedSince: undefined,
      disconnectedSince: now,
      disconnectReason: reason,
    });
    for (const [clientId, { disconnectedSince }] of this.#byClientId) {
      if (now - disconnectedSince! < MEMORY_MS) break;
      this.#byClientId.delete(clientId);
    }
  }

  get(clientId: string, now: number): ConnectionInformation | undefined {
    const information = this.#byClientId.get(clientId);
    return information && now - information.disconnectedSince! < MEMORY_MS ? information : undefined;
  }
}

function describe(connection: Connection): ConnectionInformation {
  const expiry = connection.session?.expirySeconds ?? 0;
  return {
    clientId: connection.clientId,
    connected: true,
    thingName: connection.admission?.thingName,
    cleanSession: expiry === 0,
    sourceIp: connection.sourceIp,
    sourcePort: connection.sourcePort,
    keepAliveDuration: connection.keepAliveSeconds,
    connectedSince: connection.connectedAt,
    sessionExpiry: expiry,
  };
}

export function connectionInformation(core: BrokerCore, clientId: string): ConnectionInformation | undefined {
  const connection = core.sessions.get(clientId)?.connection;
  return connection ? describe(connection) : core.recent.get(clientId, core.clock.now());
}

/** ListSubscriptions; @returns undefined for a client without a session */
export function subscriptionsOf(core: BrokerCore, clientId: string): { topicFilter: string; qos: 0 | 1 }[] | undefined {
  const session = core.sessions.get(clientId);
  return (
    session && [...(session.subscriptions?.values() ?? [])].map(({ filter, qos }) => ({ topicFilter: filter, qos }))
  );
}

/** DeleteConnection; @returns false when there was neither a connection nor a session */
export function closeForApi(
  core: BrokerCore,
  clientId: string,
  { cleanSession, preventWillMessage }: DeleteConnectionOptions = {},
): boolean {
  const session = core.sessions.get(clientId);
  if (!session) return false;
  session.connection?.close('API_INITIATED_DISCONNECT', {
    reasonCode: REASON.ADMINISTRATIVE_ACTION,
    preventWill: preventWillMessage,
  });
  if (cleanSession && core.sessions.get(clientId) === session) endSession(core, session);
  return true;
}
