import type { Delivery, Session, Subscription } from './sessions.ts';
import type { TokenBucket } from './quotas.ts';

/**
 * The members of `$share/<name>/<filter>` (MQTT 5, section 4.8.2). A message goes to one of them at random; with a
 * persistent member, QoS 1 messages wait here while nobody is online or all are busy.
 */
export class ShareGroup {
  readonly shareName: string;
  readonly filter: string;
  readonly members = new Map<Session, Subscription>();
  queue: Delivery[] = [];
  /** 20 stored messages a second for each active member. */
  readonly #budgets = new WeakMap<Session, TokenBucket>();

  constructor(shareName: string, filter: string) {
    this.shareName = shareName;
    this.filter = filter;
  }

  get queues(): boolean {
    for (const session of this.members.keys()) if (session.persistent) return true;
    return false;
  }

  /** A random member for which `accepts` holds. */
  pick(accepts: (subscription: Subscription) => boolean): Subscription | undefined {
    const candidates = [...this.members.values()].filter((member) => member.session.connection !== undefined);
    while (candidates.length > 0) {
      const [chosen] = candidates.splice(Math.floor(Math.random() * candidates.length), 1);
      if (accepts(chosen!)) return chosen;
    }
    return undefined;
  }

  budget(session: Session, create: () => TokenBucket): TokenBucket {
    let bucket = this.#budgets.get(session);
    if (!bucket) this.#budgets.set(session, (bucket = create()));
    return bucket;
  }
}

/** All groups of the account, by share name and filter. */
export class ShareGroups {
  readonly #groups = new Map<string, ShareGroup>();
  readonly waiting = new Set<ShareGroup>();

  get size(): number {
    return this.#groups.size;
  }

  get(shareName: string, filter: string): ShareGroup | undefined {
    return this.#groups.get(`${shareName}/${filter}`);
  }

  create(shareName: string, filter: string): ShareGroup {
    const group = new ShareGroup(shareName, filter);
    this.#groups.set(`${shareName}/${filter}`, group);
    return group;
  }

  remove(group: ShareGroup): void {
    this.#groups.delete(`${group.shareName}/${group.filter}`);
    this.waiting.delete(group);
  }
}
