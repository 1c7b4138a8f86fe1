import type { Clock, ScheduledCall } from '../../clock.ts';

/** Many times to come by key, with one timer for the earliest. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #onDue: (keys: readonly string[]) => void;
  readonly #due = new Map<string, number>();
  #armed: { readonly at: number; readonly call: ScheduledCall } | undefined;

  /** @param onDue told of all keys that have fallen due, which are forgotten before */
  constructor(clock: Clock, onDue: (keys: readonly string[]) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** @param at milliseconds since the epoch; `undefined` forgets the key */
  set(key: string, at: number | undefined): void {
    if (at === undefined) {
      this.#due.delete(key);
      return;
    }
    this.#due.set(key, at);
    if (!this.#armed || at < this.#armed.at) this.#arm(at);
  }

  close(): void {
    this.#armed?.call.cancel();
    this.#armed = undefined;
    this.#due.clear();
  }

  #arm(at: number): void {
    this.#armed?.call.cancel();
    this.#armed = { at, call: this.#clock.schedule(at - this.#clock.now(), () => this.#fire()) };
  }

  #fire(): void {
    this.#armed = undefined;
    const now = this.#clock.now();
    const fallen: string[] = [];
    let earliest = Infinity;
    for (const [key, at] of this.#due) {
      if (at <= now) fallen.push(key);
      else earliest = Math.min(earliest, at);
    }
    for (const key of fallen) this.#due.delete(key);
    if (earliest !== Infinity) this.#arm(earliest);
    if (fallen.length > 0) this.#onDue(fallen);
  }
}
