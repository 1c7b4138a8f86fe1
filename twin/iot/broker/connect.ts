import { randomUUID } from 'node:crypto';

import type { IConnectPacket } from 'mqtt-packet';

import type { ScheduledCall } from '../../clock.ts';
import { IN_FLIGHT_LIMIT, type Connection } from './connection.ts';
import { decodeControl, encodeControl } from './control-packet.ts';
import { PacketReader, ProtocolViolation } from './frames.ts';
import { effectiveKeepAlive } from './keep-alive.ts';
import type { Admission, ConnectRequest, Refusal } from './ports.ts';
import { TOPIC_ALIAS_MAXIMUM } from './publish.ts';
import { logEntry } from './refusals.ts';
import { connackReturnCode, REASON, type ReasonCode } from './reason-codes.ts';
import { attachSession, resumeSession } from './session-lifecycle.ts';
import { isValidWillTopic, willOf } from './wills.ts';

const REFUSAL_CODES: Record<Refusal['refused'], ReasonCode> = {
  NOT_AUTHORIZED: REASON.NOT_AUTHORIZED,
  BAD_CREDENTIALS: REASON.BAD_USER_NAME_OR_PASSWORD,
  SERVER_UNAVAILABLE: REASON.UNSPECIFIED_ERROR,
  CLIENT_ID_INVALID: REASON.CLIENT_IDENTIFIER_NOT_VALID,
};

/** Longest life of a WebSocket (quota "WebSocket connection duration"). */
const WEBSOCKET_LIFETIME_MS = 24 * 3_600_000;

/** CONNECT (MQTT 5, section 3.1): the first packet, once. Reading pauses until the gatekeeper has decided. */
export function handleConnect(connection: Connection, bytes: Buffer, headerLength: number): void {
  if (!isSupportedProtocol(bytes, headerLength)) {
    // MQTT 3.1.1, section 3.1.2.2: code 0x01, in the old form, since the client's own is not known.
    connection.write(Buffer.from([0x20, 2, 0, 1]));
    connection.close('CLIENT_ERROR', { details: 'unsupported protocol version' });
    return;
  }
  const packet = decodeControl(bytes, 4) as IConnectPacket;
  connection.version = packet.protocolVersion === 5 ? 5 : 4;
  const refused = prepare(connection, packet);
  if (refused !== undefined) {
    refuse(connection, refused, `CONNECT of client id ${JSON.stringify(connection.clientId)} breaks a rule`);
    return;
  }
  connection.state = 'admitting';
  connection.hold();
  void admit(connection, packet);
}

function isSupportedProtocol(bytes: Buffer, headerLength: number): boolean {
  const reader = new PacketReader(bytes, headerLength);
  const name = reader.string();
  if (name !== 'MQTT' && name !== 'MQIsdp') throw new ProtocolViolation('not an MQTT CONNECT');
  const level = reader.byte();
  return name === 'MQTT' && (level === 4 || level === 5);
}

/** Checks what needs no gatekeeper and takes over the client's terms. */
function prepare(connection: Connection, packet: IConnectPacket): ReasonCode | undefined {
  const { core } = connection;
  const { clientId, properties } = packet;
  connection.clientId = clientId;
  if (clientId.includes('\ufffd') || clientId.includes('\0') || Buffer.byteLength(clientId) > core.quotas.clientIdBytes)
    return REASON.CLIENT_IDENTIFIER_NOT_VALID;
  if (clientId === '') {
    // MQTT 3.1.1, section 3.1.3.1: only a clean session may leave its name to the server.
    if (connection.version === 4 && !packet.clean) return REASON.CLIENT_IDENTIFIER_NOT_VALID;
    connection.clientId = `$GEN/${randomUUID()}`;
  }
  if (properties?.authenticationMethod !== undefined)
    throw new ProtocolViolation('enhanced authentication is not supported', REASON.PROTOCOL_ERROR);
  if (properties?.receiveMaximum === 0 || properties?.maximumPacketSize === 0)
    throw new ProtocolViolation('a maximum is 0', REASON.PROTOCOL_ERROR);
  if (packet.will && packet.will.qos === 2) return REASON.QOS_NOT_SUPPORTED;
  const will = willOf(packet);
  if (will && !isValidWillTopic(will.topic, core.quotas)) return REASON.TOPIC_NAME_INVALID;
  connection.will = will;
  const now = core.clock.now();
  if (
    core.counters.connected >= core.quotas.connections ||
    !core.rates.connect.take(now) ||
    !core.rates.connectOf(connection.clientId)
  )
    return REASON.QUOTA_EXCEEDED;
  connection.keepAliveSeconds = effectiveKeepAlive(packet.keepalive ?? 0);
  connection.receiveMaximum = Math.min(properties?.receiveMaximum ?? IN_FLIGHT_LIMIT, IN_FLIGHT_LIMIT);
  connection.maximumPacketSize = properties?.maximumPacketSize ?? Infinity;
  return undefined;
}

function expirySeconds(connection: Connection, packet: IConnectPacket): number {
  const longest = connection.core.sessionExpirySeconds;
  if (connection.version === 4) return packet.clean ? 0 : longest;
  return Math.min(packet.properties?.sessionExpiryInterval ?? 0, longest);
}

