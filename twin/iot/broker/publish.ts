import type { Publication, PublicationProperties } from '../publication.ts';
import { IN_FLIGHT_LIMIT, type Connection } from './connection.ts';
import { acceptRetained, hasOutboundRoom, route } from './fan-out.ts';
import { ProtocolViolation } from './frames.ts';
import { OutboundMessage } from './outbound-message.ts';
import { deliverQos0, deliverQos1 } from './outbound.ts';
import type { BrokerAction, ReservedReply, ReservedRequester } from './ports.ts';
import { decodePublish, type PublishPacket } from './publish-packet.ts';
import type { Quotas } from './quotas.ts';
import { logEntry, logPublishRefusal } from './refusals.ts';
import { REASON, type DisconnectReason, type ReasonCode } from './reason-codes.ts';
import { isBasicIngest, isServiceTopic, isShadowTopic, isTopicName, isWithinLimits } from './topics.ts';

/** Topic Alias Maximum that CONNACK announces (quota "Maximum topic alias"). */
export const TOPIC_ALIAS_MAXIMUM = 8;

/** Longest message expiry interval, in seconds; 0 counts as 1 (quota "Message expiry interval"). */
const MESSAGE_EXPIRY_MAXIMUM = 604_800;

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
  accept(connection, packet, publication);
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

function exceedsPropertyLimits(properties: PublicationProperties, quotas: Quotas): boolean {
  let userPropertyBytes = 0;
  for (const [key, value] of properties.userProperties ?? [])
    userPropertyBytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  return (
    userPropertyBytes > quotas.userPropertyBytes ||
    (properties.correlationData?.length ?? 0) > quotas.correlationDataBytes ||
    Buffer.byteLength(properties.contentType ?? '') > quotas.contentTypeBytes
  );
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
    ...(expiry !== undefined && { messageExpiryInterval: Math.min(Math.max(expiry, 1), MESSAGE_EXPIRY_MAXIMUM) }),
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

function accept(connection: Connection, packet: PublishPacket, publication: Publication): void {
  const settled = isServiceTopic(publication.topic)
    ? handleReserved(connection, publication)
    : route(connection.core, publication, connection.session);
  if (packet.qos === 0) {
    settled?.catch((error: unknown) => logFailure(connection, publication, error));
    return;
  }
  const { acknowledgements } = connection;
  if (!settled) {
    acknowledgements.acknowledge(packet.packetId, REASON.SUCCESS);
    return;
  }
  awaitRules(connection, packet.packetId, publication, settled);
}

/** Owes the PUBACK until the rules have done or handed over their part; with 100 owed ones nothing more is read. */
function awaitRules(connection: Connection, packetId: number, publication: Publication, settled: Promise<void>): void {
  const { acknowledgements, core } = connection;
  const disconnects = connection.version === 5 && core.behaviour.receiveMaximumExceeded === 'disconnect';
  if (disconnects && acknowledgements.length >= IN_FLIGHT_LIMIT) {
    throw new ProtocolViolation('more than 100 unacknowledged messages', REASON.RECEIVE_MAXIMUM_EXCEEDED);
  }
  const acknowledge = acknowledgements.reserve(packetId);
  if (!disconnects) connection.holdForRules(acknowledgements.length >= IN_FLIGHT_LIMIT);
  const finish = (code: ReasonCode): void => {
    acknowledge(code);
    connection.holdForRules(acknowledgements.length >= IN_FLIGHT_LIMIT);
  };
  settled.then(
    () => finish(REASON.SUCCESS),
    (error: unknown) => {
      logFailure(connection, publication, error);
      finish(REASON.UNSPECIFIED_ERROR);
    },
  );
}

function logFailure(connection: Connection, { topic }: Publication, error: unknown): void {
  logEntry(connection, 'ERROR', {
    eventType: 'Publish-In',
    status: 'Failure',
    reason: 'SERVER_ERROR',
    topicName: topic,
    details: String(error),
  });
}

/** Requests to shadows, jobs, provisioning and commands; without a service for the topic the client is disconnected. */
async function handleReserved(connection: Connection, publication: Publication): Promise<void> {
  const { core, admission, clientId } = connection;
  const requester: ReservedRequester = {
    clientId,
    principal: admission!.principal,
    thingName: admission!.thingName,
    protocol: 'mqtt',
  };
  // A service may parse the request later than the network's buffer lives.
  const replies =
    (await core.reservedTopics?.handle({ ...publication, payload: Buffer.from(publication.payload) }, requester)) ??
    'unsupported';
  if (replies === 'not reserved') {
    await route(core, publication, connection.session);
    return;
  }
  if (replies === 'unsupported') {
    logEntry(connection, 'ERROR', {
      eventType: 'Publish-In',
      status: 'Failure',
      reason: 'TOPIC_NAME_INVALID',
      topicName: publication.topic,
    });
    connection.close('CLIENT_ERROR', { reasonCode: REASON.TOPIC_NAME_INVALID, details: 'unsupported reserved topic' });
    return;
  }
  if (isShadowTopic(publication.topic)) await route(core, publication, connection.session);
  for (const reply of replies) await sendReply(connection, publication, reply);
}

async function sendReply(
  connection: Connection,
  request: Publication,
  { topic, payload, to = 'requester' }: ReservedReply,
): Promise<void> {
  const { core, session } = connection;
  const receivedAt = core.clock.now();
  if (to === 'subscribers') {
    await route(core, { topic, payload, qos: request.qos, retain: false, source: { protocol: 'service' }, receivedAt });
    return;
  }
  if (!session || session.connection !== connection) return;
  const message = new OutboundMessage({ topic, payload, receivedAt });
  if (request.qos === 0) deliverQos0(session, message, false);
  else deliverQos1(core, session, message, { retain: false });
}
