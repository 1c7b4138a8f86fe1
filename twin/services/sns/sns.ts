import { createHash, randomUUID } from 'node:crypto';

import { arn } from '../../account.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Collection } from '../../state/store.ts';
import { Deduplication } from '../sqs/deduplication.ts';
import type { RememberedMessage } from '../sqs/deduplication.ts';
import { Deliveries } from './deliveries.ts';
import type { DeliveryPorts } from './deliveries.ts';
import { isLoopback } from './http-deliveries.ts';
import { checkMessage, invalidParameter, textsOf } from './message.ts';
import type { PublishOptions, TopicMessage } from './message.ts';
import { checkSubscriptionAttributes, compileFilter, PROTOCOLS } from './subscription.ts';
import type { Subscription } from './subscription.ts';

export interface Topic {
  readonly name: string;
  readonly arn: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Published {
  readonly messageId: string;
  readonly sequenceNumber?: string;
}

/** SNS as the twin runs it: topics and subscriptions are durable, and so is every message once its publisher has an answer. */
export class Sns {
  readonly #ports: DeliveryPorts;
  readonly #topics: Collection<Topic>;
  readonly #subscriptions: Collection<Subscription>;
  readonly #sequence: Collection<number>;
  readonly #deduplication: Deduplication;
  readonly #deliveries: Deliveries;
  /** By topic; compiled when a topic is first published to after a change. */
  readonly #routes = new Map<string, { subscription: Subscription; passes: (message: TopicMessage) => boolean }[]>();

  constructor(ports: DeliveryPorts) {
    this.#ports = ports;
    this.#topics = ports.store.collection('sns.topics');
    this.#subscriptions = ports.store.collection('sns.subscriptions');
    this.#sequence = ports.store.collection('sns.sequence');
    this.#deduplication = new Deduplication(
      ports.store.collection<RememberedMessage>('sns.deduplication'),
      ports.clock,
    );
    this.#deliveries = new Deliveries(ports);
  }

