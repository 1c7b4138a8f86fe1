import type { Publication } from '../publication.ts';
import type { Connection } from './connection.ts';
import { route } from './fan-out.ts';
import { OutboundMessage } from './outbound-message.ts';
import { deliverQos0, deliverQos1 } from './outbound.ts';
import type { ReservedReply, ReservedRequester } from './ports.ts';
import { REASON } from './reason-codes.ts';
import { logEntry } from './refusals.ts';
import { isShadowTopic } from './topics.ts';

/** Requests to shadows, jobs, provisioning and commands; without a service for the topic the client is disconnected. */
export async function requestService(connection: Connection, publication: Publication): Promise<void> {
  const { core, admission, clientId } = connection;
  const requester: ReservedRequester = {
    clientId,
    principal: admission!.principal,
    thingName: admission!.thingName,
    protocol: 'mqtt',
  };
  // A service may parse the request later than the network's buffer lives.
  const replies =
    (await core.reservedTopics?.handle({ ...publication, payload: Buffer.from(publication.payload) }, requester)) ??
    'unsupported';
  if (replies === 'not reserved') {
    await route(core, publication, connection.session);
    return;
  }
  if (replies === 'unsupported') {
    logEntry(connection, 'ERROR', {
      eventType: 'Publish-In',
      status: 'Failure',
      reason: 'TOPIC_NAME_INVALID',
      topicName: publication.topic,
    });
    connection.close('CLIENT_ERROR', { reasonCode: REASON.TOPIC_NAME_INVALID, details: 'unsupported reserved topic' });
    return;
  }
  if (isShadowTopic(publication.topic)) await route(core, publication, connection.session);
  for (const reply of replies) await sendReply(connection, publication, reply);
}

async function sendReply(
  connection: Connection,
  request: Publication,
  { topic, payload, to = 'requester' }: ReservedReply,
): Promise<void> {
  const { core, session } = connection;
  const receivedAt = core.clock.now();
  if (to === 'subscribers') {
    await route(core, { topic, payload, qos: request.qos, retain: false, source: { protocol: 'service' }, receivedAt });
    return;
  }
  if (!session || session.connection !== connection) return;
  const message = new OutboundMessage({ topic, payload, receivedAt });
  if (request.qos === 0) deliverQos0(session, message, false);
  else deliverQos1(core, session, message, { retain: false });
}
