import type { BrokerCore } from './core.ts';
import type { Session, Subscription } from './sessions.ts';
import { parseShare } from './topics.ts';

/** Puts a subscription where messages find it, in place of one of the same filter. `filter` has been checked. */
export function addSubscription(
  core: BrokerCore,
  session: Session,
  filter: string,
  options: Pick<Subscription, 'qos' | 'noLocal' | 'retainAsPublished'>,
): void {
  const previous = session.subscriptions?.get(filter);
  if (previous) detach(core, previous);
  const share = parseShare(filter);
  if (share === undefined || share === 'invalid') {
    const subscription = { session, filter, ...options };
    (session.subscriptions ??= new Map()).set(filter, subscription);
    core.subscribers.add(filter, subscription);
    return;
  }
  let group = core.shareGroups.get(share.shareName, share.filter);
  if (!group) {
    group = core.shareGroups.create(share.shareName, share.filter);
    core.subscribers.add(share.filter, group);
  }
  const subscription = { session, filter, ...options, group };
  group.members.set(session, subscription);
  (session.subscriptions ??= new Map()).set(filter, subscription);
}

/** Undoes `addSubscription`; the last member of a shared group takes the group along. */
export function removeSubscription(core: BrokerCore, subscription: Subscription): void {
  subscription.session.subscriptions?.delete(subscription.filter);
  detach(core, subscription);
}

function detach(core: BrokerCore, subscription: Subscription): void {
  const { group, session, filter } = subscription;
  if (!group) {
    core.subscribers.remove(filter, subscription);
    return;
  }
  group.members.delete(session);
  if (group.members.size > 0) return;
  core.subscribers.remove(group.filter, group);
  core.shareGroups.remove(group);
}
