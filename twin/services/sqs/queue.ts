import { createHash, randomBytes, randomUUID } from 'node:crypto';

import type { Clock, ScheduledCall } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Collection } from '../../state/store.ts';
import { Deduplication } from './deduplication.ts';
import type { RememberedMessage } from './deduplication.ts';
import type { StoredAttribute, StoredMessage } from './message.ts';
import { numberAttribute } from './queue-attributes.ts';
import type { QueueAttributes } from './queue-attributes.ts';

export interface OutgoingMessage {
  readonly body: string;
  readonly attributes: Readonly<Record<string, StoredAttribute>>;
  readonly senderId: string;
  readonly traceHeader?: string;
  readonly delaySeconds?: number;
  readonly groupId?: string;
  readonly deduplicationId?: string;
}

export interface ReceiveOptions {
  readonly maxMessages: number;
  readonly visibilityTimeoutSeconds?: number;
  readonly waitTimeSeconds?: number;
  /** Ends the wait with nothing, e.g. when the client has gone. */
  readonly abandoned?: AbortSignal;
}

export interface QueueSurroundings {
  readonly clock: Clock;
  readonly messages: Collection<StoredMessage>;
  readonly deduplication: Collection<RememberedMessage>;
  /** As they are now; they change while messages lie in the queue. */
  attributes(): QueueAttributes;
  /** Takes a message that was received too often; false when there is nowhere to put it. */
  moveToDeadLetterQueue(message: StoredMessage): boolean;
}

interface Waiter {
  attempt(): boolean;
}

/** One queue's messages: order, visibility, long polling. What has been sent is on disk before `send` returns. */
export class Queue {
  readonly fifo: boolean;
  readonly #surroundings: QueueSurroundings;
  readonly #deduplication: Deduplication;
  readonly #waiters = new Set<Waiter>();
  #wakeUp: { readonly due: number; readonly call: ScheduledCall } | undefined;
  #sequence: bigint;

  constructor(fifo: boolean, surroundings: QueueSurroundings) {
    this.fifo = fifo;
    this.#surroundings = surroundings;
    this.#deduplication = new Deduplication(surroundings.deduplication, surroundings.clock);
    // Sequence numbers have 20 digits and grow over restarts too.
    this.#sequence = BigInt(surroundings.clock.now()) * 10_000_000n;
  }

