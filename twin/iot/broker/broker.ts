import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import type { Clock } from '../../clock.ts';
import type { Store } from '../../state/store.ts';
import type { Publication, Publish, PublicationSink } from '../publication.ts';
import {
  closeForApi,
  connectionInformation,
  RecentDisconnections,
  subscriptionsOf,
  type ConnectionInformation,
  type DeleteConnectionOptions,
} from './connections-api.ts';
import { Connection, type ConnectionEvents, type Peer } from './connection.ts';
import type { Behaviour, BrokerCore, Counters } from './core.ts';
import { sendDirectMessage, type DirectMessage, type DirectMessageOutcome } from './direct-messages.ts';
import { acceptRetained, route } from './fan-out.ts';
import { Flusher } from './flusher.ts';
import { KeepAliveWheel } from './keep-alive.ts';
import { everySecond, pump } from './outbound.ts';
import { handlePacket } from './packets.ts';
import type { BrokerLog, DeviceApi, Gatekeeper, ReservedTopics, SigningCredentials } from './ports.ts';
import { Presence, type PresenceListener } from './presence.ts';
import { AccountRates, quotasFor, type QuotaMode } from './quotas.ts';
import { REASON } from './reason-codes.ts';
import { RetainedMessages, type RetainedMessage, type RetainedMessageSummary } from './retained.ts';
import { connectionClosed, expireSessions } from './session-lifecycle.ts';
import { Sessions } from './sessions.ts';
import { publishForService } from './service-requests.ts';
import { drainGroups } from './shared-delivery.ts';
import { ShareGroups } from './shared-subscriptions.ts';
import { addSubscription } from './subscriptions.ts';
import { listenTls as listen, type FrontProtocol, type Listener, type ListenOptions } from './tls-front.ts';
import { parseShare } from './topics.ts';
import { TopicTrie } from './topic-trie.ts';
import { SocketTransport } from './transport.ts';

export interface BrokerOptions {
  readonly gatekeeper: Gatekeeper;
  /** The rules engine; its promise is awaited before a PUBACK. */
  readonly sink: PublicationSink;
  readonly clock: Clock;
  readonly store: Store;
  /** Without it every `$aws/…` request is unsupported. */
  readonly reservedTopics?: ReservedTopics;
  /** Without it devices can do nothing over HTTPS but publish. */
  readonly deviceApi?: DeviceApi;
  /** Without it signed WebSocket URLs are refused. */
  readonly signingCredentials?: SigningCredentials;
  readonly log?: BrokerLog;
  /** The security policies of the account's domain configurations, see FrontOptions. */
  acceptsTls?(serverName: string | undefined, version: string): boolean;
  /** Told of every connection that opens or closes, after its lifecycle event. */
  readonly presenceListener?: PresenceListener;
  /** `'aws'` when absent. */
  readonly quotas?: QuotaMode;
  readonly behaviour?: Partial<Behaviour>;
  /** Quota L-3BB6AFBC: 3600 when absent, at most seven days. */
  readonly sessionExpirySeconds?: number;
}

/** The message broker of one account and Region. */
export interface Broker {
  /** MQTT by default; HTTPS by ALPN. @throws IovError IOV_PORT_TAKEN */
  listenTls(options: ListenOptions): Promise<Listener>;
  /** HTTPS publish by default, and MQTT by ALPN. @throws IovError IOV_PORT_TAKEN */
  listenHttps(options: ListenOptions): Promise<Listener>;
  /** MQTT over WebSocket at `/mqtt`; no client certificate is asked for. @throws IovError IOV_PORT_TAKEN */
  listenWebSocket(options: ListenOptions): Promise<Listener>;
  /**
   * Takes an MQTT connection that somebody else accepted, for instance without TLS behind a proxy that ends it; who the
   * peer is, that somebody says.
   */
  accept(socket: Socket, peer: Peer): void;
  readonly publish: Publish;
  sendDirectMessage(clientId: string, message: DirectMessage): Promise<DirectMessageOutcome>;
  /** @returns false when there is neither a connection nor a session */
  deleteConnection(clientId: string, options?: DeleteConnectionOptions): boolean;
  getConnection(clientId: string): ConnectionInformation | undefined;
  /** @returns undefined for an unknown client */
  listSubscriptions(clientId: string): { topicFilter: string; qos: 0 | 1 }[] | undefined;
  getRetained(topic: string): RetainedMessage | undefined;
  listRetained(): RetainedMessageSummary[];
  /** Ends every connection of a principal whose certificate was revoked, deactivated or deleted; @returns how many */
  disconnectPrincipal(principal: string): number;
  counters(): Readonly<Counters>;
  close(): Promise<void>;
}

const AWS_BEHAVIOUR: Behaviour = {
  unauthorizedPublish: 'acknowledge',
  receiveMaximumExceeded: 'pause',
  subscribeQos2: 'refuse',
  missingServerName: 'refuse',
};

const NO_LOG: BrokerLog = { enabled: () => false, write: () => undefined };

const SEVEN_DAYS_SECONDS = 604_800;

