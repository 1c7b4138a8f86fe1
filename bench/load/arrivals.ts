import { preciseNow, readNumber } from './numbered-payload.ts';

/** Counts numbered messages as they arrive: each once, none missing, how late. Higher numbers are filling, not counted. */
export class Arrivals {
  readonly #seen: Uint8Array;
  readonly #latencies: Float64Array;
  readonly #from: number;
  arrived = 0;
  duplicates = 0;
  lastAt = performance.now();

  /** Messages numbered below `from` are of the warm-up: they count as arrived, not in the latencies. */
  constructor(messages: number, from = 0) {
    this.#seen = new Uint8Array(messages);
    this.#latencies = new Float64Array(messages - from);
    this.#from = from;
  }

  take(payload: Buffer): void {
    const { sequence, timeMs } = readNumber(payload);
    if (sequence >= this.#seen.length) return;
    this.lastAt = performance.now();
    if (this.#seen[sequence] !== 0) {
      this.duplicates += 1;
      return;
    }
    this.#seen[sequence] = 1;
    if (sequence >= this.#from) this.#latencies[sequence - this.#from] = preciseNow() - timeMs;
    this.arrived += 1;
  }

  get missing(): number {
    return this.#seen.length - this.arrived;
  }

  percentiles(): { readonly p50: number; readonly p99: number } {
    const sorted = this.#latencies.slice().sort();
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { p50: at(0.5), p99: at(0.99) };
  }
}

const SILENCE_MS = 15_000;

const PUSH_AFTER_MS = 50;

/**
 * Waits until `done`; gives up when nothing has arrived for 15 seconds.
 *
 * @param push called every 50 ms meanwhile
 */
export function untilArrived(arrivals: Arrivals, done: () => boolean, push?: () => void): Promise<void> {
  return new Promise((resolve) => {
    arrivals.lastAt = performance.now();
    let pushedAt = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      if (done() || now - arrivals.lastAt >= SILENCE_MS) {
        clearInterval(timer);
        resolve();
      } else if (push && now - pushedAt >= PUSH_AFTER_MS) {
        pushedAt = now;
        push();
      }
    }, 5);
  });
}
