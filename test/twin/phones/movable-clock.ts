import { SystemClock, type Clock, type ScheduledCall } from '../../../twin/clock.ts';

interface Pending {
  readonly due: number;
  readonly callback: () => void;
  timer: ScheduledCall;
}

/** Real time that a test can move forward: what falls due on the way is called at once, in order. */
export class MovableClock implements Clock {
  readonly #real = new SystemClock();
  readonly #pending = new Set<Pending>();
  #moved = 0;

  now(): number {
    return this.#real.now() + this.#moved;
  }

  schedule(delayMs: number, callback: () => void): ScheduledCall {
    const pending: Pending = {
      due: this.now() + Math.max(0, delayMs),
      callback,
      timer: this.#real.schedule(delayMs, () => this.#run(pending)),
    };
    this.#pending.add(pending);
    return {
      cancel: () => {
        pending.timer.cancel();
        this.#pending.delete(pending);
      },
    };
  }

  move(ms: number): void {
    this.#moved += ms;
    const now = this.now();
    const due = [...this.#pending].filter((each) => each.due <= now).sort((a, b) => a.due - b.due);
    for (const pending of this.#pending) {
      if (pending.due <= now) continue;
      pending.timer.cancel();
      pending.timer = this.#real.schedule(pending.due - now, () => this.#run(pending));
    }
    for (const pending of due) this.#run(pending);
  }

  #run(pending: Pending): void {
    // Cancelled by one that was called before it.
    if (!this.#pending.delete(pending)) return;
    pending.timer.cancel();
    pending.callback();
  }
}
