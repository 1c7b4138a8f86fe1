import { AwsError } from '../../endpoint/service.ts';
import type { MessageAttributeValue } from '../sqs/message.ts';

export const LARGEST_MESSAGE_BYTES = 262_144;

export interface PublishOptions {
  readonly subject?: string;
  /** The message is JSON of one text a protocol, and `default` for the others. */
  readonly messageStructure?: string;
  readonly attributes?: Readonly<Record<string, MessageAttributeValue>>;
  readonly groupId?: string;
  readonly deduplicationId?: string;
}

/** A message that a topic accepted. */
export interface TopicMessage extends PublishOptions {
  readonly id: string;
  readonly topicArn: string;
  /** Milliseconds since the epoch. */
  readonly publishedAt: number;
  readonly sequenceNumber?: string;
  /** The text for a protocol. */
  textFor(protocol: string): string;
}

/**
 * The texts of a message by protocol.
 *
 * @throws AwsError InvalidParameterException
 */
export function textsOf(message: string, { messageStructure }: PublishOptions): (protocol: string) => string {
  if (message === '') throw invalidParameter('Empty message');
  if (messageStructure === undefined) return () => message;
  if (messageStructure !== 'json') throw invalidParameter('MessageStructure');
  const texts = parseObject(message);
  const fallback = texts?.['default'];
  if (!texts) throw invalidParameter('Message Structure - JSON message body failed to parse');
  if (typeof fallback !== 'string') throw invalidParameter('Message Structure - No default entry in JSON message body');
  return (protocol) => {
    const text = texts[protocol];
    return typeof text === 'string' ? text : fallback;
  };
}

/** @throws AwsError InvalidParameterException, InvalidParameterValueException */
export function checkMessage(message: string, { attributes = {}, subject }: PublishOptions): void {
  let bytes = Buffer.byteLength(message);
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(attributes)) {
    if (!/^(String(\.Array)?|Number|Binary)(\.[\w.-]+)?$/.test(DataType ?? '')) {
      throw new AwsError(
        'InvalidParameterValueException',
        `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
      );
    }
    if (DataType.startsWith('Binary') ? !BinaryValue?.length : !StringValue) {
      throw new AwsError(
        'InvalidParameterValueException',
        `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${DataType}'.`,
      );
    }
    bytes +=
      Buffer.byteLength(name) +
      Buffer.byteLength(DataType) +
      (BinaryValue?.length ?? Buffer.byteLength(StringValue ?? ''));
  }
  if (bytes > LARGEST_MESSAGE_BYTES) throw invalidParameter('Message too long');
  if (subject !== undefined && !/^[^\u0000-\u001f\u007f]{1,100}$/u.test(subject)) throw invalidParameter('Subject');
}

/** Attributes as a filter policy of scope `MessageAttributes` sees them. */
export function filterableAttributes(
  attributes: Readonly<Record<string, MessageAttributeValue>> = {},
): Record<string, unknown> {
  const entries = Object.entries(attributes).flatMap(([name, { DataType, StringValue = '' }]): [string, unknown][] => {
    if (DataType.startsWith('Binary')) return [];
    if (DataType.startsWith('Number')) return [[name, Number(StringValue)]];
    return [[name, DataType.startsWith('String.Array') ? parseArray(StringValue) : StringValue]];
  });
  return Object.fromEntries(entries);
}

export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

export function invalidParameter(reason: string): AwsError {
  return new AwsError('InvalidParameterException', `Invalid parameter: ${reason}`);
}

function parseArray(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
