import type { Publication } from '../publication.ts';
import { IN_FLIGHT_LIMIT, type Connection } from './connection.ts';
import { route } from './fan-out.ts';
import { ProtocolViolation } from './frames.ts';
import type { PublishPacket } from './publish-packet.ts';
import { REASON, type ReasonCode } from './reason-codes.ts';
import { logEntry } from './refusals.ts';
import { requestService } from './service-requests.ts';
import { isServiceTopic } from './topics.ts';

function disconnectsAtReceiveMaximum({ core, version }: Connection): boolean {
  return version === 5 && core.behaviour.receiveMaximumExceeded === 'disconnect';
}

/** Receive Maximum (MQTT 5, section 3.3.4). */
export function refuseBeyondReceiveMaximum(connection: Connection): void {
  if (disconnectsAtReceiveMaximum(connection) && connection.acknowledgements.length >= IN_FLIGHT_LIMIT) {
    throw new ProtocolViolation('more than 100 unacknowledged messages', REASON.RECEIVE_MAXIMUM_EXCEEDED);
  }
}

/** Hands an admitted message on, and answers it when the rules have done or handed over their part. */
export function acceptPublish(connection: Connection, packet: PublishPacket, publication: Publication): void {
  const settled = isServiceTopic(publication.topic)
    ? requestService(connection, publication)
    : route(connection.core, publication, connection.session);
  if (packet.qos === 0) {
    if (settled) void awaitRulesOfQos0(connection, publication, settled);
    return;
  }
  if (settled) void awaitRules(connection, packet.packetId, publication, settled);
  else connection.acknowledgements.acknowledge(packet.packetId, REASON.SUCCESS);
}

/** Owes the PUBACK until the rules have done or handed over their part. */
async function awaitRules(
  connection: Connection,
  packetId: number,
  publication: Publication,
  settled: Promise<void>,
): Promise<void> {
  const acknowledge = connection.acknowledgements.reserve(packetId);
  readWhileRulesKeepUp(connection);
  let code: ReasonCode = REASON.SUCCESS;
  try {
    await settled;
  } catch (error) {
    logFailure(connection, publication, error);
    code = REASON.UNSPECIFIED_ERROR;
  }
  acknowledge(code);
  readWhileRulesKeepUp(connection);
}

/** Nobody waits for QoS 0, but rules that fall behind slow it down all the same, or it would fill the memory. */
async function awaitRulesOfQos0(
  connection: Connection,
  publication: Publication,
  settled: Promise<void>,
): Promise<void> {
  connection.unsettledQos0 += 1;
  readWhileRulesKeepUp(connection);
  try {
    await settled;
  } catch (error) {
    logFailure(connection, publication, error);
  }
  connection.unsettledQos0 -= 1;
  readWhileRulesKeepUp(connection);
}

/** With 100 messages of one client under way nothing more is read from it. */
function readWhileRulesKeepUp(connection: Connection): void {
  const owed = disconnectsAtReceiveMaximum(connection) ? 0 : connection.acknowledgements.length;
  connection.holdForRules(owed + connection.unsettledQos0 >= IN_FLIGHT_LIMIT);
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
