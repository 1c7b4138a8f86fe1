import type { CloseOptions, Connection } from './connection.ts';
import type { BrokerCore } from './core.ts';
import { pump, STORED_PER_SECOND } from './outbound.ts';
import { logEntry } from './refusals.ts';
import type { DisconnectReason } from './reason-codes.ts';
import { Session } from './sessions.ts';
import { drainGroups, returnToGroups } from './shared-delivery.ts';
import { removeSubscription } from './subscriptions.ts';
import { publishWill, sendsWill } from './wills.ts';

/**
 * Gives a connection its session: the remembered one, unless the client wants a clean start or speaks another version
 * (a session cannot be resumed across versions).
 *
 * @returns whether a session was present
 */
export function attachSession(
  core: BrokerCore,
  connection: Connection,
  cleanStart: boolean,
  expirySeconds: number,
): boolean {
  let session = core.sessions.get(connection.clientId);
  const present = session !== undefined && !cleanStart && session.persistent && session.version === connection.version;
  if (session && !present) {
    endSession(core, session);
    session = undefined;
  }
  session ??= new Session(connection.clientId, connection.version);
  session.expirySeconds = expirySeconds;
  session.connection = connection;
  connection.session = session;
  core.sessions.add(session);
  core.sessions.online(session);
  return present;
}

/** Sends what a resumed session owes, at the pace of stored messages. */
export function resumeSession(core: BrokerCore, session: Session): void {
  session.storedBudget = STORED_PER_SECOND;
  if (session.queueLength > 0) pump(core, session);
  if (core.shareGroups.waiting.size > 0) drainGroups(core);
}

/** Removes the session with its subscriptions and all that it owes. */
export function endSession(core: BrokerCore, session: Session): void {
  for (const subscription of [...(session.subscriptions?.values() ?? [])]) removeSubscription(core, subscription);
  core.pacing.delete(session);
  core.awaiting.delete(session);
  core.sessions.remove(session);
}

/** What an ended connection leaves behind: its session or nothing, its will, its lifecycle event. */
export function connectionClosed(
  core: BrokerCore,
  connection: Connection,
  reason: DisconnectReason,
  options: CloseOptions,
): void {
  const { session } = connection;
  core.counters.connected -= 1;
  core.recent.note(connection, reason, core.clock.now());
  if (session?.connection === connection) {
    session.connection = undefined;
    core.awaiting.delete(session);
    core.pacing.delete(session);
    returnToGroups(core, session);
    if (session.persistent) {
      const lost = session.requeueInFlight((delivery) => delivery.storageKey !== undefined);
      for (const delivery of lost) delivery.confirmation?.settle('lost');
      core.sessions.offline(session);
    } else endSession(core, session);
  }
  logEntry(connection, 'INFO', {
    eventType: 'Disconnect',
    status: 'Success',
    disconnectReason: reason,
    details: options.details,
  });
  core.presence.disconnected(connection, reason);
  if (sendsWill(reason, options)) publishWill(connection);
  connection.will = undefined;
}

/** Removes sessions whose client has been away for longer than their expiry. */
export function expireSessions(core: BrokerCore): void {
  for (const session of [...core.sessions.expired()]) endSession(core, session);
}
