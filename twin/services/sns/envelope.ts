import { createHash } from 'node:crypto';

import type { MessageAttributeValue } from '../sqs/message.ts';
import type { TopicMessage } from './message.ts';
import type { Subscription } from './subscription.ts';

/** `{ Type, Value }` by name, as envelopes show attributes. */
function shownAttributes(attributes: Readonly<Record<string, MessageAttributeValue>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      { Type: DataType, Value: BinaryValue === undefined ? StringValue : Buffer.from(BinaryValue).toString('base64') },
    ]),
  );
}

// AWS signs with a certificate that it serves; the twin has none that anyone would trust, so this only fills the field.
function digestOf(message: TopicMessage): string {
  return createHash('sha256').update(`${message.topicArn}\n${message.id}`).digest('base64');
}

/** The JSON that wraps a message unless delivery is raw (SNS developer guide, "Parsing message formats"). */
export function notification(
  message: TopicMessage,
  subscription: Subscription,
  baseUrl: string,
): Record<string, unknown> {
  const { attributes = {}, sequenceNumber, subject } = message;
  return {
    Type: 'Notification',
    MessageId: message.id,
    ...(sequenceNumber !== undefined && { SequenceNumber: sequenceNumber }),
    TopicArn: message.topicArn,
    ...(subject !== undefined && { Subject: subject }),
    Message: message.textFor(subscription.protocol),
    Timestamp: new Date(message.publishedAt).toISOString(),
    SignatureVersion: '1',
    Signature: digestOf(message),
    SigningCertURL: `${baseUrl}/SimpleNotificationService.pem`,
    UnsubscribeURL: `${baseUrl}/?Action=Unsubscribe&SubscriptionArn=${subscription.arn}`,
    ...(Object.keys(attributes).length > 0 && { MessageAttributes: shownAttributes(attributes) }),
  };
}

/** The event that a function gets (Lambda developer guide, "Invoking Lambda functions with Amazon SNS notifications"). */
export function lambdaEvent(
  message: TopicMessage,
  subscription: Subscription,
  baseUrl: string,
): Record<string, unknown> {
  const { SigningCertURL, UnsubscribeURL, ...fields } = notification(message, subscription, baseUrl);
  return {
    Records: [
      {
        EventVersion: '1.0',
        EventSubscriptionArn: subscription.arn,
        EventSource: 'aws:sns',
        Sns: {
          Subject: null,
          MessageAttributes: {},
          ...fields,
          SigningCertUrl: SigningCertURL,
          UnsubscribeUrl: UnsubscribeURL,
        },
      },
    ],
  };
}

/** What asks an HTTP endpoint to confirm its subscription. */
export function confirmationRequest(
  subscription: Subscription,
  id: string,
  nowMs: number,
  baseUrl: string,
): Record<string, unknown> {
  const query = new URLSearchParams({
    Action: 'ConfirmSubscription',
    TopicArn: subscription.topicArn,
    Token: subscription.token,
  });
  return {
    Type: 'SubscriptionConfirmation',
    MessageId: id,
    Token: subscription.token,
    TopicArn: subscription.topicArn,
    Message: `You have chosen to subscribe to the topic ${subscription.topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
    SubscribeURL: `${baseUrl}/?${query.toString()}`,
    Timestamp: new Date(nowMs).toISOString(),
    SignatureVersion: '1',
    Signature: createHash('sha256').update(subscription.token).digest('base64'),
    SigningCertURL: `${baseUrl}/SimpleNotificationService.pem`,
  };
}
