import type { Clock } from '../../clock.ts';
import type { PublicationSink } from '../publication.ts';
import type { Connection } from './connection.ts';
import type { RecentDisconnections } from './connections-api.ts';
import type { Flusher } from './flusher.ts';
import type { KeepAliveWheel } from './keep-alive.ts';
import type { BrokerLog, DeviceApi, Gatekeeper, ReservedTopics, SigningCredentials } from './ports.ts';
import type { Presence } from './presence.ts';
import type { AccountRates, Quotas } from './quotas.ts';
import type { RetainedMessages } from './retained.ts';
import type { Session, Sessions, Subscription } from './sessions.ts';
import type { ShareGroup, ShareGroups } from './shared-subscriptions.ts';
import type { TopicTrie } from './topic-trie.ts';

/** Choices where AWS's documents leave room; each is described in docs/twin-fidelity.md. */
export interface Behaviour {
  /** A refused MQTT 5 PUBLISH with QoS 1: PUBACK 0x87, or DISCONNECT 0x87 as for MQTT 3.1.1 and QoS 0. */
  readonly unauthorizedPublish: 'acknowledge' | 'disconnect';
  /** More than 100 unacknowledged PUBLISHes of one client: read no further, or (MQTT 5) DISCONNECT 0x93. */
  readonly receiveMaximumExceeded: 'pause' | 'disconnect';
  /** A SUBSCRIBE with QoS 2: no SUBACK (MQTT 5: DISCONNECT 0x9B), or QoS 1 granted. */
  readonly subscribeQos2: 'refuse' | 'grant-1';
  /** A TLS client hello without a server name: refused, or let in. */
  readonly missingServerName: 'refuse' | 'accept';
}

export interface Counters {
  connected: number;
  messagesIn: number;
  messagesOut: number;
  bytesIn: number;
  bytesOut: number;
  droppedOut: number;
  throttled: number;
  refusedConnects: number;
}

/** What the broker's features share. */
export interface BrokerCore {
  readonly clock: Clock;
  readonly behaviour: Behaviour;
  readonly quotas: Quotas;
  readonly rates: AccountRates;
  readonly gatekeeper: Gatekeeper;
  readonly sink: PublicationSink;
  readonly reservedTopics: ReservedTopics | undefined;
  readonly deviceApi: DeviceApi | undefined;
  readonly signingCredentials: SigningCredentials | undefined;
  readonly log: BrokerLog;
  readonly sessions: Sessions;
  /** Plain subscriptions, and each group of shared ones once. */
  readonly subscribers: TopicTrie<Subscription | ShareGroup>;
  readonly shareGroups: ShareGroups;
  readonly retained: RetainedMessages;
  readonly presence: Presence;
  readonly wheel: KeepAliveWheel;
  readonly flusher: Flusher;
  readonly counters: Counters;
  readonly connections: Set<Connection>;
  readonly recent: RecentDisconnections;
  /** Sessions with stored messages to pace, and sessions that wait for PUBACKs: looked at once a second. */
  readonly pacing: Set<Session>;
  readonly awaiting: Set<Session>;
  /** Longest and default life of a persistent session, in seconds (quota L-3BB6AFBC). */
  readonly sessionExpirySeconds: number;
}
