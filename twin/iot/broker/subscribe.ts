import type { ISubscribePacket, ISubscription, IUnsubscribePacket } from 'mqtt-packet';

import type { Connection } from './connection.ts';
import { encodeControl } from './control-packet.ts';
import { ProtocolViolation } from './frames.ts';
import { deliverQos0, deliverQos1 } from './outbound.ts';
import { logEntry, logRefusal } from './refusals.ts';
import { REASON, subackReturnCode, type ReasonCode } from './reason-codes.ts';
import { drainGroups } from './shared-delivery.ts';
import { addSubscription, removeSubscription } from './subscriptions.ts';
import { hasWildcard, isSubscribable, isTopicFilter, isWithinLimits, parseShare } from './topics.ts';

function requirePacketId(packetId: number | undefined): number {
  if (packetId === undefined || packetId <= 0)
    throw new ProtocolViolation('packet identifier is missing', REASON.PROTOCOL_ERROR);
  return packetId;
}

/** SUBSCRIBE (MQTT 5, section 3.8), as IoT Core grants it: at most QoS 1, by policy, within the quotas. */
export function handleSubscribe(connection: Connection, packet: ISubscribePacket): void {
  const { core } = connection;
  const messageId = requirePacketId(packet.messageId);
  const { subscriptions } = packet;
  if (subscriptions.length === 0)
    throw new ProtocolViolation('SUBSCRIBE without a topic filter', REASON.PROTOCOL_ERROR);
  if (packet.properties?.subscriptionIdentifier !== undefined) {
    throw new ProtocolViolation(
      'subscription identifiers are not supported',
      REASON.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
    );
  }
  if (core.behaviour.subscribeQos2 === 'refuse' && subscriptions.some(({ qos }) => qos === 2)) {
    logEntry(connection, 'ERROR', {
      eventType: 'Subscribe',
      status: 'Failure',
      reason: 'QOS_NOT_SUPPORTED',
      details: 'there is no SUBACK for QoS 2',
    });
    if (connection.version === 5) throw new ProtocolViolation('QoS 2 is not supported', REASON.QOS_NOT_SUPPORTED);
    return;
  }
  const existing = new Set(connection.session!.subscriptions?.keys());
  const overLimit = subscriptions.length > core.quotas.subscriptionsPerSubscribe;
  const granted = subscriptions.map((each) => (overLimit ? REASON.QUOTA_EXCEEDED : subscribe(connection, each)));
  core.sessions.save(connection.session!);
  connection.write(
    encodeControl(
      { cmd: 'suback', messageId, granted: connection.version === 5 ? granted : granted.map(subackReturnCode) },
      connection.version,
    ),
  );
  const accepted = subscriptions.filter((_, index) => granted[index]! < 0x80);
  for (const each of accepted) sendRetained(connection, each, existing.has(each.topic));
  if (core.shareGroups.waiting.size > 0) drainGroups(core);
  core.presence.subscriptions(
    connection,
    'subscribed',
    accepted.map(({ topic }) => topic),
  );
}

function subscribe(connection: Connection, { topic: filter, qos, nl, rap }: ISubscription): ReasonCode {
  const refused = refusal(connection, filter, nl === true);
  if (refused !== undefined) return refused;
  addSubscription(connection.core, connection.session!, filter, {
    qos: qos === 0 ? 0 : 1,
    noLocal: nl === true,
    retainAsPublished: rap === true,
  });
  logEntry(connection, 'INFO', { eventType: 'Subscribe', status: 'Success', topicName: filter });
  return qos === 0 ? REASON.SUCCESS : REASON.GRANTED_QOS_1;
}

/** Why a filter is not granted: its form, then the policy, then the quotas. */
function refusal(connection: Connection, filter: string, noLocal: boolean): ReasonCode | undefined {
  const { core } = connection;
  const session = connection.session!;
  const share = parseShare(filter);
  const bare = share === undefined || share === 'invalid' ? filter : share.filter;
  const invalid =
    share === 'invalid' || !isTopicFilter(bare) || !isWithinLimits(filter, core.quotas) || !isSubscribable(bare);
  if (invalid) {
    logEntry(connection, 'ERROR', {
      eventType: 'Subscribe',
      status: 'Failure',
      reason: 'TOPIC_FILTER_INVALID',
      topicName: filter,
    });
    return REASON.TOPIC_FILTER_INVALID;
  }
  // MQTT 5, section 3.8.3.1: No Local on a shared subscription is a protocol error.
  if (share && noLocal) throw new ProtocolViolation('No Local on a shared subscription', REASON.PROTOCOL_ERROR);
  if (!connection.admission!.authorize('iot:Subscribe', filter)) {
    logRefusal(connection, 'Subscribe', filter, 'iot:Subscribe');
    return REASON.NOT_AUTHORIZED;
  }
  const isNew = !session.subscriptions?.has(filter);
  const { quotas } = core;
  const exceeded =
    !core.rates.subscribe.take(core.clock.now()) ||
    (isNew && (session.subscriptions?.size ?? 0) >= quotas.subscriptionsPerConnection) ||
    (isNew && core.subscribers.size >= quotas.subscriptionsPerAccount) ||
    (isNew && share !== undefined && !hasShareRoom(connection, share.shareName, share.filter));
  if (!exceeded) return undefined;
  logEntry(connection, 'ERROR', {
    eventType: 'Subscribe',
    status: 'Failure',
    reason: 'QUOTA_EXCEEDED',
    topicName: filter,
  });
  return REASON.QUOTA_EXCEEDED;
}

function hasShareRoom({ core }: Connection, shareName: string, filter: string): boolean {
  const group = core.shareGroups.get(shareName, filter);
  return group ? group.members.size < core.quotas.shareGroupMembers : core.shareGroups.size < core.quotas.shareGroups;
}

/** Only a filter without wildcards brings the retained message, and a shared one never does (developer guide, "MQTT"). */
function sendRetained(connection: Connection, { topic, qos, rh }: ISubscription, existed: boolean): void {
  if (hasWildcard(topic) || topic.startsWith('$share/') || rh === 2 || (rh === 1 && existed)) return;
  const retained = connection.core.retained.get(topic);
  if (!retained) return;
  if (qos === 0 || retained.qos === 0) deliverQos0(connection.session!, retained.message, true);
  else deliverQos1(connection.core, connection.session!, retained.message, { retain: true });
}

export function handleUnsubscribe(connection: Connection, packet: IUnsubscribePacket): void {
  const { core } = connection;
  const session = connection.session!;
  const messageId = requirePacketId(packet.messageId);
  if (packet.unsubscriptions.length === 0)
    throw new ProtocolViolation('UNSUBSCRIBE without a topic filter', REASON.PROTOCOL_ERROR);
  const removed: string[] = [];
  const granted = packet.unsubscriptions.map((filter) => {
    const subscription = session.subscriptions?.get(filter);
    if (!subscription) return isTopicFilter(filter) ? REASON.SUCCESS : REASON.TOPIC_FILTER_INVALID;
    removeSubscription(core, subscription);
    removed.push(filter);
    return REASON.SUCCESS;
  });
  core.sessions.save(session);
  connection.write(encodeControl({ cmd: 'unsuback', messageId, granted }, connection.version));
  logEntry(connection, 'INFO', { eventType: 'Unsubscribe', status: 'Success', topicName: removed.join(', ') });
  core.presence.subscriptions(connection, 'unsubscribed', removed);
}
