import type { PublicationProperties } from '../publication.ts';
import type { BrokerCore } from './core.ts';
import { OutboundMessage } from './outbound-message.ts';
import { deliverQos0, deliverQos1, type DeliveryFailure } from './outbound.ts';
import type { Confirmation } from './sessions.ts';
import { isTopicName, isWithinLimits } from './topics.ts';

export interface DirectMessage {
  readonly topic: string;
  readonly payload: Buffer;
  /** QoS 1, and the answer waits for the PUBACK. */
  readonly confirmation?: boolean;
  /** Seconds to wait for the PUBACK: 1 to 15, 5 when absent. */
  readonly timeoutSeconds?: number;
  /** There is no message expiry for direct messages. */
  readonly properties?: Omit<PublicationProperties, 'messageExpiryInterval'>;
}

/** What SendDirectMessage answers: HTTP status, AWS's exception name, and a text. */
export interface DirectMessageOutcome {
  readonly statusCode: 200 | 400 | 403 | 404 | 413 | 429 | 504;
  readonly code?:
    | 'InvalidRequestException'
    | 'ForbiddenException'
    | 'ResourceNotFoundException'
    | 'RequestEntityTooLargeException'
    | 'ThrottlingException'
    | 'GatewayTimeoutException';
  readonly message: string;
}

const SENT: DirectMessageOutcome = { statusCode: 200, message: 'OK' };

/**
 * Sends to one connected client, past subscriptions, rules, queues and retained messages (developer guide, "Direct
 * messaging"). The client needs iot:Receive on the topic; the caller's right is the caller's business.
 */
export async function sendDirectMessage(
  core: BrokerCore,
  clientId: string,
  direct: DirectMessage,
): Promise<DirectMessageOutcome> {
  const invalid = validate(core, direct);
  if (invalid) return invalid;
  if (!core.rates.directMessage.take(core.clock.now()))
    return { statusCode: 429, code: 'ThrottlingException', message: 'Too many direct messages in this account.' };
  const session = core.sessions.get(clientId);
  if (!session?.connection) {
    const hint = session ? 'The client has a persistent session.' : 'The client has no persistent session.';
    return {
      statusCode: 404,
      code: 'ResourceNotFoundException',
      message: `Client ${clientId} is not connected. ${hint}`,
    };
  }
  const { topic, payload, properties } = direct;
  const message = new OutboundMessage({ topic, payload, properties, receivedAt: core.clock.now() });
  if (!direct.confirmation) return outcomeOf(deliverQos0(session, message, false)) ?? SENT;
  return new Promise((resolve) => {
    const confirmation: Confirmation = {
      abandoned: false,
      settle: (outcome) => {
        timeout.cancel();
        resolve(outcome === 'acknowledged' ? SENT : unconfirmed('before it disconnected'));
      },
    };
    const timeout = core.clock.schedule((direct.timeoutSeconds ?? 5) * 1000, () => {
      confirmation.abandoned = true;
      resolve(unconfirmed('in time'));
    });
    const failure = outcomeOf(deliverQos1(core, session, message, { retain: false, confirmation }));
    if (!failure) return;
    timeout.cancel();
    resolve(failure);
  });
}

function unconfirmed(when: string): DirectMessageOutcome {
  return {
    statusCode: 504,
    code: 'GatewayTimeoutException',
    message: `The client did not acknowledge the message ${when}.`,
  };
}

function validate(
  core: BrokerCore,
  { topic, payload, timeoutSeconds }: DirectMessage,
): DirectMessageOutcome | undefined {
  const invalid = (message: string): DirectMessageOutcome => ({
    statusCode: 400,
    code: 'InvalidRequestException',
    message,
  });
  if (!isTopicName(topic) || topic.startsWith('$') || !isWithinLimits(topic, core.quotas))
    return invalid(`Invalid topic: ${topic}`);
  if (
    timeoutSeconds !== undefined &&
    !(Number.isInteger(timeoutSeconds) && timeoutSeconds >= 1 && timeoutSeconds <= 15)
  )
    return invalid('timeout must be an integer from 1 to 15.');
  if (payload.length > core.quotas.payloadBytes)
    return { statusCode: 413, code: 'RequestEntityTooLargeException', message: 'The payload exceeds 128 KB.' };
  return undefined;
}

function outcomeOf(failure: DeliveryFailure | undefined): DirectMessageOutcome | undefined {
  switch (failure) {
    case undefined:
      return undefined;
    case 'not-authorized':
      return {
        statusCode: 403,
        code: 'ForbiddenException',
        message: 'The client is not allowed to receive on this topic.',
      };
    case 'too-large':
      return {
        statusCode: 413,
        code: 'RequestEntityTooLargeException',
        message: 'The message exceeds the maximum packet size of the client.',
      };
    case 'throttled':
    case 'full':
      return {
        statusCode: 429,
        code: 'ThrottlingException',
        message: 'The client receives as many messages as it may.',
      };
  }
}
