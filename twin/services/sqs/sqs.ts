import { isDeepStrictEqual } from 'node:util';

import { arn } from '../../account.ts';
import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Collection, Store } from '../../state/store.ts';
import type { RememberedMessage } from './deduplication.ts';
import { md5OfAttributes, md5OfText, sizeOf, storeAttributes } from './message.ts';
import type { MessageAttributeValue, StoredMessage } from './message.ts';
import { checkAttributes, numberAttribute, parseRedrivePolicy, withDefaults } from './queue-attributes.ts';
import type { QueueAttributes } from './queue-attributes.ts';
import { Queue } from './queue.ts';
import type { ReceiveOptions } from './queue.ts';

const QUEUE_NAME = /^[A-Za-z0-9_-]{1,80}$/;
const PURGE_INTERVAL_MS = 60_000;

interface QueueRecord {
  readonly name: string;
  readonly attributes: QueueAttributes;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export interface SqsOptions {
  readonly account: Account;
  readonly clock: Clock;
  readonly store: Store;
  /** Where queue URLs point: the endpoint's URL. */
  readonly baseUrl: () => string;
}

export interface SendOptions {
  readonly attributes?: Readonly<Record<string, MessageAttributeValue>>;
  readonly delaySeconds?: number;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  readonly traceHeader?: string;
  /** ARN or id of whoever sends; the account when absent. */
  readonly senderId?: string;
}

export interface SentMessage {
  readonly messageId: string;
  readonly md5OfBody: string;
  readonly md5OfAttributes?: string;
  readonly sequenceNumber?: string;
}

/**
 * SQS as the twin runs it. Queues are named by URL, ARN or name alike. Everything is durable: what was sent is on disk
 * before the answer, and what was received but not deleted comes back after its visibility timeout, restart or not.
 */
export class Sqs {
  readonly #options: SqsOptions;
  readonly #records: Collection<QueueRecord>;
  readonly #queues = new Map<string, Queue>();
  readonly #purgedAt = new Map<string, number>();

  constructor(options: SqsOptions) {
    this.#options = options;
    this.#records = options.store.collection('sqs.queues');
  }

  /**
   * @returns the queue's URL
   * @throws AwsError QueueNameExists when a queue of this name has other attributes
   */
  createQueue(name: string, attributes: QueueAttributes = {}, tags: Readonly<Record<string, string>> = {}): string {
    const fifo = attributes['FifoQueue'] === 'true';
    if (!QUEUE_NAME.test(fifo ? name.replace(/\.fifo$/, '') : name) || fifo !== name.endsWith('.fifo')) {
      throw new AwsError(
        'InvalidParameterValue',
        'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length; the name of a FIFO queue ends in .fifo.',
      );
    }
    checkAttributes(attributes, fifo);
    const set = withoutEmpty(attributes);
    const existing = this.#records.get(name);
    if (existing) {
      const different = Object.entries(set).some(
        ([key, value]) => !isDeepStrictEqual(withDefaults(existing.attributes)[key], value),
      );
      if (different)
        throw new AwsError(
          'QueueNameExists',
          'A queue already exists with the same name and a different value for an attribute.',
        );
    } else {
      const now = this.#options.clock.now();
      this.#records.set(name, { name, attributes: set, tags, createdAt: now, modifiedAt: now });
    }
    return this.urlOf(name);
  }

  /** @throws AwsError QueueDoesNotExist */
  deleteQueue(queue: string): void {
    const { name } = this.#record(queue);
    this.#queue(name).purge();
    this.#queue(name).close();
    this.#queues.delete(name);
    this.#records.delete(name);
    this.#purgedAt.delete(name);
  }