function createCore(options: BrokerOptions): BrokerCore {
  const { clock, store } = options;
  const quotas = quotasFor(options.quotas ?? 'aws');
  const core: BrokerCore = {
    clock,
    quotas,
    behaviour: { ...AWS_BEHAVIOUR, ...options.behaviour },
    rates: new AccountRates(quotas, clock),
    gatekeeper: options.gatekeeper,
    sink: options.sink,
    reservedTopics: options.reservedTopics,
    deviceApi: options.deviceApi,
    signingCredentials: options.signingCredentials,
    log: options.log ?? NO_LOG,
    sessions: new Sessions(store, clock),
    subscribers: new TopicTrie(),
    shareGroups: new ShareGroups(),
    retained: new RetainedMessages(store, clock),
    presence: new Presence(
      clock,
      (publication) => void route(core, publication)?.catch(() => undefined),
      options.presenceListener,
    ),
    wheel: new KeepAliveWheel(clock, () => tick(core)),
    flusher: new Flusher(),
    counters: {
      connected: 0,
      messagesIn: 0,
      messagesOut: 0,
      bytesIn: 0,
      bytesOut: 0,
      droppedOut: 0,
      throttled: 0,
      refusedConnects: 0,
    },
    connections: new Set(),
    recent: new RecentDisconnections(),
    pacing: new Set(),
    awaiting: new Set(),
    sessionExpirySeconds: Math.min(options.sessionExpirySeconds ?? 3600, SEVEN_DAYS_SECONDS),
  };
  core.sessions.restore((session, filter, qos, noLocal, retainAsPublished) =>
    addSubscription(core, session, filter, { qos, noLocal, retainAsPublished }),
  );
  core.sessions.restoreDeliveries((filter) => {
    const share = parseShare(filter);
    const group = share && share !== 'invalid' ? core.shareGroups.get(share.shareName, share.filter) : undefined;
    if (group) core.shareGroups.waiting.add(group);
    return group;
  });
  return core;
}

function tick(core: BrokerCore): void {
  everySecond(core);
  if (core.shareGroups.waiting.size > 0) drainGroups(core);
  expireSessions(core);
  if (core.wheel.now % 60 === 0) {
    core.presence.sweep();
    core.rates.sweep();
  }
}

/**
 * Creates the broker. It restores what an earlier run left in the store and listens nowhere yet.
 */
export function createBroker(options: BrokerOptions): Broker {
  const core = createCore(options);
  const listeners: Listener[] = [];
  const events: ConnectionEvents = {
    onPacket: handlePacket,
    onClosed: (connection, reason, closeOptions) => connectionClosed(core, connection, reason, closeOptions),
  };
  // `ws` and `node:http` are loaded with the first listener that may need them.
  let http: Promise<{ accept(socket: TLSSocket): void }> | undefined;
  const httpFront = (): Promise<{ accept(socket: TLSSocket): void }> =>
    (http ??= import('./http-front.ts').then(({ HttpFront }) => new HttpFront(core, events)));

  async function open(protocol: FrontProtocol, listenOptions: ListenOptions): Promise<Listener> {
    const listener = await listen({
      ...listenOptions,
      protocol,
      missingServerName: core.behaviour.missingServerName,
      ...(options.acceptsTls && { acceptsTls: options.acceptsTls }),
      clock: core.clock,
      onMqtt: (socket, peer) => acceptMqtt(core, socket, peer, events),
      onHttp: (socket) => void httpFront().then((front) => front.accept(socket)),
      onRefused: (socket, details) => {
        if (core.log.enabled('ERROR')) {
          core.log.write({
            logLevel: 'ERROR',
            eventType: 'Connect',
            status: 'Failure',
            protocol: 'MQTT',
            reason: 'CLIENT_ERROR',
            sourceIp: socket.remoteAddress,
            details,
          });
        }
      },
    });
    listeners.push(listener);
    return listener;
  }

  return {
    listenTls: (listenOptions) => open('mqtt', listenOptions),
    listenHttps: (listenOptions) => open('http', listenOptions),
    listenWebSocket: (listenOptions) => open('http', { requestCert: false, ...listenOptions }),
    accept: (socket, peer) => acceptMqtt(core, socket, peer, events),
    publish: async (publication: Publication) => {
      if (publication.retain && !publication.topic.startsWith('$')) acceptRetained(core, publication);
      await publishForService(core, publication);
    },
    sendDirectMessage: (clientId, message) => sendDirectMessage(core, clientId, message),
    deleteConnection: (clientId, deleteOptions) => closeForApi(core, clientId, deleteOptions),
    getConnection: (clientId) => connectionInformation(core, clientId),
    listSubscriptions: (clientId) => subscriptionsOf(core, clientId),
    getRetained: (topic) => core.retained.get(topic),
    listRetained: () => core.retained.list(),
    disconnectPrincipal: (principal) => {
      const affected = [...core.connections].filter((connection) => connection.admission?.principal === principal);
      for (const connection of affected) connection.close('FORBIDDEN_ACCESS', { reasonCode: REASON.NOT_AUTHORIZED });
      return affected.length;
    },
    counters: () => ({ ...core.counters }),
    close: async () => {
      for (const connection of [...core.connections])
        connection.close('SERVER_INITIATED_DISCONNECT', { reasonCode: REASON.SERVER_SHUTTING_DOWN, preventWill: true });
      core.wheel.stop();
      // The last DISCONNECTs leave before the listeners destroy their sockets.
      await new Promise((resolve) => setImmediate(resolve));
      await Promise.all(listeners.map((listener) => listener.close()));
    },
  };
}

function acceptMqtt(core: BrokerCore, socket: Socket, peer: Peer, events: ConnectionEvents): void {
  const connection = new Connection(core, new SocketTransport(socket), peer, events);
  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => connection.receive(chunk));
  socket.on('drain', () => connection.session && pump(core, connection.session));
  socket.on('close', () => connection.lost());
}
