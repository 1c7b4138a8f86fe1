import { compileEventPattern, PatternError } from '../event-pattern/pattern.ts';
import type { EventPattern } from '../event-pattern/pattern.ts';
import { filterableAttributes, invalidParameter, parseObject } from './message.ts';
import type { TopicMessage } from './message.ts';

export const PROTOCOLS = ['sqs', 'lambda', 'http', 'https', 'firehose', 'email', 'email-json', 'sms'] as const;

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly confirmed: boolean;
  /** What confirms it: sent to HTTP endpoints. */
  readonly token: string;
}

const ATTRIBUTES = new Set([
  'DeliveryPolicy',
  'FilterPolicy',
  'FilterPolicyScope',
  'RawMessageDelivery',
  'RedrivePolicy',
  'SubscriptionRoleArn',
]);
const RAW_PROTOCOLS = ['sqs', 'http', 'https', 'firehose'];

/** @throws AwsError InvalidParameterException */
export function checkSubscriptionAttributes(protocol: string, attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (!ATTRIBUTES.has(name)) throw invalidParameter('AttributeName');
    if (name === 'RawMessageDelivery') {
      if (!/^(true|false)$/i.test(value))
        throw invalidParameter('Attributes Reason: RawMessageDelivery: Invalid value.');
      if (value.toLowerCase() === 'true' && !RAW_PROTOCOLS.includes(protocol)) {
        throw invalidParameter(
          `Attributes Reason: Delivery protocol [${protocol}] does not support raw message delivery.`,
        );
      }
    }
    if (name === 'FilterPolicyScope' && !['MessageAttributes', 'MessageBody'].includes(value)) {
      throw invalidParameter(`FilterPolicyScope: Invalid value [${value}]`);
    }
    if (name === 'RedrivePolicy' && value !== '' && deadLetterArn({ RedrivePolicy: value }) === undefined) {
      throw invalidParameter('RedrivePolicy: failed to parse JSON, or no deadLetterTargetArn');
    }
  }
  compileFilter(attributes);
}

/** The queue that takes what cannot be delivered. */
export function deadLetterArn(attributes: Readonly<Record<string, string>>): string | undefined {
  const target = parseObject(attributes['RedrivePolicy'] ?? '')?.['deadLetterTargetArn'];
  return typeof target === 'string' ? target : undefined;
}

/** Whether a message passes the subscription's filter policy. @throws AwsError InvalidParameterException */
export function compileFilter(attributes: Readonly<Record<string, string>>): (message: TopicMessage) => boolean {
  const source = attributes['FilterPolicy'];
  const policy = source ? parseObject(source) : {};
  if (!policy) throw invalidParameter('FilterPolicy: failed to parse JSON.');
  if (Object.keys(policy).length === 0) return () => true;
  let matches: EventPattern;
  try {
    matches = compileEventPattern(policy);
  } catch (error) {
    if (error instanceof PatternError) throw invalidParameter(`FilterPolicy: ${error.message}`);
    throw error;
  }
  if (attributes['FilterPolicyScope'] !== 'MessageBody') {
    return (message) => matches(filterableAttributes(message.attributes));
  }
  return (message) => {
    const body = parseObject(message.textFor('default'));
    return body !== undefined && matches(body);
  };
}
