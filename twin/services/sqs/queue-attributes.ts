import { AwsError } from '../../endpoint/service.ts';

/** Settable attributes that are whole numbers: lowest, highest, default (API reference, SetQueueAttributes). */
const NUMBERS: Readonly<Record<string, readonly [number, number, number]>> = {
  DelaySeconds: [0, 900, 0],
  MaximumMessageSize: [1024, 1_048_576, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600, 345_600],
  ReceiveMessageWaitTimeSeconds: [0, 20, 0],
  VisibilityTimeout: [0, 43_200, 30],
  KmsDataKeyReusePeriodSeconds: [60, 86_400, 300],
};

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  FifoQueue: ['true', 'false'],
  ContentBasedDeduplication: ['true', 'false'],
  SqsManagedSseEnabled: ['true', 'false'],
  DeduplicationScope: ['queue', 'messageGroup'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
};

const DOCUMENTS = ['Policy', 'RedrivePolicy', 'RedriveAllowPolicy'];
const FIFO_ONLY = ['ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit'];
const SHOWN_BY_DEFAULT = [
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'VisibilityTimeout',
];

export type QueueAttributes = Readonly<Record<string, string>>;

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

/**
 * Checks attributes that a request sets. An empty value takes an attribute away.
 *
 * @throws AwsError InvalidAttributeName, InvalidAttributeValue
 */
export function checkAttributes(attributes: QueueAttributes, fifo: boolean): void {
  for (const [name, value] of Object.entries(attributes)) {
    const known = name in NUMBERS || name in CHOICES || DOCUMENTS.includes(name) || name === 'KmsMasterKeyId';
    if (!known || (FIFO_ONLY.includes(name) && !fifo))
      throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
    if (value === '') continue;
    const range = NUMBERS[name];
    if (range && !(/^\d+$/.test(value) && Number(value) >= range[0] && Number(value) <= range[1]))
      throw invalidValue(name);
    if (CHOICES[name] && !CHOICES[name].includes(value)) throw invalidValue(name);
    if (DOCUMENTS.includes(name)) parseDocument(name, value);
  }
  if (attributes['RedrivePolicy']) parseRedrivePolicy(attributes['RedrivePolicy']);
}

export function numberAttribute(attributes: QueueAttributes, name: string): number {
  return Number(attributes[name] ?? NUMBERS[name]![2]);
}

/** The attributes as GetQueueAttributes shows them, with the defaults of those that were not set. */
export function withDefaults(attributes: QueueAttributes): Record<string, string> {
  const defaults = Object.fromEntries(SHOWN_BY_DEFAULT.map((name) => [name, String(NUMBERS[name]![2])]));
  return { ...defaults, SqsManagedSseEnabled: attributes['KmsMasterKeyId'] ? 'false' : 'true', ...attributes };
}

/** @throws AwsError InvalidParameterValue */
export function parseRedrivePolicy(text: string): RedrivePolicy {
  const policy = parseDocument('RedrivePolicy', text);
  const count = Number(policy['maxReceiveCount']);
  const target = policy['deadLetterTargetArn'];
  if (typeof target !== 'string' || !Number.isInteger(count) || count < 1 || count > 1000) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ${text} for parameter RedrivePolicy is invalid. Reason: it needs deadLetterTargetArn, and maxReceiveCount between 1 and 1000.`,
    );
  }
  return { deadLetterTargetArn: target, maxReceiveCount: count };
}

function parseDocument(name: string, text: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === 'object' && document !== null && !Array.isArray(document))
      return document as Record<string, unknown>;
  } catch {
    // Reported below, as any other wrong value.
  }
  throw invalidValue(name);
}

function invalidValue(name: string): AwsError {
  return new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
}
