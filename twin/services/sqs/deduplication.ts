import type { Clock } from '../../clock.ts';
import type { Collection } from '../../state/store.ts';

/** A FIFO queue knows a message again for five minutes (Developer Guide, "Exactly-once processing in Amazon SQS"). */
const INTERVAL_MS = 5 * 60 * 1000;

export interface RememberedMessage {
  readonly messageId: string;
  readonly sequenceNumber?: string;
}

interface Remembered extends RememberedMessage {
  readonly until: number;
}

/** Messages that a FIFO queue accepted lately, by deduplication id. */
export class Deduplication {
  readonly #remembered: Collection<Remembered>;
  readonly #clock: Clock;

  constructor(remembered: Collection<RememberedMessage>, clock: Clock) {
    this.#remembered = remembered as Collection<Remembered>;
    this.#clock = clock;
  }

  find(scope: string, id: string): RememberedMessage | undefined {
    this.#forget();
    return this.#remembered.get(`${scope} ${id}`);
  }

  remember(scope: string, id: string, message: RememberedMessage): void {
    this.#remembered.set(`${scope} ${id}`, { ...message, until: this.#clock.now() + INTERVAL_MS });
  }

  #forget(): void {
    for (const [key, { until }] of this.#remembered.entries()) {
      if (until > this.#clock.now()) break;
      this.#remembered.delete(key);
    }
  }
}
