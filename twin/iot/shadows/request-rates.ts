import type { Clock } from '../../clock.ts';
import { TokenBucket, type QuotaMode } from '../broker/quotas.ts';

/** Quotas "Device Shadow API requests/second per account" and "… per shadow". */
const PER_ACCOUNT = 4000;
const PER_SHADOW = 20;

/** Buckets looked through for full ones when this many are kept. */
const SWEEP_AT = 10_000;

/** How many shadow requests an account may make in a second. */
export class ShadowRequestRates {
  readonly #clock: Clock;
  readonly #account: TokenBucket | undefined;
  readonly #shadows = new Map<string, TokenBucket>();

  constructor(clock: Clock, mode: QuotaMode) {
    this.#clock = clock;
    this.#account = mode === 'aws' ? new TokenBucket(PER_ACCOUNT, clock.now()) : undefined;
  }

  /** @returns false when the request is one too many */
  take(shadow: string): boolean {
    if (!this.#account) return true;
    const now = this.#clock.now();
    let bucket = this.#shadows.get(shadow);
    if (!bucket) {
      if (this.#shadows.size >= SWEEP_AT) this.#sweep(now);
      this.#shadows.set(shadow, (bucket = new TokenBucket(PER_SHADOW, now)));
    }
    return bucket.take(now) && this.#account.take(now);
  }

  /** Forgets the buckets that time has filled. */
  #sweep(now: number): void {
    for (const [shadow, bucket] of this.#shadows)
      if (bucket.take(now, 0) && bucket.isFull) this.#shadows.delete(shadow);
  }
}
