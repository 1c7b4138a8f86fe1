import type { Connection } from './connection.ts';
import type { BrokerAction, BrokerLogEntry } from './ports.ts';

type EntryOf = Pick<BrokerLogEntry, 'eventType' | 'status'> & Partial<BrokerLogEntry>;

/** Writes a log entry with what is known of the connection. */
export function logEntry(connection: Connection, level: BrokerLogEntry['logLevel'], entry: EntryOf): void {
  if (!connection.core.log.enabled(level)) return;
  connection.core.log.write({
    logLevel: level,
    protocol: 'MQTT',
    clientId: connection.clientId,
    principalId: connection.admission?.principal,
    sourceIp: connection.sourceIp,
    sourcePort: connection.sourcePort,
    ...entry,
  });
}

/** The entry that answers why a client may not do something: policy, action, and the resource that did not match. */
export function logRefusal(
  connection: Connection,
  eventType: BrokerLogEntry['eventType'],
  topicName: string,
  action: BrokerAction,
): void {
  logEntry(connection, 'ERROR', {
    eventType,
    status: 'Failure',
    reason: 'AUTHORIZATION_FAILED',
    topicName,
    details: connection.admission?.explain?.(action, topicName) ?? `${action} on ${topicName} is not allowed`,
  });
}

export function logPublishRefusal(connection: Connection, topicName: string, action: BrokerAction): void {
  logRefusal(connection, 'Publish-In', topicName, action);
}
