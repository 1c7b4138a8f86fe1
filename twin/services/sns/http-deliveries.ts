import { randomUUID } from 'node:crypto';

import type { Clock, ScheduledCall } from '../../clock.ts';
import type { Collection, Store } from '../../state/store.ts';

/** HTTP endpoints are tried again three times, 20 seconds apart (SNS developer guide, default delivery policy). */
const RETRIES = 3;
const RETRY_DELAY_MS = 20_000;
const ANSWER_TIMEOUT_MS = 15_000;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export interface HttpDelivery {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly deadLetterArn?: string;
  /** What the dead-letter queue gets. */
  readonly deadLetterBody: string;
}

interface PendingDelivery extends HttpDelivery {
  readonly attempts: number;
  readonly dueAt: number;
}

export interface HttpDeliveriesOptions {
  readonly clock: Clock;
  readonly store: Store;
  /** Takes a delivery that no retry could make. */
  giveUp(delivery: HttpDelivery, reason: string): void;
}

/** Whether an endpoint is on this machine; the twin sends nothing anywhere else. */
export function isLoopback(endpoint: string): boolean {
  return URL.canParse(endpoint) && LOOPBACK.has(new URL(endpoint).hostname);
}

/** Posts to HTTP endpoints: queued on disk, so that a restart forgets none, and tried again by AWS's default policy. */
export class HttpDeliveries {
  readonly #options: HttpDeliveriesOptions;
  readonly #pending: Collection<PendingDelivery>;
  readonly #armed = new Map<string, ScheduledCall>();
  #closed = false;

  constructor(options: HttpDeliveriesOptions) {
    this.#options = options;
    this.#pending = options.store.collection('sns.http-deliveries');
  }

  /** Takes up what an earlier run left. */
  resume(): void {
    for (const [id, delivery] of this.#pending.entries()) this.#arm(id, delivery.dueAt);
  }

  add(delivery: HttpDelivery): void {
    const id = randomUUID();
    const dueAt = this.#options.clock.now();
    this.#pending.set(id, { ...delivery, attempts: 0, dueAt });
    this.#arm(id, dueAt);
  }

  close(): void {
    this.#closed = true;
    for (const call of this.#armed.values()) call.cancel();
    this.#armed.clear();
  }

  #arm(id: string, dueAt: number): void {
    const { clock } = this.#options;
    this.#armed.set(
      id,
      clock.schedule(dueAt - clock.now(), () => void this.#attempt(id)),
    );
  }

  async #attempt(id: string): Promise<void> {
    this.#armed.delete(id);
    const delivery = this.#pending.get(id);
    if (!delivery) return;
    const failure = await post(delivery);
    if (this.#closed) return;
    if (failure === undefined) {
      this.#pending.delete(id);
    } else if (delivery.attempts < RETRIES) {
      const dueAt = this.#options.clock.now() + RETRY_DELAY_MS;
      this.#pending.set(id, { ...delivery, attempts: delivery.attempts + 1, dueAt });
      this.#arm(id, dueAt);
    } else {
      this.#options.giveUp(delivery, failure);
      this.#pending.delete(id);
    }
  }
}

/** Undefined when the endpoint took it, else why not. */
async function post({ url, headers, body }: HttpDelivery): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal });
    await answer.body?.cancel();
    return answer.ok ? undefined : `it answered ${answer.status}`;
  } catch (error) {
    return (error as Error).message;
  }
}
