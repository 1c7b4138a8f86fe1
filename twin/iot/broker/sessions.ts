import type { Clock } from '../../clock.ts';
import type { Collection, Store } from '../../state/store.ts';
import type { Connection } from './connection.ts';
import { OutboundMessage, type StoredMessage } from './outbound-message.ts';
import type { ShareGroup } from './shared-subscriptions.ts';

export interface Subscription {
  readonly session: Session;
  /** As the client wrote it, `$share/<name>/` included. */
  readonly filter: string;
  readonly qos: 0 | 1;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly group?: ShareGroup;
}

export interface Confirmation {
  /** The sender has given up waiting. */
  abandoned: boolean;
  readonly settle: (outcome: 'acknowledged' | 'lost') => void;
}

/** One QoS 1 message that a session still owes its client. */
export interface Delivery {
  readonly message: OutboundMessage;
  readonly retain: boolean;
  /** Where it is kept until it is acknowledged; only persistent sessions keep. */
  storageKey?: string;
  /** A shared subscription's message goes back to the group when its receiver leaves. */
  readonly group?: ShareGroup;
  /** Of a direct message: its sender waits, and it is neither kept nor sent again. */
  readonly confirmation?: Confirmation;
  firstSentAt: number;
  sentAt: number;
}

/** What IoT Core remembers of a client: MQTT 5, section 4.1. */
export class Session {
  readonly clientId: string;
  readonly version: 4 | 5;
  expirySeconds = 0;
  connection: Connection | undefined;
  disconnectedAt: number | undefined;
  subscriptions: Map<string, Subscription> | undefined;
  /** By packet identifier, oldest first. */
  inFlight: Map<number, Delivery> | undefined;
  queue: Delivery[] | undefined;
  queueHead = 0;
  queueBytes = 0;
  /** How many at the head of the queue were stored while the client was away: those leave at 10 a second. */
  storedCount = 0;
  storedBudget = 0;
  nextPacketId = 1;
  /** Written while one message is matched, so that overlapping filters give one delivery. */
  matchStamp = 0;
  matchQos: 0 | 1 = 0;
  matchRetainAsPublished = false;

  constructor(clientId: string, version: 4 | 5) {
    this.clientId = clientId;
    this.version = version;
  }

  get persistent(): boolean {
    return this.expirySeconds > 0;
  }

  get queueLength(): number {
    return (this.queue?.length ?? 0) - this.queueHead;
  }

  enqueue(delivery: Delivery): void {
    (this.queue ??= []).push(delivery);
    this.queueBytes += delivery.message.payload.length;
  }

  peek(): Delivery | undefined {
    return this.queue?.[this.queueHead];
  }

  dequeue(): Delivery | undefined {
    const delivery = this.queue?.[this.queueHead];
    if (!delivery) return undefined;
    this.queueHead += 1;
    this.queueBytes -= delivery.message.payload.length;
    if (this.storedCount > 0) this.storedCount -= 1;
    if (this.queueHead === this.queue!.length) {
      this.queue = undefined;
      this.queueHead = 0;
    } else if (this.queueHead > 1024 && this.queueHead * 2 > this.queue!.length) {
      this.queue = this.queue!.slice(this.queueHead);
      this.queueHead = 0;
    }
    return delivery;
  }

  /** Puts what was in flight back in front of the queue, oldest first; @returns what `keep` did not keep */
  requeueInFlight(keep: (delivery: Delivery) => boolean): Delivery[] {
    const owed = [...(this.inFlight?.values() ?? []), ...(this.queue?.slice(this.queueHead) ?? [])];
    const queue = owed.filter(keep);
    this.inFlight = undefined;
    this.queue = queue.length > 0 ? queue : undefined;
    this.queueHead = 0;
    this.queueBytes = queue.reduce((total, { message }) => total + message.payload.length, 0);
    this.storedCount = queue.length;
    return owed.filter((delivery) => !keep(delivery));
  }

  unusedPacketId(): number {
    let id = this.nextPacketId;
    while (this.inFlight?.has(id)) id = id === 65_535 ? 1 : id + 1;
    this.nextPacketId = id === 65_535 ? 1 : id + 1;
    return id;
  }
}

interface StoredSession {
  readonly version: 4 | 5;
  readonly expirySeconds: number;
  readonly disconnectedAt?: number;
  readonly subscriptions: readonly (readonly [
    filter: string,
    qos: 0 | 1,
    noLocal: boolean,
    retainAsPublished: boolean,
  ])[];
}

interface StoredDelivery extends StoredMessage {
  /** A client id, or the `$share/…` filter of a group. */
  readonly owner: string;
  readonly shared: boolean;
  readonly retain: boolean;
}