  /** Names of the queues that start with `prefix`. */
  queueNames(prefix = ''): string[] {
    return [...this.#records.values()].map(({ name }) => name).filter((name) => name.startsWith(prefix));
  }

  urlOf(name: string): string {
    return `${this.#options.baseUrl()}/${this.#options.account.accountId}/${name}`;
  }

  arnOf(name: string): string {
    return arn(this.#options.account, 'sqs', name);
  }

  /** The name of a queue that exists. @throws AwsError QueueDoesNotExist */
  nameOf(queue: string): string {
    return this.#record(queue).name;
  }

  attributesOf(queue: string): Record<string, string> {
    const { name, attributes, createdAt, modifiedAt } = this.#record(queue);
    const { visible, inFlight, delayed } = this.#queue(name).count();
    return {
      ...withDefaults(attributes),
      QueueArn: this.arnOf(name),
      CreatedTimestamp: String(Math.floor(createdAt / 1000)),
      LastModifiedTimestamp: String(Math.floor(modifiedAt / 1000)),
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ApproximateNumberOfMessagesDelayed: String(delayed),
    };
  }

  setAttributes(queue: string, changes: QueueAttributes): void {
    const record = this.#record(queue);
    if (changes['FifoQueue'] !== undefined && changes['FifoQueue'] !== record.attributes['FifoQueue']) {
      throw new AwsError('InvalidAttributeName', 'FifoQueue cannot be changed.');
    }
    checkAttributes(changes, record.attributes['FifoQueue'] === 'true');
    const attributes = withoutEmpty({ ...record.attributes, ...changes });
    this.#records.set(record.name, { ...record, attributes, modifiedAt: this.#options.clock.now() });
  }

  tagsOf(queue: string): Readonly<Record<string, string>> {
    return this.#record(queue).tags;
  }

  setTags(queue: string, tags: Readonly<Record<string, string>>): void {
    const record = this.#record(queue);
    this.#records.set(record.name, { ...record, tags });
  }

  /** Names of the queues whose dead-letter queue this is. */
  deadLetterSourcesOf(queue: string): string[] {
    const target = this.arnOf(this.#record(queue).name);
    return [...this.#records.values()]
      .filter(
        ({ attributes }) =>
          attributes['RedrivePolicy'] && parseRedrivePolicy(attributes['RedrivePolicy']).deadLetterTargetArn === target,
      )
      .map(({ name }) => name);
  }

  /** @throws AwsError QueueDoesNotExist, InvalidParameterValue, InvalidMessageContents */
  sendMessage(queue: string, body: string, options: SendOptions = {}): SentMessage {
    const record = this.#record(queue);
    const attributes = storeAttributes(options.attributes);
    this.#checkMessage(record, body, sizeOf(body, attributes), options.delaySeconds);
    const sent = this.#queue(record.name).send({
      ...options,
      body,
      attributes,
      senderId: options.senderId ?? this.#options.account.accountId,
    });
    return { ...sent, md5OfBody: md5OfText(body), md5OfAttributes: md5OfAttributes(attributes) };
  }

  /** @throws AwsError QueueDoesNotExist, InvalidParameterValue */
  receiveMessages(queue: string, options: ReceiveOptions): Promise<StoredMessage[]> {
    const { maxMessages, waitTimeSeconds = 0, visibilityTimeoutSeconds = 0 } = options;
    checkRange('MaxNumberOfMessages', maxMessages, 1, 10);
    checkRange('WaitTimeSeconds', waitTimeSeconds, 0, 20);
    checkRange('VisibilityTimeout', visibilityTimeoutSeconds, 0, 43_200);
    return this.#queue(this.#record(queue).name).receive(options);
  }

  deleteMessage(queue: string, receiptHandle: string): void {
    this.#queue(this.#record(queue).name).delete(receiptHandle);
  }

  changeMessageVisibility(queue: string, receiptHandle: string, seconds: number): void {
    checkRange('VisibilityTimeout', seconds, 0, 43_200);
    this.#queue(this.#record(queue).name).changeVisibility(receiptHandle, seconds);
  }

  purgeQueue(queue: string): void {
    const { name } = this.#record(queue);
    const now = this.#options.clock.now();
    if (now - (this.#purgedAt.get(name) ?? -Infinity) < PURGE_INTERVAL_MS) {
      throw new AwsError(
        'PurgeQueueInProgress',
        `Only one PurgeQueue operation on ${name} is allowed every 60 seconds.`,
        403,
      );
    }
    this.#purgedAt.set(name, now);
    this.#queue(name).purge();
  }

  close(): void {
    for (const queue of this.#queues.values()) queue.close();
  }

  #checkMessage({ attributes }: QueueRecord, body: string, size: number, delaySeconds = 0): void {
    checkRange('DelaySeconds', delaySeconds, 0, 900);
    if (body === '') throw new AwsError('InvalidParameterValue', 'The request must contain the parameter MessageBody.');
    // Only the characters of XML 1.0 may be sent (API reference, SendMessage).
    if (/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/.test(body)) {
      throw new AwsError(
        'InvalidMessageContents',
        'Invalid binary character was found in the message body, the set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
      );
    }
    const limit = numberAttribute(attributes, 'MaximumMessageSize');
    if (size > limit) {
      throw new AwsError(
        'InvalidParameterValue',
        `One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`,
      );
    }
  }

  #record(queue: string): QueueRecord {
    const name = /([^/:]+)$/.exec(queue)?.[1] ?? '';
    const record = this.#records.get(name);
    if (!record) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return record;
  }

  #queue(name: string): Queue {
    let queue = this.#queues.get(name);
    if (!queue) {
      const { clock, store } = this.#options;
      queue = new Queue(name.endsWith('.fifo'), {
        clock,
        messages: store.collection<StoredMessage>(`sqs.messages.${name}`),
        deduplication: store.collection<RememberedMessage>(`sqs.deduplication.${name}`),
        attributes: () => this.#records.get(name)?.attributes ?? {},
        moveToDeadLetterQueue: (message) => this.#moveToDeadLetterQueue(name, message),
      });
      this.#queues.set(name, queue);
    }
    return queue;
  }

  #moveToDeadLetterQueue(source: string, message: StoredMessage): boolean {
    const text = this.#records.get(source)?.attributes['RedrivePolicy'];
    const policy = text ? parseRedrivePolicy(text) : undefined;
    if (!policy || message.receiveCount < policy.maxReceiveCount) return false;
    const target = policy.deadLetterTargetArn.split(':').pop()!;
    if (!this.#records.has(target)) return false;
    const messages = this.#options.store.collection<StoredMessage>(`sqs.messages.${source}`);
    const moved: StoredMessage = {
      ...message,
      visibleAt: this.#options.clock.now(),
      receiveCount: 0,
      firstReceivedAt: undefined,
      receiptHandle: undefined,
      deadLetterSourceArn: this.arnOf(source),
    };
    this.#options.store.transaction(() => {
      this.#queue(target).put(moved);
      messages.delete(message.id);
    });
    this.#queue(target).announce();
    return true;
  }
}

/** @throws AwsError InvalidParameterValue */
export function checkRange(name: string, value: number, lowest: number, highest: number): void {
  if (!Number.isInteger(value) || value < lowest || value > highest) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ${value} for parameter ${name} is invalid. Reason: Must be between ${lowest} and ${highest}, if provided.`,
    );
  }
}

function withoutEmpty(attributes: QueueAttributes): QueueAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''));
}
