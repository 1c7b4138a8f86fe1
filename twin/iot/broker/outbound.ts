import { IN_FLIGHT_LIMIT, type Connection } from './connection.ts';
import type { BrokerCore } from './core.ts';
import type { OutboundMessage } from './outbound-message.ts';
import { logEntry, logRefusal } from './refusals.ts';
import type { Confirmation, Delivery, Session } from './sessions.ts';
import type { ShareGroup } from './shared-subscriptions.ts';

/** Stored messages leave at 10 a second after a client is back (quota "Persistent session delivery rate"). */
export const STORED_PER_SECOND = 10;

/** AWS does not say how often it sends an unacknowledged message again; only for how long it tries. */
const REDELIVERY_INTERVAL_MS = 30_000;
const REDELIVERY_PERIOD_MS = { 4: 3_600_000, 5: 960_000 } as const;

/** AWS states no limit for one session's queue; this one keeps one client from filling the twin's memory. */
const QUEUE_BYTES = 64 * 1024 * 1024;

/** `undefined` is delivered, or dropped where QoS 0 allows it. */
export type DeliveryFailure = 'not-authorized' | 'too-large' | 'throttled' | 'full';

function writePublish(
  connection: Connection,
  message: OutboundMessage,
  qos: 0 | 1,
  retain: boolean,
  packetId: number,
): void {
  const encoded = message.encode(connection.version, qos, retain, connection.core.clock.now());
  if (qos === 0) connection.write(encoded.bytes);
  else {
    const bytes = Buffer.allocUnsafe(encoded.bytes.length);
    encoded.bytes.copy(bytes);
    bytes.writeUInt16BE(packetId, encoded.packetIdOffset);
    connection.write(bytes);
  }
  connection.core.counters.messagesOut += 1;
}

/** iot:Receive, the client's Maximum Packet Size, and the connection's rate; asked for each message and receiver. */
function mayReceive(connection: Connection, message: OutboundMessage, retain: boolean): DeliveryFailure | undefined {
  if (!connection.admission!.authorize('iot:Receive', message.topic)) {
    logRefusal(connection, 'Publish-Out', message.topic, 'iot:Receive');
    return 'not-authorized';
  }
  if (connection.maximumPacketSize !== Infinity) {
    const { bytes } = message.encode(connection.version, 1, retain, connection.core.clock.now());
    if (bytes.length > connection.maximumPacketSize) return 'too-large';
  }
  if (!connection.takePublish()) {
    connection.core.counters.throttled += 1;
    logEntry(connection, 'ERROR', {
      eventType: 'Publish-Out',
      status: 'Failure',
      reason: 'THROTTLED',
      topicName: message.topic,
    });
    return 'throttled';
  }
  return undefined;
}

function drop(core: BrokerCore, failure: DeliveryFailure): DeliveryFailure {
  core.counters.droppedOut += 1;
  return failure;
}

/** Sends a QoS 0 message if its receiver is there and keeps up. */
export function deliverQos0(session: Session, message: OutboundMessage, retain: boolean): DeliveryFailure | undefined {
  const connection = session.connection;
  if (!connection) return undefined;
  const { core } = connection;
  if (connection.isSlow) return drop(core, 'full');
  const failure = mayReceive(connection, message, retain);
  if (failure) return drop(core, failure);
  writePublish(connection, message, 0, retain, 0);
  return undefined;
}

export interface DeliveryOptions {
  readonly retain: boolean;
  readonly group?: ShareGroup;
  readonly confirmation?: Confirmation;
}

/** Sends a QoS 1 message, or keeps it for a client that is away or has enough to do. */
export function deliverQos1(
  core: BrokerCore,
  session: Session,
  message: OutboundMessage,
  options: DeliveryOptions,
): DeliveryFailure | undefined {
  const connection = session.connection;
  if (!connection && !session.persistent) return undefined;
  if (connection) {
    const failure = mayReceive(connection, message, options.retain);
    if (failure) return drop(core, failure);
  } else if (!core.rates.queue.take(core.clock.now())) {
    core.counters.throttled += 1;
    return drop(core, 'throttled');
  }
  if (session.queueBytes >= QUEUE_BYTES) return drop(core, 'full');
  const delivery: Delivery = {
    message,
    retain: options.retain,
    group: options.group,
    confirmation: options.confirmation,
    firstSentAt: 0,
    sentAt: 0,
  };
  if (session.persistent && !options.confirmation) core.sessions.keep(session, delivery);
  if (connection && session.queueLength === 0 && hasRoom(session, connection))
    send(core, session, connection, delivery);
  else {
    message.detach();
    session.enqueue(delivery);
    if (!connection) session.storedCount = session.queueLength;
    if (connection) pump(core, session);
  }
  return undefined;
}

