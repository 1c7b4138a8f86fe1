import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import type { LambdaEventQueue, LambdaInvoker } from '../../lambda/invoker.ts';
import type { Store } from '../../state/store.ts';
import { policyPermits } from '../resource-policy.ts';
import type { Sqs } from '../sqs/sqs.ts';
import { confirmationRequest, lambdaEvent, notification } from './envelope.ts';
import { HttpDeliveries, isLoopback } from './http-deliveries.ts';
import type { TopicMessage } from './message.ts';
import { deadLetterArn } from './subscription.ts';
import type { Subscription } from './subscription.ts';

const SERVICE = 'sns.amazonaws.com';
/** SQS takes ten attributes; SNS gives up on a raw message with more. */
const MOST_RAW_ATTRIBUTES = 10;

export interface DeliveryPorts {
  readonly account: Account;
  readonly clock: Clock;
  readonly store: Store;
  /** Where URLs in envelopes point: the endpoint's. */
  readonly baseUrl: () => string;
  readonly sqs?: Pick<Sqs, 'sendMessage' | 'attributesOf'>;
  readonly invoker?: LambdaInvoker & Partial<LambdaEventQueue>;
  readonly firehose?: { putRecord(deliveryStreamName: string, data: Buffer): unknown };
  readonly log: (line: string) => void;
}

/** Hands messages to subscribers: to queues and streams before the publisher has its answer, to HTTP by a durable queue. */
export class Deliveries {
  readonly #ports: DeliveryPorts;
  readonly #http: HttpDeliveries;

  constructor(ports: DeliveryPorts) {
    this.#ports = ports;
    this.#http = new HttpDeliveries({
      clock: ports.clock,
      store: ports.store,
      giveUp: (delivery, reason) => this.#giveUp(delivery.url, delivery.deadLetterArn, delivery.deadLetterBody, reason),
    });
  }

  /** Never rejects: what a subscriber does not take goes to its dead-letter queue, or into the log. */
  async deliver(message: TopicMessage, subscription: Subscription): Promise<void> {
    const { protocol, endpoint, attributes } = subscription;
    const envelope = JSON.stringify(notification(message, subscription, this.#ports.baseUrl()));
    const raw = attributes['RawMessageDelivery']?.toLowerCase() === 'true';
    const body = raw ? message.textFor(protocol) : envelope;
    try {
      if (protocol === 'sqs') this.#toQueue(message, endpoint, body, raw);
      else if (protocol === 'lambda') await this.#toFunction(message, subscription);
      else if (protocol === 'firehose') {
        await port(this.#ports.firehose, protocol).putRecord(endpoint.split('/').pop()!, Buffer.from(body, 'utf8'));
      } else if (protocol === 'http' || protocol === 'https') this.#toHttp(message, subscription, body, envelope, raw);
      else
        this.#ports.log(
          `SNS ${message.topicArn} has a message for ${protocol} ${endpoint}, which the twin does not send`,
        );
    } catch (error) {
      this.#giveUp(endpoint, deadLetterArn(attributes), body, (error as Error).message);
    }
  }

  /** Asks an HTTP endpoint on this machine to confirm its subscription. */
  requestConfirmation(subscription: Subscription, messageId: string): void {
    const { baseUrl, clock } = this.#ports;
    const body = JSON.stringify(confirmationRequest(subscription, messageId, clock.now(), baseUrl()));
    this.#http.add({
      url: subscription.endpoint,
      headers: httpHeaders('SubscriptionConfirmation', messageId, subscription),
      body,
      deadLetterBody: body,
    });
  }

  resume(): void {
    this.#http.resume();
  }

  close(): void {
    this.#http.close();
  }

  #toQueue(message: TopicMessage, queueArn: string, body: string, raw: boolean): void {
    const sqs = port(this.#ports.sqs, 'sqs');
    this.#requirePermission(message.topicArn, queueArn, sqs.attributesOf(queueArn)['Policy']);
    const attributes = raw ? (message.attributes ?? {}) : {};
    if (Object.keys(attributes).length > MOST_RAW_ATTRIBUTES)
      throw new Error('a raw message has more than 10 attributes');
    const fifo = queueArn.endsWith('.fifo');
    sqs.sendMessage(queueArn, body, {
      attributes,
      groupId: message.groupId,
      deduplicationId: fifo ? (message.deduplicationId ?? message.id) : undefined,
      senderId: SERVICE,
    });
  }

  #requirePermission(topicArn: string, queueArn: string, policy: string | undefined): void {
    const caller = { service: SERVICE, sourceArn: topicArn, accountId: this.#ports.account.accountId };
    if (!policyPermits(policy, caller, 'sqs:SendMessage', queueArn)) {
      throw new Error(`the queue's policy does not let ${SERVICE} send it messages of ${topicArn}`);
    }
  }

  async #toFunction(message: TopicMessage, subscription: Subscription): Promise<void> {
    const invoker = port(this.#ports.invoker, 'lambda');
    const event = lambdaEvent(message, subscription, this.#ports.baseUrl());
    const caller = { service: SERVICE, sourceArn: message.topicArn };
    if (invoker.invokeAsync) await invoker.invokeAsync(subscription.endpoint, event, caller);
    else await invoker.invoke(subscription.endpoint, event, caller);
  }

  #toHttp(message: TopicMessage, subscription: Subscription, body: string, envelope: string, raw: boolean): void {
    if (!isLoopback(subscription.endpoint)) throw new Error('the twin sends nothing to other machines');
    const headers = httpHeaders('Notification', message.id, subscription);
    this.#http.add({
      url: subscription.endpoint,
      headers: raw ? { ...headers, 'x-amz-sns-rawdelivery': 'true' } : headers,
      body,
      deadLetterArn: deadLetterArn(subscription.attributes),
      deadLetterBody: envelope,
    });
  }

  #giveUp(endpoint: string, deadLetterQueue: string | undefined, body: string, reason: string): void {
    const { log, sqs } = this.#ports;
    try {
      if (deadLetterQueue !== undefined && sqs) {
        sqs.sendMessage(deadLetterQueue, body, { senderId: SERVICE });
        return log(`SNS could not deliver to ${endpoint}: ${reason}; the message is in ${deadLetterQueue}`);
      }
    } catch (error) {
      return log(
        `SNS could not deliver to ${endpoint}: ${reason}; nor to its dead-letter queue: ${(error as Error).message}`,
      );
    }
    log(`SNS could not deliver to ${endpoint}: ${reason}; the message is lost, as it has no dead-letter queue`);
  }
}

function port<T>(service: T | undefined, protocol: string): T {
  if (service === undefined) throw new Error(`the twin has no service behind ${protocol}`);
  return service;
}

function httpHeaders(type: string, messageId: string, subscription: Subscription): Record<string, string> {
  return {
    'content-type': 'text/plain; charset=UTF-8',
    'user-agent': 'Amazon Simple Notification Service Agent',
    'x-amz-sns-message-type': type,
    'x-amz-sns-message-id': messageId,
    'x-amz-sns-topic-arn': subscription.topicArn,
    'x-amz-sns-subscription-arn': subscription.arn,
  };
}