  send(message: OutgoingMessage): RememberedMessage {
    const { clock, messages } = this.#surroundings;
    const deduplicationId = this.#deduplicationId(message);
    const scope =
      this.#surroundings.attributes()['DeduplicationScope'] === 'messageGroup' ? (message.groupId ?? '') : '';
    const earlier = deduplicationId === undefined ? undefined : this.#deduplication.find(scope, deduplicationId);
    if (earlier) return earlier;

    const now = clock.now();
    const delay = this.fifo ? this.#number('DelaySeconds') : (message.delaySeconds ?? this.#number('DelaySeconds'));
    const sequenceNumber = this.fifo ? String((this.#sequence += 256n)).padStart(20, '0') : undefined;
    const stored: StoredMessage = {
      id: randomUUID(),
      body: message.body,
      attributes: message.attributes,
      senderId: message.senderId,
      traceHeader: message.traceHeader,
      sentAt: now,
      visibleAt: now + delay * 1000,
      receiveCount: 0,
      groupId: message.groupId,
      deduplicationId,
      sequenceNumber,
    };
    messages.set(stored.id, stored);
    const sent = { messageId: stored.id, sequenceNumber };
    if (deduplicationId !== undefined) this.#deduplication.remember(scope, deduplicationId, sent);
    this.#serveWaiters();
    return sent;
  }

  /** Puts a message that another queue gave up; `announce` follows once that is certain. */
  put(message: StoredMessage): void {
    this.#surroundings.messages.set(message.id, message);
  }

  /** Serves whoever waits for messages. */
  announce(): void {
    this.#serveWaiters();
  }

  /** Up to `maxMessages`; waits for the first one as long as the options or the queue say. */
  async receive(options: ReceiveOptions): Promise<StoredMessage[]> {
    const received = this.#take(options);
    const wait = options.waitTimeSeconds ?? this.#number('ReceiveMessageWaitTimeSeconds');
    if (received.length > 0 || wait <= 0 || options.abandoned?.aborted) return received;
    return new Promise((resolve) => {
      const finish = (messages: StoredMessage[]): void => {
        this.#waiters.delete(waiter);
        timeout.cancel();
        resolve(messages);
      };
      const waiter: Waiter = {
        attempt: () => {
          const messages = this.#take(options);
          if (messages.length > 0) finish(messages);
          return messages.length > 0;
        },
      };
      const timeout = this.#surroundings.clock.schedule(wait * 1000, () => finish([]));
      options.abandoned?.addEventListener('abort', () => finish([]), { once: true });
      this.#waiters.add(waiter);
      this.#armWakeUp();
    });
  }

  /**
   * Deletes by the handle of the most recent receive; an older handle succeeds and deletes nothing, as the API reference
   * warns.
   *
   * @throws AwsError ReceiptHandleIsInvalid
   */
  delete(receiptHandle: string): void {
    const message = this.#byHandle(receiptHandle);
    if (message?.receiptHandle === receiptHandle) this.#surroundings.messages.delete(message.id);
    // The next message of a FIFO group waits for this one.
    if (this.fifo) this.#serveWaiters();
  }

  /** @throws AwsError ReceiptHandleIsInvalid, MessageNotInflight */
  changeVisibility(receiptHandle: string, seconds: number): void {
    const { clock, messages } = this.#surroundings;
    const message = this.#byHandle(receiptHandle);
    if (!message || message.receiptHandle !== receiptHandle || message.visibleAt <= clock.now()) {
      throw new AwsError('MessageNotInflight', 'The specified message is not in flight.');
    }
    messages.set(message.id, { ...message, visibleAt: clock.now() + seconds * 1000 });
    this.#serveWaiters();
  }

  purge(): void {
    for (const { id } of [...this.#surroundings.messages.values()]) this.#surroundings.messages.delete(id);
  }

  count(): { visible: number; inFlight: number; delayed: number } {
    this.#expire();
    const now = this.#surroundings.clock.now();
    const count = { visible: 0, inFlight: 0, delayed: 0 };
    for (const { visibleAt, receiveCount } of this.#surroundings.messages.values()) {
      if (visibleAt <= now) count.visible += 1;
      else if (receiveCount > 0) count.inFlight += 1;
      else count.delayed += 1;
    }
    return count;
  }

  close(): void {
    this.#wakeUp?.call.cancel();
    this.#wakeUp = undefined;
  }

  #take({ maxMessages, visibilityTimeoutSeconds }: ReceiveOptions): StoredMessage[] {
    this.#expire();
    const { clock, messages } = this.#surroundings;
    const now = clock.now();
    const visibility = visibilityTimeoutSeconds ?? this.#number('VisibilityTimeout');
    const taken: StoredMessage[] = [];
    const blockedGroups = new Set<string>();
    for (const message of messages.values()) {
      if (taken.length >= maxMessages) break;
      if (message.groupId !== undefined && this.fifo && blockedGroups.has(message.groupId)) continue;
      if (message.visibleAt > now) {
        if (message.groupId !== undefined) blockedGroups.add(message.groupId);
        continue;
      }
      if (this.#surroundings.moveToDeadLetterQueue(message)) continue;
      taken.push({
        ...message,
        visibleAt: now + visibility * 1000,
        receiveCount: message.receiveCount + 1,
        firstReceivedAt: message.firstReceivedAt ?? now,
        receiptHandle: Buffer.from(`${message.id} ${randomBytes(24).toString('hex')}`).toString('base64'),
      });
    }
    for (const message of taken) messages.set(message.id, message);
    return taken;
  }

  /** Messages are in order of arrival, so those past retention are the first. */
  #expire(): void {
    const { clock, messages } = this.#surroundings;
    const oldest = clock.now() - this.#number('MessageRetentionPeriod') * 1000;
    for (const { id, sentAt } of messages.values()) {
      if (sentAt >= oldest) break;
      messages.delete(id);
    }
  }

  #byHandle(receiptHandle: string): StoredMessage | undefined {
    const [id = ''] = Buffer.from(receiptHandle, 'base64').toString('utf8').split(' ');
    if (!/^[0-9a-f-]{36}$/.test(id)) {
      throw new AwsError(
        'ReceiptHandleIsInvalid',
        `The input receipt handle "${receiptHandle.slice(0, 100)}" is not a valid receipt handle.`,
      );
    }
    return this.#surroundings.messages.get(id);
  }

  #deduplicationId(message: OutgoingMessage): string | undefined {
    if (!this.fifo) return undefined;
    if (message.groupId === undefined)
      throw new AwsError('MissingParameter', 'The request must contain the parameter MessageGroupId.');
    if (message.deduplicationId !== undefined) return message.deduplicationId;
    if (this.#surroundings.attributes()['ContentBasedDeduplication'] !== 'true') {
      throw new AwsError(
        'InvalidParameterValue',
        'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
      );
    }
    return createHash('sha256').update(message.body).digest('hex');
  }

  #serveWaiters(): void {
    for (const waiter of [...this.#waiters]) if (!waiter.attempt()) break;
    this.#armWakeUp();
  }

  /** Whoever waits is served again when the next delayed or received message becomes visible. */
  #armWakeUp(): void {
    if (this.#waiters.size === 0) return;
    const { clock, messages } = this.#surroundings;
    let due = Infinity;
    for (const { visibleAt } of messages.values()) if (visibleAt > clock.now()) due = Math.min(due, visibleAt);
    if (due === Infinity || (this.#wakeUp && this.#wakeUp.due <= due && this.#wakeUp.due > clock.now())) return;
    this.#wakeUp?.call.cancel();
    const call = clock.schedule(due - clock.now(), () => {
      this.#wakeUp = undefined;
      this.#serveWaiters();
    });
    this.#wakeUp = { due, call };
  }

  #number(name: string): number {
    return numberAttribute(this.#surroundings.attributes(), name);
  }
}
