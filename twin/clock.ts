/**
 * The one clock of the twin. Whatever waits, expires or is scheduled asks it, so that a test can let a week pass in a
 * moment and no test sleeps.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `callback` once, `delayMs` from now. */
  schedule(delayMs: number, callback: () => void): ScheduledCall;
}

export interface ScheduledCall {
  cancel(): void;
}

/** Longest delay that a Node timer keeps (2^31 - 1 ms); longer ones are re-armed. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** Real time. Its timers do not keep the process alive. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  schedule(delayMs: number, callback: () => void): ScheduledCall {
    const due = Date.now() + Math.max(0, delayMs);
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const remaining = due - Date.now();
      timer = setTimeout(
        remaining > LONGEST_TIMER_MS ? arm : callback,
        Math.min(Math.max(0, remaining), LONGEST_TIMER_MS),
      );
      timer.unref();
    };
    arm();
    return { cancel: () => clearTimeout(timer) };
  }
}

interface Pending {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that moves only when told to. Calls fall due in order of their time, then of their scheduling. */
export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  #pending: Pending[] = [];

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  schedule(delayMs: number, callback: () => void): ScheduledCall {
    const pending: Pending = { due: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
    this.#pending.push(pending);
    return { cancel: () => void (this.#pending = this.#pending.filter((other) => other !== pending)) };
  }

  /** Moves time forward, running what falls due on the way; between two calls it lets promises settle. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#pending
        .filter((pending) => pending.due <= end)
        .sort((a, b) => a.due - b.due || a.order - b.order)[0];
      if (!next) break;
      this.#pending = this.#pending.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
    }
    this.#now = end;
  }
}
