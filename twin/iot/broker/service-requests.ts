import type { Publication } from '../publication.ts';
import type { Connection } from './connection.ts';
import type { BrokerCore } from './core.ts';
import { route } from './fan-out.ts';
import { OutboundMessage } from './outbound-message.ts';
import { deliverQos0, deliverQos1 } from './outbound.ts';
import type { ReservedReply, ReservedRequester } from './ports.ts';
import { REASON } from './reason-codes.ts';
import { logEntry } from './refusals.ts';
import { isShadowTopic } from './topics.ts';

/** Requests to shadows, jobs, provisioning and commands; without a service for the topic the client is disconnected. */
export async function requestService(connection: Connection, received: Publication): Promise<void> {
  const { core, admission, clientId } = connection;
  const requester: ReservedRequester = {
    clientId,
    principal: admission!.principal,
    thingName: admission!.thingName,
    protocol: 'mqtt',
  };
  // Services answer later than the network's buffer lives.
  const publication = { ...received, payload: Buffer.from(received.payload) };
  const replies = (await core.reservedTopics?.handle(publication, requester)) ?? 'unsupported';
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
  const seen = isShadowTopic(publication.topic) ? route(core, publication, connection.session) : undefined;
  // All are handed on before any rule is awaited: the answers of two requests keep the order of the requests.
  const settled = replies.map((reply) => sendReply(connection, publication, reply));
  await Promise.all([seen, ...settled]);
}

function sendReply(
  connection: Connection,
  request: Publication,
  { topic, payload, to = 'requester' }: ReservedReply,
): Promise<void> | undefined {
  const { core, session } = connection;
  if (to === 'subscribers') return route(core, replyTo(core, request, topic, payload));
  if (!session || session.connection !== connection) return undefined;
  const message = new OutboundMessage({ topic, payload, receivedAt: core.clock.now() });
  if (request.qos === 0) deliverQos0(session, message, false);
  else deliverQos1(core, session, message, { retain: false });
  return undefined;
}

/** A reply to what a rule published keeps that message's source, so that rules which form a loop are found out. */
function replyTo(core: BrokerCore, { qos, source }: Publication, topic: string, payload: Buffer): Publication {
  return {
    topic,
    payload,
    qos,
    retain: false,
    source: source.protocol === 'service' ? source : { protocol: 'service' },
    receivedAt: core.clock.now(),
  };
}

/**
 * A request that came by no connection: by HTTPS, by the API, from a rule. Replies to the requester alone have nobody to
 * go to.
 *
 * @returns `'unsupported'` when no service takes it; nothing was published then
 */
export async function publishToService(
  core: BrokerCore,
  publication: Publication,
  requester: ReservedRequester,
): Promise<'unsupported' | undefined> {
  const replies = (await core.reservedTopics?.handle(publication, requester)) ?? 'unsupported';
  if (replies === 'unsupported') return replies;
  const settled: (Promise<void> | undefined)[] = [];
  if (replies === 'not reserved' || isShadowTopic(publication.topic)) settled.push(route(core, publication));
  if (replies !== 'not reserved') {
    for (const { topic, payload, to } of replies)
      if (to === 'subscribers') settled.push(route(core, replyTo(core, publication, topic, payload)));
  }
  await Promise.all(settled);
  return undefined;
}

/** What the cloud publishes, rules for instance: a request to a shadow reaches the shadow too. */
export async function publishForService(core: BrokerCore, publication: Publication): Promise<void> {
  const { topic, source } = publication;
  const requester = { clientId: source.clientId ?? '', principal: source.principal ?? '', protocol: 'http' } as const;
  // The service's own answers are on topics that it takes no requests on.
  if (isShadowTopic(topic) && (await publishToService(core, publication, requester)) !== 'unsupported') return;
  await route(core, publication);
}