/** All sessions, and the persistent ones on disk together with every QoS 1 message that they owe. */
export class Sessions {
  readonly #clock: Clock;
  readonly #byClientId = new Map<string, Session>();
  /** Waiting for their client or their expiry. */
  readonly #offline = new Set<Session>();
  readonly #stored: Collection<StoredSession>;
  readonly #deliveries: Collection<StoredDelivery>;
  #sequence = 0;

  constructor(store: Store, clock: Clock) {
    this.#clock = clock;
    this.#stored = store.collection('iot.broker.sessions');
    this.#deliveries = store.collection('iot.broker.deliveries');
  }

  /** Brings back the sessions that an earlier run left; `subscribe` puts each subscription where messages find it. */
  restore(
    subscribe: (session: Session, filter: string, qos: 0 | 1, noLocal: boolean, retainAsPublished: boolean) => void,
  ): void {
    for (const [clientId, stored] of this.#stored.entries()) {
      const session = new Session(clientId, stored.version);
      session.expirySeconds = stored.expirySeconds;
      session.disconnectedAt = stored.disconnectedAt ?? this.#clock.now();
      this.#byClientId.set(clientId, session);
      this.#offline.add(session);
      for (const [filter, qos, noLocal, retainAsPublished] of stored.subscriptions)
        subscribe(session, filter, qos, noLocal, retainAsPublished);
    }
  }

  /** Brings back what was owed; `groupOf` finds the shared subscription of a filter. Orphans are deleted. */
  restoreDeliveries(groupOf: (filter: string) => ShareGroup | undefined): void {
    for (const [storageKey, stored] of [...this.#deliveries.entries()]) {
      this.#sequence = Math.max(this.#sequence, Number(storageKey));
      const group = stored.shared ? groupOf(stored.owner) : undefined;
      const session = stored.shared ? undefined : this.#byClientId.get(stored.owner);
      const delivery: Delivery = {
        message: OutboundMessage.fromStored(stored),
        retain: stored.retain,
        group,
        storageKey,
        firstSentAt: 0,
        sentAt: 0,
      };
      if (group) group.queue.push(delivery);
      else if (session) {
        session.enqueue(delivery);
        session.storedCount += 1;
      } else this.#deliveries.delete(storageKey);
    }
  }

  get(clientId: string): Session | undefined {
    return this.#byClientId.get(clientId);
  }

  values(): IterableIterator<Session> {
    return this.#byClientId.values();
  }

  add(session: Session): void {
    this.#byClientId.set(session.clientId, session);
  }

  online(session: Session): void {
    this.#offline.delete(session);
    session.disconnectedAt = undefined;
    this.save(session);
  }

  offline(session: Session): void {
    session.disconnectedAt = this.#clock.now();
    this.#offline.add(session);
    this.save(session);
  }

  /** Writes a persistent session's terms and subscriptions; any other leaves no trace on disk. */
  save(session: Session): void {
    if (!session.persistent) {
      this.#stored.delete(session.clientId);
      return;
    }
    this.#stored.set(session.clientId, {
      version: session.version,
      expirySeconds: session.expirySeconds,
      disconnectedAt: session.disconnectedAt,
      subscriptions: [...(session.subscriptions?.values() ?? [])].map((subscription) => [
        subscription.filter,
        subscription.qos,
        subscription.noLocal,
        subscription.retainAsPublished,
      ]),
    });
  }

  /** Forgets the session and what it owes. The caller has removed its subscriptions. */
  remove(session: Session): void {
    if (this.#byClientId.get(session.clientId) === session) this.#byClientId.delete(session.clientId);
    this.#offline.delete(session);
    this.#stored.delete(session.clientId);
    const owed = [...(session.inFlight?.values() ?? []), ...(session.queue?.slice(session.queueHead) ?? [])];
    session.inFlight = session.queue = undefined;
    session.queueHead = session.queueBytes = session.storedCount = 0;
    for (const delivery of owed) {
      this.forget(delivery);
      delivery.confirmation?.settle('lost');
    }
  }

  /** Puts a delivery on disk before anybody is told that it was taken. */
  keep(owner: Session | ShareGroup, delivery: Delivery): void {
    this.#sequence += 1;
    delivery.storageKey = String(this.#sequence);
    const shared = !(owner instanceof Session);
    this.#deliveries.set(delivery.storageKey, {
      ...delivery.message.stored,
      owner: shared ? `$share/${owner.shareName}/${owner.filter}` : owner.clientId,
      shared,
      retain: delivery.retain,
    });
  }

  forget(delivery: Delivery): void {
    if (delivery.storageKey === undefined) return;
    this.#deliveries.delete(delivery.storageKey);
    delivery.storageKey = undefined;
  }

  *expired(): IterableIterator<Session> {
    const now = this.#clock.now();
    for (const session of this.#offline) {
      if (session.disconnectedAt! + session.expirySeconds * 1000 <= now) yield session;
    }
  }
}
