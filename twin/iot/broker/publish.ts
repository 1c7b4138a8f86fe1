import type { Publication, PublicationProperties } from '../publication.ts';
import type { Connection } from './connection.ts';
import { acceptRetained, hasOutboundRoom } from './fan-out.ts';
import { ProtocolViolation } from './frames.ts';
import type { BrokerAction } from './ports.ts';
import { boundExpiry, exceedsPropertyLimits } from './publication-properties.ts';
import { acceptPublish, refuseBeyondReceiveMaximum } from './publish-acceptance.ts';
import { decodePublish, type PublishPacket } from './publish-packet.ts';
import { logEntry, logPublishRefusal } from './refusals.ts';
import { REASON, type DisconnectReason, type ReasonCode } from './reason-codes.ts';
import { isBasicIngest, isTopicName, isWithinLimits } from './topics.ts';

/** Topic Alias Maximum that CONNACK announces (quota "Maximum topic alias"). */
export const TOPIC_ALIAS_MAXIMUM = 8;

/** PUBLISH from a client (MQTT 5, section 3.3). */
export function handlePublish(connection: Connection, bytes: Buffer, headerLength: number): void {
  const { core } = connection;
  const packet = decodePublish(bytes, headerLength, connection.version);
  core.counters.messagesIn += 1;
  if (packet.qos === 2) {
    // IoT Core does not answer QoS 2; MQTT 5 knows from CONNACK that it may not be used.
    logEntry(connection, 'ERROR', {
      eventType: 'Publish-In',
      status: 'Failure',
      reason: 'QOS_NOT_SUPPORTED',
      topicName: packet.topic,
    });
    if (connection.version === 5) throw new ProtocolViolation('QoS 2 is not supported', REASON.QOS_NOT_SUPPORTED);
    return;
  }
  if (packet.qos === 1) refuseBeyondReceiveMaximum(connection);
  const topic = connection.version === 5 ? resolveAlias(connection, packet) : packet.topic;
  if (!isTopicName(topic))
    throw new ProtocolViolation(`not a topic name: ${JSON.stringify(topic)}`, REASON.TOPIC_NAME_INVALID);

  const refused = refusal(connection, topic, packet);
  if (refused) {
    refuse(connection, packet, topic, refused);
    return;
  }
  const publication: Publication = {
    topic,
    payload: packet.payload,
    qos: packet.qos,
    retain: packet.retain,
    properties: propertiesOf(connection, packet.properties),
    source: {
      protocol: 'mqtt',
      clientId: connection.clientId,
      principal: connection.admission!.principal,
      sourceIp: connection.sourceIp,
    },
    receivedAt: core.clock.now(),
  };
  if (packet.retain && !topic.startsWith('$') && !acceptRetained(core, publication)) {
    refuse(connection, packet, topic, THROTTLED);
    return;
  }
  acceptPublish(connection, packet, publication);
}

interface PublishRefusal {
  readonly code: ReasonCode;
  readonly reason: string;
  /** Throttled messages are dropped; a client that breaks a rule is disconnected where PUBACK cannot say so. */
  readonly disconnect: DisconnectReason | undefined;
  readonly action?: BrokerAction;
}

const THROTTLED: PublishRefusal = { code: REASON.QUOTA_EXCEEDED, reason: 'THROTTLED', disconnect: undefined };

function refusal(connection: Connection, topic: string, packet: PublishPacket): PublishRefusal | undefined {
  const { core } = connection;
  const { quotas, rates } = core;
  const unsupported = (topic.charCodeAt(0) === 36 && !topic.startsWith('$aws/')) || topic.startsWith('$aws/events/');
  if (unsupported || !isWithinLimits(topic, quotas))
    return { code: REASON.TOPIC_NAME_INVALID, reason: 'TOPIC_NAME_INVALID', disconnect: 'CLIENT_ERROR' };
  if (
    packet.payload.length > quotas.payloadBytes ||
    (packet.properties && exceedsPropertyLimits(packet.properties, quotas))
  ) {
    return { code: REASON.QUOTA_EXCEEDED, reason: 'PAYLOAD_LIMIT_EXCEEDED', disconnect: 'CLIENT_ERROR' };
  }
  const now = core.clock.now();
  if (!connection.takePublish() || !rates.inbound.take(now)) return THROTTLED;
  if (!isBasicIngest(topic) && !hasOutboundRoom(core)) return THROTTLED;
  const { admission } = connection;
  const action = !admission!.authorize('iot:Publish', topic)
    ? 'iot:Publish'
    : packet.retain && !admission!.authorize('iot:RetainPublish', topic)
      ? 'iot:RetainPublish'
      : undefined;
  return action && { code: REASON.NOT_AUTHORIZED, reason: 'AUTHORIZATION_FAILED', disconnect: 'AUTH_ERROR', action };
}

function refuse(
  connection: Connection,
  packet: PublishPacket,
  topic: string,
  { code, reason, disconnect, action }: PublishRefusal,
): void {
  const { core } = connection;
  if (action) logPublishRefusal(connection, topic, action);
  else logEntry(connection, 'ERROR', { eventType: 'Publish-In', status: 'Failure', reason, topicName: topic });
  if (disconnect === undefined) core.counters.throttled += 1;
  const answerable =
    connection.version === 5 && packet.qos === 1 && !(action && core.behaviour.unauthorizedPublish === 'disconnect');
  if (answerable) connection.acknowledgements.acknowledge(packet.packetId, code);
  else if (disconnect) connection.close(disconnect, { reasonCode: code, details: reason });
}

/** What the publisher sent, within IoT Core's bounds, and the thing's propagating attributes. */
function propertiesOf(
  connection: Connection,
  sent: PublicationProperties | undefined,
): PublicationProperties | undefined {
  const propagated = connection.admission!.propagatedUserProperties;
  if (!sent && !propagated) return undefined;
  if (sent?.responseTopic !== undefined && !isTopicName(sent.responseTopic))
    throw new ProtocolViolation('response topic is not a topic name', REASON.PROTOCOL_ERROR);
  const expiry = sent?.messageExpiryInterval;
  return {
    ...sent,
    ...(expiry !== undefined && { messageExpiryInterval: boundExpiry(expiry) }),
    ...(propagated && { userProperties: [...(sent?.userProperties ?? []), ...propagated] }),
  };
}

/** Topic aliases of the client (MQTT 5, section 3.3.2.3.4). */
function resolveAlias(connection: Connection, { topic, topicAlias }: PublishPacket): string {
  if (topicAlias === undefined) return topic;
  if (topicAlias === 0 || topicAlias > TOPIC_ALIAS_MAXIMUM)
    throw new ProtocolViolation(`topic alias ${topicAlias}`, REASON.TOPIC_ALIAS_INVALID);
  if (topic !== '') {
    (connection.topicAliases ??= new Map()).set(topicAlias, topic);
    return topic;
  }
  const known = connection.topicAliases?.get(topicAlias);
  if (known === undefined) throw new ProtocolViolation(`topic alias ${topicAlias} has no topic`, REASON.PROTOCOL_ERROR);
  return known;
}