function hasRoom(session: Session, connection: Connection): boolean {
  return (session.inFlight?.size ?? 0) < Math.min(IN_FLIGHT_LIMIT, connection.receiveMaximum) && !connection.isSlow;
}

function send(core: BrokerCore, session: Session, connection: Connection, delivery: Delivery): void {
  const packetId = session.unusedPacketId();
  delivery.firstSentAt = delivery.sentAt = core.clock.now();
  (session.inFlight ??= new Map()).set(packetId, delivery);
  core.awaiting.add(session);
  writePublish(connection, delivery.message, 1, delivery.retain, packetId);
}

/** Sends from the queue as far as the client's window, its reading and the pace of stored messages allow. */
export function pump(core: BrokerCore, session: Session): void {
  const connection = session.connection;
  if (!connection || connection.state !== 'open') return;
  for (let next = session.peek(); next && hasRoom(session, connection); next = session.peek()) {
    const expired = next.confirmation?.abandoned || next.message.hasExpired(core.clock.now());
    const stored = session.storedCount > 0;
    if (stored && !expired) {
      if (session.storedBudget === 0) break;
      // The policy may have changed while the message waited.
      if (!connection.admission!.authorize('iot:Receive', next.message.topic)) {
        session.dequeue();
        finish(core, next, 'lost');
        continue;
      }
      session.storedBudget -= 1;
    }
    session.dequeue();
    if (expired) finish(core, next, 'lost');
    else send(core, session, connection, next);
  }
  if (session.storedCount > 0) core.pacing.add(session);
  else core.pacing.delete(session);
}

function finish(core: BrokerCore, delivery: Delivery, outcome: 'acknowledged' | 'lost'): void {
  core.sessions.forget(delivery);
  delivery.confirmation?.settle(outcome);
}

/** Takes a client's PUBACK; an unknown packet identifier is ignored, since a message may have been sent twice. */
export function acknowledged(core: BrokerCore, session: Session, packetId: number): void {
  const delivery = session.inFlight?.get(packetId);
  if (!delivery) return;
  session.inFlight!.delete(packetId);
  if (session.inFlight!.size === 0) {
    session.inFlight = undefined;
    core.awaiting.delete(session);
  }
  finish(core, delivery, 'acknowledged');
  if (session.queueLength > 0) pump(core, session);
}

/** Once a second: gives the paced sessions their next ten, and sends again what was not acknowledged in time. */
export function everySecond(core: BrokerCore): void {
  for (const session of core.pacing) {
    session.storedBudget = STORED_PER_SECOND;
    if (session.connection) pump(core, session);
    else core.pacing.delete(session);
  }
  const now = core.clock.now();
  for (const session of core.awaiting) {
    const { connection, inFlight } = session;
    if (!connection || !inFlight) core.awaiting.delete(session);
    else redeliver(core, session, connection, inFlight, now);
  }
}

function redeliver(
  core: BrokerCore,
  session: Session,
  connection: Connection,
  inFlight: Map<number, Delivery>,
  now: number,
): void {
  for (const [packetId, delivery] of inFlight) {
    if (now - delivery.sentAt < REDELIVERY_INTERVAL_MS || connection.isSlow) break;
    inFlight.delete(packetId);
    const givenUp =
      delivery.confirmation !== undefined || now - delivery.firstSentAt >= REDELIVERY_PERIOD_MS[session.version];
    if (givenUp || delivery.message.hasExpired(now)) {
      finish(core, delivery, 'lost');
      continue;
    }
    delivery.sentAt = now;
    inFlight.set(packetId, delivery);
    writePublish(connection, delivery.message, 1, delivery.retain, packetId);
  }
  if (session.queueLength > 0) pump(core, session);
}
