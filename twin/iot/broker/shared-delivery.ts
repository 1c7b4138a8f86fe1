import type { BrokerCore } from './core.ts';
import { logEntry } from './refusals.ts';
import type { OutboundMessage } from './outbound-message.ts';
import { deliverQos0, deliverQos1 } from './outbound.ts';
import { TokenBucket } from './quotas.ts';
import type { ShareGroup } from './shared-subscriptions.ts';
import type { Session } from './sessions.ts';

/** Stored messages of a group leave at 20 a second for each active member (quota "Shared subscription delivery rate"). */
const STORED_PER_SECOND = 20;

/** Sends a message to one member; QoS 1 waits in the group when it may and no member takes it. */
export function deliverToGroup(core: BrokerCore, group: ShareGroup, message: OutboundMessage, qos: 0 | 1): void {
  if (group.queue.length === 0 && offer(core, group, message, qos)) return;
  if (qos === 1 && group.queues) enqueue(core, group, message);
  else core.counters.droppedOut += 1;
}

/** Tries the members in random order until one takes the message. */
function offer(core: BrokerCore, group: ShareGroup, message: OutboundMessage, qos: 0 | 1): boolean {
  const taken = group.pick(({ session, qos: granted }) => {
    if (qos === 1 && granted === 1) {
      if (session.connection!.isSlow || session.queueLength > 0) return false;
      return deliverQos1(core, session, message, { retain: false, group }) === undefined;
    }
    return deliverQos0(session, message, false) === undefined;
  });
  return taken !== undefined;
}

/** Overflow drops the new message, not the old ones. */
function enqueue(core: BrokerCore, group: ShareGroup, message: OutboundMessage): void {
  if (group.queue.length >= core.quotas.shareGroupQueue || !core.rates.queue.take(core.clock.now())) {
    core.counters.droppedOut += 1;
    return;
  }
  message.detach();
  const delivery = { message, retain: false, group, firstSentAt: 0, sentAt: 0 };
  core.sessions.keep(group, delivery);
  group.queue.push(delivery);
  core.shareGroups.waiting.add(group);
}

/** What a leaving member had not acknowledged is offered to the others, in front of what waits. */
export function returnToGroups(core: BrokerCore, session: Session): void {
  const returned = [...(session.inFlight ?? [])].filter(([, { group }]) => group && group.members.size > 0);
  for (const [packetId, delivery] of returned.reverse()) {
    const group = delivery.group!;
    session.inFlight!.delete(packetId);
    core.sessions.forget(delivery);
    if (group.queues) core.sessions.keep(group, delivery);
    group.queue.unshift(delivery);
    core.shareGroups.waiting.add(group);
  }
}

/** Once a second, and when a member comes: hands out what waits, each member within its rate. */
export function drainGroups(core: BrokerCore): void {
  const now = core.clock.now();
  for (const group of core.shareGroups.waiting) {
    const expiry = Math.max(0, ...[...group.members.keys()].map((session) => session.expirySeconds)) * 1000;
    let taken = 0;
    for (const delivery of group.queue) {
      const tooOld =
        expiry > 0 &&
        now - delivery.message.receivedAt > expiry &&
        delivery.message.properties?.messageExpiryInterval === undefined;
      if (!tooOld && !delivery.message.hasExpired(now) && !handOut(core, group, delivery.message, now)) break;
      core.sessions.forget(delivery);
      taken += 1;
    }
    if (taken > 0) group.queue = group.queue.slice(taken);
    if (group.queue.length === 0) core.shareGroups.waiting.delete(group);
  }
}

function handOut(core: BrokerCore, group: ShareGroup, message: OutboundMessage, now: number): boolean {
  const member = group.pick(({ session }) => {
    if (session.connection!.isSlow || session.queueLength > 0) return false;
    if (!group.budget(session, () => new TokenBucket(STORED_PER_SECOND, now)).take(now)) return false;
    return deliverQos1(core, session, message, { retain: false, group }) === undefined;
  });
  if (member)
    logEntry(member.session.connection!, 'DEBUG', {
      eventType: 'Publish-Out',
      status: 'Success',
      topicName: message.topic,
    });
  return member !== undefined;
}