  /** @returns the topic's ARN @throws AwsError InvalidParameterException */
  createTopic(
    name: string,
    attributes: Readonly<Record<string, string>> = {},
    tags: Readonly<Record<string, string>> = {},
  ): string {
    const fifo = attributes['FifoTopic'] === 'true';
    if (!/^[A-Za-z0-9_-]{1,256}$/.test(fifo ? name.replace(/\.fifo$/, '') : name) || fifo !== name.endsWith('.fifo')) {
      throw invalidParameter('Topic Name');
    }
    const topicArn = arn(this.#ports.account, 'sns', name);
    const existing = this.#topics.get(topicArn);
    if (existing && Object.entries(attributes).some(([key, value]) => (existing.attributes[key] ?? '') !== value)) {
      throw invalidParameter('Attributes Reason: Topic already exists with different attributes');
    }
    if (!existing) this.#topics.set(topicArn, { name, arn: topicArn, attributes, tags });
    return topicArn;
  }

  /** Its subscriptions go with it. Deleting a topic that is not there does nothing, as on AWS. */
  deleteTopic(topicArn: string): void {
    for (const { arn: subscriptionArn } of this.subscriptions(topicArn)) this.unsubscribe(subscriptionArn);
    this.#topics.delete(topicArn);
    this.#sequence.delete(topicArn);
    this.#routes.delete(topicArn);
  }

  topics(): Topic[] {
    return [...this.#topics.values()];
  }

  /** @throws AwsError NotFoundException */
  topic(topicArn: string): Topic {
    const topic = this.#topics.get(topicArn);
    if (!topic) throw new AwsError('NotFoundException', 'Topic does not exist', 404);
    return topic;
  }

  /** An empty text takes the attribute away. @throws AwsError NotFoundException */
  setTopicAttributes(topicArn: string, changes: Readonly<Record<string, string>>): void {
    const topic = this.topic(topicArn);
    const attributes = Object.entries({ ...topic.attributes, ...changes }).filter(([, value]) => value !== '');
    this.#topics.set(topicArn, { ...topic, attributes: Object.fromEntries(attributes) });
  }

  /** @throws AwsError NotFoundException */
  setTopicTags(topicArn: string, tags: Readonly<Record<string, string>>): void {
    this.#topics.set(topicArn, { ...this.topic(topicArn), tags });
  }

  /**
   * @returns the subscription; the one there already is when the endpoint has subscribed before
   * @throws AwsError NotFoundException, InvalidParameterException
   */
  subscribe(
    topicArn: string,
    protocol: string,
    endpoint: string,
    attributes: Readonly<Record<string, string>> = {},
  ): Subscription {
    const topic = this.topic(topicArn);
    if (!(PROTOCOLS as readonly string[]).includes(protocol)) {
      throw invalidParameter(`Amazon SNS does not support this protocol string: ${protocol}`);
    }
    const fits = {
      sqs: /^arn:[^:]+:sqs:/,
      lambda: /^arn:[^:]+:lambda:/,
      firehose: /^arn:[^:]+:firehose:/,
      http: /^http:\/\//,
      https: /^https:\/\//,
    };
    if (fits[protocol as keyof typeof fits]?.test(endpoint) === false)
      throw invalidParameter(`Endpoint Reason: ${protocol} endpoint`);
    if (topic.name.endsWith('.fifo') && protocol !== 'sqs') {
      throw invalidParameter(`Invalid protocol type: ${protocol}; FIFO topics deliver to queues`);
    }
    checkSubscriptionAttributes(protocol, attributes);
    const existing = this.subscriptions(topicArn).find(
      (other) => other.protocol === protocol && other.endpoint === endpoint,
    );
    if (existing) return existing;
    const subscription: Subscription = {
      arn: `${topicArn}:${randomUUID()}`,
      topicArn,
      protocol,
      endpoint,
      attributes,
      confirmed: ['sqs', 'lambda', 'firehose'].includes(protocol),
      token: createHash('sha256').update(randomUUID()).digest('hex'),
    };
    this.#put(subscription);
    if (protocol.startsWith('http')) {
      if (isLoopback(endpoint)) this.#deliveries.requestConfirmation(subscription, randomUUID());
      else this.#ports.log(`SNS subscription ${endpoint} stays unconfirmed: the twin sends nothing to other machines`);
    }
    return subscription;
  }

  /** @throws AwsError NotFoundException, InvalidParameterException */
  confirm(topicArn: string, token: string): Subscription {
    this.topic(topicArn);
    const subscription = this.subscriptions(topicArn).find((other) => other.token === token);
    if (!subscription) throw invalidParameter('Token');
    const confirmed = { ...subscription, confirmed: true };
    this.#put(confirmed);
    return confirmed;
  }

  unsubscribe(subscriptionArn: string): void {
    const topicArn = this.#subscriptions.get(subscriptionArn)?.topicArn;
    if (topicArn !== undefined) this.#routes.delete(topicArn);
    this.#subscriptions.delete(subscriptionArn);
  }

  /** Of one topic, or all. */
  subscriptions(topicArn?: string): Subscription[] {
    return [...this.#subscriptions.values()].filter((other) => topicArn === undefined || other.topicArn === topicArn);
  }

  /** @throws AwsError NotFoundException */
  subscription(subscriptionArn: string): Subscription {
    const subscription = this.#subscriptions.get(subscriptionArn);
    if (!subscription) throw new AwsError('NotFoundException', 'Subscription does not exist', 404);
    return subscription;
  }

  /** @throws AwsError NotFoundException, InvalidParameterException */
  setSubscriptionAttributes(subscriptionArn: string, changes: Readonly<Record<string, string>>): void {
    const subscription = this.subscription(subscriptionArn);
    checkSubscriptionAttributes(subscription.protocol, changes);
    const attributes = Object.entries({ ...subscription.attributes, ...changes }).filter(([, value]) => value !== '');
    this.#put({ ...subscription, attributes: Object.fromEntries(attributes) });
  }

  /**
   * Publishes, and waits until every subscriber has the message or a durable queue has it for them.
   *
   * @throws AwsError NotFoundException, InvalidParameterException
   */
  async publish(topicArn: string, message: string, options: PublishOptions = {}): Promise<Published> {
    const topic = this.topic(topicArn);
    checkMessage(message, options);
    const textFor = textsOf(message, options);
    const id = randomUUID();
    let order: Pick<TopicMessage, 'deduplicationId' | 'sequenceNumber'> = {};
    if (topic.name.endsWith('.fifo')) {
      const deduplicationId = deduplicationIdOf(topic, message, options);
      const known = this.#deduplication.find(topicArn, deduplicationId);
      if (known) return { messageId: known.messageId, sequenceNumber: known.sequenceNumber };
      const sequenceNumber = this.#nextSequenceNumber(topicArn);
      this.#deduplication.remember(topicArn, deduplicationId, { messageId: id, sequenceNumber });
      order = { deduplicationId, sequenceNumber };
    }
    const accepted: TopicMessage = {
      ...options,
      ...order,
      id,
      topicArn,
      publishedAt: this.#ports.clock.now(),
      textFor,
    };
    const taking = this.#routesOf(topicArn).filter(({ passes }) => passes(accepted));
    await Promise.all(taking.map(({ subscription }) => this.#deliveries.deliver(accepted, subscription)));
    return { messageId: id, sequenceNumber: order.sequenceNumber };
  }

  /** Goes on with deliveries that an earlier run did not finish. */
  resume(): void {
    this.#deliveries.resume();
  }

  close(): void {
    this.#deliveries.close();
  }

  #put(subscription: Subscription): void {
    this.#subscriptions.set(subscription.arn, subscription);
    this.#routes.delete(subscription.topicArn);
  }

  #routesOf(topicArn: string): { subscription: Subscription; passes: (message: TopicMessage) => boolean }[] {
    let routes = this.#routes.get(topicArn);
    if (!routes) {
      routes = this.subscriptions(topicArn)
        .filter(({ confirmed, protocol }) => confirmed || !protocol.startsWith('http'))
        .map((subscription) => ({ subscription, passes: compileFilter(subscription.attributes) }));
      this.#routes.set(topicArn, routes);
    }
    return routes;
  }

  #nextSequenceNumber(topicArn: string): string {
    const next = (this.#sequence.get(topicArn) ?? 0) + 1;
    this.#sequence.set(topicArn, next);
    return `1${String(next).padStart(19, '0')}`;
  }
}

/** @throws AwsError InvalidParameterException */
function deduplicationIdOf(topic: Topic, message: string, { groupId, deduplicationId }: PublishOptions): string {
  if (!groupId) throw invalidParameter('The MessageGroupId parameter is required for FIFO topics');
  if (deduplicationId) return deduplicationId;
  if (topic.attributes['ContentBasedDeduplication'] === 'true')
    return createHash('sha256').update(message).digest('hex');
  throw invalidParameter(
    'The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  );
}
