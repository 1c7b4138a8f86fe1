import { randomUUID } from 'node:crypto';

import type { Clock, ScheduledCall } from '../clock.ts';
import { AwsError } from '../endpoint/service.ts';
import type { Collection, Store } from '../state/store.ts';
import type { AsyncConfiguration, FunctionDefinition } from './definition.ts';
import type { Invocation } from './invoker.ts';

export interface AsynchronousEventsOptions {
  readonly store: Store;
  readonly clock: Clock;
  find(functionName: string): FunctionDefinition | undefined;
  /** @throws AwsError, TooManyRequestsException among them */
  execute(definition: FunctionDefinition, event: string, requestId: string): Promise<Invocation>;
  /** Delivers to an on-failure destination or dead-letter queue (an ARN). */
  deliver?(destinationArn: string, body: string): Promise<void>;
  log(functionName: string, line: string): void;
}

/** An event that has not been executed with success yet. */
interface QueuedEvent {
  readonly id: string;
  readonly functionName: string;
  readonly event: string;
  readonly queuedAt: number;
  /** Executions that failed; being throttled is not one. */
  readonly attempts: number;
}

/** Two tries more, a minute and then two minutes later (Lambda developer guide, "Asynchronous invocation"). */
const RETRY_DELAYS_MS = [60_000, 120_000];
/** AWS begins at a second as well, and tries throttled events for as long as they may be old. */
const THROTTLED_DELAY_MS = 1_000;
const DEFAULTS: AsyncConfiguration = { maximumRetryAttempts: 2, maximumEventAgeSeconds: 21_600 };

/** Lambda's queue of asynchronous events: durable, with retries, and a destination for what fails for good. */
export class AsynchronousEvents {
  readonly #options: AsynchronousEventsOptions;
  readonly #queue: Collection<QueuedEvent>;
  readonly #configurations: Collection<AsyncConfiguration>;
  readonly #retries = new Set<ScheduledCall>();
  #closed = false;

  constructor(options: AsynchronousEventsOptions) {
    this.#options = options;
    this.#queue = options.store.collection('lambda:queued-events');
    this.#configurations = options.store.collection('lambda:async-configurations');
  }

  configure(functionName: string, configuration: Partial<AsyncConfiguration> | undefined): void {
    if (configuration) this.#configurations.set(functionName, { ...DEFAULTS, ...configuration });
    else this.#configurations.delete(functionName);
  }

  /** Takes up what an earlier run left. */
  resume(): void {
    for (const event of [...this.#queue.values()]) void this.#attempt(event);
  }

  /** The event is on disk when this returns. */
  add(functionName: string, event: unknown): void {
    const queuedAt = this.#options.clock.now();
    const queued = { id: randomUUID(), functionName, event: JSON.stringify(event), queuedAt, attempts: 0 };
    this.#queue.set(queued.id, queued);
    void this.#attempt(queued);
  }

  /** What is not done by now is tried again after the next start. */
  close(): void {
    this.#closed = true;
    for (const retry of this.#retries) retry.cancel();
  }

  async #attempt(queued: QueuedEvent): Promise<void> {
    const definition = this.#options.find(queued.functionName);
    if (!definition) return void this.#queue.delete(queued.id);
    let response: unknown;
    let attempts = queued.attempts + 1;
    let delay = RETRY_DELAYS_MS[queued.attempts];
    try {
      const invocation = await this.#options.execute(definition, queued.event, queued.id);
      // A function that was ended by the twin's own stop has not failed.
      if (this.#closed) return;
      if (!invocation.functionError) return void this.#queue.delete(queued.id);
      response = JSON.parse(invocation.payload);
    } catch (error) {
      if (this.#closed) return;
      response = { errorMessage: (error as Error).message };
      if (error instanceof AwsError && error.code === 'TooManyRequestsException') {
        attempts = queued.attempts;
        delay = THROTTLED_DELAY_MS;
      }
    }
    const { maximumRetryAttempts, maximumEventAgeSeconds } = this.#configurations.get(definition.name) ?? DEFAULTS;
    const tooOld = this.#options.clock.now() + (delay ?? 0) - queued.queuedAt > maximumEventAgeSeconds * 1_000;
    if (attempts <= maximumRetryAttempts && delay !== undefined && !tooOld)
      this.#retryLater({ ...queued, attempts }, delay);
    else
      await this.#giveUp(
        { ...queued, attempts },
        definition,
        tooOld ? 'EventAgeExceeded' : 'RetriesExhausted',
        response,
      );
  }

  #retryLater(queued: QueuedEvent, delay: number): void {
    this.#queue.set(queued.id, queued);
    const retry = this.#options.clock.schedule(delay, () => {
      this.#retries.delete(retry);
      void this.#attempt(queued);
    });
    this.#retries.add(retry);
  }

  async #giveUp(
    queued: QueuedEvent,
    definition: FunctionDefinition,
    condition: string,
    response: unknown,
  ): Promise<void> {
    const { clock, deliver, log } = this.#options;
    log(
      definition.name,
      `Event ${queued.id} failed ${queued.attempts} times (${condition}): ${JSON.stringify(response)}`,
    );
    const onFailureArn = this.#configurations.get(definition.name)?.onFailureArn;
    try {
      if (onFailureArn) {
        const record = {
          version: '1.0',
          timestamp: new Date(clock.now()).toISOString(),
          requestContext: {
            requestId: queued.id,
            functionArn: `${definition.arn}:$LATEST`,
            condition,
            approximateInvokeCount: queued.attempts,
          },
          requestPayload: JSON.parse(queued.event),
          responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
          responsePayload: response,
        };
        await deliver?.(onFailureArn, JSON.stringify(record));
      } else if (definition.deadLetterArn) {
        await deliver?.(definition.deadLetterArn, queued.event);
      }
      this.#queue.delete(queued.id);
    } catch (error) {
      // Kept in the queue: the next start tries again rather than losing the event.
      log(
        definition.name,
        `Event ${queued.id} could not be delivered to its failure destination: ${(error as Error).message}`,
      );
    }
  }
}
