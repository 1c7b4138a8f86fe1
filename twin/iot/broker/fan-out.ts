import type { Publication } from '../publication.ts';
import type { BrokerCore } from './core.ts';
import { OutboundMessage } from './outbound-message.ts';
import { deliverQos0, deliverQos1 } from './outbound.ts';
import { deliverToGroup } from './shared-delivery.ts';
import type { Session, Subscription } from './sessions.ts';
import { ShareGroup } from './shared-subscriptions.ts';
import { isBasicIngest } from './topics.ts';

let stamp = 0;

/**
 * Hands a message to its subscribers and to the rules.
 *
 * @param from the publisher's session, for No Local (MQTT 5, section 3.8.3.1)
 * @returns what the rules return: undefined when nothing need be awaited
 */
export function route(core: BrokerCore, publication: Publication, from?: Session): Promise<void> | undefined {
  if (!isBasicIngest(publication.topic)) fanOut(core, publication, from);
  return core.sink.ingest(publication);
}

/**
 * Whether the account's outbound rate has room. IoT Core judges it while it takes the inbound message and drops that
 * one when it is exhausted, so one over-wide broadcast makes other publishers wait.
 */
export function hasOutboundRoom(core: BrokerCore): boolean {
  return core.rates.outbound.take(core.clock.now(), 0);
}

function fanOut(core: BrokerCore, publication: Publication, from: Session | undefined): void {
  if (core.subscribers.size === 0) return;
  let targets: Session[] | undefined;
  let groups: ShareGroup[] | undefined;
  stamp += 1;
  core.subscribers.match(publication.topic, (subscriber) => {
    if (subscriber instanceof ShareGroup) (groups ??= []).push(subscriber);
    else if (!(subscriber.noLocal && subscriber.session === from)) noteTarget((targets ??= []), subscriber);
  });
  if (!targets && !groups) return;
  const message = new OutboundMessage(publication);
  if (message.hasExpired(core.clock.now())) return;
  core.rates.outbound.borrow(core.clock.now(), (targets?.length ?? 0) + (groups?.length ?? 0));
  for (const session of targets ?? []) {
    const retain = session.matchRetainAsPublished && publication.retain;
    if (session.matchQos === 0 || publication.qos === 0) deliverQos0(session, message, retain);
    else deliverQos1(core, session, message, { retain });
  }
  for (const group of groups ?? []) deliverToGroup(core, group, message, publication.qos);
}

/** Overlapping filters of one client give one delivery at the highest QoS (MQTT 3.1.1, section 3.3.5). */
function noteTarget(targets: Session[], { session, qos, retainAsPublished }: Subscription): void {
  if (session.matchStamp !== stamp) {
    session.matchStamp = stamp;
    session.matchQos = qos;
    session.matchRetainAsPublished = retainAsPublished;
    targets.push(session);
    return;
  }
  if (qos > session.matchQos) session.matchQos = qos;
  session.matchRetainAsPublished ||= retainAsPublished;
}

/** Keeps a retained message within the account's quotas; @returns false when it was throttled */
export function acceptRetained(core: BrokerCore, publication: Publication): boolean {
  const now = core.clock.now();
  const { topic, payload } = publication;
  if (!core.rates.retained.take(now) || !core.rates.retainedOn(topic)) return false;
  if (payload.length > 0 && core.retained.size >= core.quotas.retainedMessages && !core.retained.has(topic))
    return false;
  core.retained.keep(publication);
  return true;
}