async function admit(connection: Connection, packet: IConnectPacket): Promise<void> {
  const { core, peer, will } = connection;
  connection.peer = undefined;
  const request: ConnectRequest = {
    ...peer!,
    transport: connection.transport.kind,
    protocolVersion: connection.version,
    clientId: connection.clientId,
    username: packet.username,
    password: packet.password && Buffer.from(packet.password),
    cleanStart: packet.clean ?? false,
    persistent: expirySeconds(connection, packet) > 0,
    ...(will && { lastWill: { topic: will.topic, retain: will.retain } }),
  };
  let decision: Admission | Refusal;
  try {
    decision = await core.gatekeeper.admit(request);
  } catch (error) {
    decision = { refused: 'SERVER_UNAVAILABLE', detail: (error as Error).stack ?? String(error) };
  }
  if (connection.state !== 'admitting') return;
  if ('refused' in decision) {
    if (decision.refused === 'NOT_AUTHORIZED') {
      const principal = peer!.certificate?.certificateId ?? peer!.signature?.principal;
      core.presence.connectFailed(connection.clientId, principal, connection.sourceIp);
    }
    refuse(connection, REFUSAL_CODES[decision.refused], decision.detail);
    return;
  }
  connection.admission = decision;
  open(connection, packet);
}

function refuse(connection: Connection, code: ReasonCode, details: string): void {
  connection.core.counters.refusedConnects += 1;
  const reason =
    code === REASON.NOT_AUTHORIZED
      ? 'AUTHORIZATION_FAILED'
      : code === REASON.QUOTA_EXCEEDED
        ? 'THROTTLED'
        : 'CLIENT_ERROR';
  logEntry(connection, 'ERROR', { eventType: 'Connect', status: 'Failure', reason, details });
  connection.write(
    connection.version === 5
      ? encodeControl({ cmd: 'connack', sessionPresent: false, reasonCode: code }, 5)
      : encodeControl({ cmd: 'connack', sessionPresent: false, returnCode: connackReturnCode(code) }, 4),
  );
  connection.close(code === REASON.NOT_AUTHORIZED ? 'AUTH_ERROR' : 'CLIENT_ERROR');
}

function open(connection: Connection, packet: IConnectPacket): void {
  const { core, clientId } = connection;
  // The newcomer wins (developer guide, "MQTT", on client ids).
  core.sessions.get(clientId)?.connection?.close('DUPLICATE_CLIENTID', { reasonCode: REASON.SESSION_TAKEN_OVER });
  const expiry = expirySeconds(connection, packet);
  connection.state = 'open';
  connection.sessionIdentifier = randomUUID();
  connection.connectedAt = core.clock.now();
  core.counters.connected += 1;
  const sessionPresent = attachSession(core, connection, packet.clean ?? false, expiry);
  connection.write(connack(connection, packet, sessionPresent, expiry));
  // Half as long again as the client promised (section 3.1.2.10).
  connection.silenceSeconds = connection.keepAliveSeconds * 1.5;
  core.wheel.watch(connection);
  limitLifetime(connection);
  logEntry(connection, 'INFO', { eventType: 'Connect', status: 'Success' });
  core.presence.connected(connection);
  resumeSession(core, connection.session!);
  connection.release();
}

function connack(connection: Connection, packet: IConnectPacket, sessionPresent: boolean, expiry: number): Buffer {
  if (connection.version === 4) return Buffer.from([0x20, 2, sessionPresent ? 1 : 0, 0]);
  const { core, clientId, keepAliveSeconds } = connection;
  return encodeControl(
    {
      cmd: 'connack',
      sessionPresent,
      reasonCode: REASON.SUCCESS,
      properties: {
        ...(expiry !== (packet.properties?.sessionExpiryInterval ?? 0) && { sessionExpiryInterval: expiry }),
        receiveMaximum: IN_FLIGHT_LIMIT,
        maximumQoS: 1,
        retainAvailable: true,
        maximumPacketSize: core.quotas.packetBytes,
        ...(packet.clientId === '' && { assignedClientIdentifier: clientId }),
        topicAliasMaximum: TOPIC_ALIAS_MAXIMUM,
        wildcardSubscriptionAvailable: true,
        subscriptionIdentifiersAvailable: false,
        sharedSubscriptionAvailable: true,
        ...(keepAliveSeconds !== packet.keepalive && { serverKeepAlive: keepAliveSeconds }),
      },
    },
    5,
  );
}

function limitLifetime(connection: Connection): void {
  const term = endOfTerm(connection);
  const stopWatching = connection.admission!.watch?.((details) =>
    connection.close('AUTH_ERROR', { reasonCode: REASON.NOT_AUTHORIZED, details }),
  );
  if (!term && !stopWatching) return;
  connection.lifetime = {
    cancel: () => {
      term?.cancel();
      stopWatching?.();
    },
  };
}

function endOfTerm(connection: Connection): ScheduledCall | undefined {
  const { clock } = connection.core;
  const authorizedUntil = connection.admission!.expiresAt ?? Infinity;
  const socketUntil =
    connection.transport.kind === 'websocket' ? connection.connectedAt + WEBSOCKET_LIFETIME_MS : Infinity;
  const until = Math.min(authorizedUntil, socketUntil);
  if (until === Infinity) return undefined;
  const reason = authorizedUntil <= socketUntil ? 'CUSTOMAUTH_TTL_EXPIRATION' : 'WEBSOCKET_TTL_EXPIRATION';
  return clock.schedule(until - clock.now(), () =>
    connection.close(reason, { reasonCode: REASON.ADMINISTRATIVE_ACTION }),
  );
}
