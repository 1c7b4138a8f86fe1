import type { Clock, ScheduledCall } from '../../clock.ts';

/** Bounds of IoT Core's keep-alive, in seconds; 0 and anything above the upper one become the upper one. */
const SHORTEST_SECONDS = 30;
const LONGEST_SECONDS = 1200;

/** The keep-alive that IoT Core uses for what a client asked, in seconds (quota "Connection inactivity"). */
export function effectiveKeepAlive(requestedSeconds: number): number {
  if (requestedSeconds === 0 || requestedSeconds > LONGEST_SECONDS) return LONGEST_SECONDS;
  return Math.max(requestedSeconds, SHORTEST_SECONDS);
}

/** What a wheel watches: something that was last heard of at some second and may stay silent for so long. */
export interface Watched {
  lastHeardSecond: number;
  silenceSeconds: number;
  wheelSlot: number;
  onSilent(): void;
}

const SLOTS = 2048;

/**
 * All deadlines of all connections on one timer: a wheel with a slot a second. Traffic only writes a number; a
 * connection is looked at again when its slot comes round, and moved on if it was heard of since.
 */
export class KeepAliveWheel {
  readonly #clock: Clock;
  readonly #slots: (Set<Watched> | undefined)[] = new Array<Set<Watched> | undefined>(SLOTS);
  readonly #everySecond: () => void;
  #timer: ScheduledCall | undefined;
  #turnedTo: number;
  /** Seconds since the epoch as of the last turn: cheap enough to read for every packet. */
  now: number;

  constructor(clock: Clock, everySecond: () => void) {
    this.#clock = clock;
    this.#everySecond = everySecond;
    this.now = this.#turnedTo = Math.floor(clock.now() / 1000);
    this.#arm();
  }

  /** Starts watching, or starts again with a new `silenceSeconds`. */
  watch(watched: Watched): void {
    this.unwatch(watched);
    watched.lastHeardSecond = this.now;
    this.#place(watched);
  }

  unwatch(watched: Watched): void {
    if (watched.wheelSlot >= 0) this.#slots[watched.wheelSlot]?.delete(watched);
    watched.wheelSlot = -1;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #place(watched: Watched): void {
    const due = watched.lastHeardSecond + watched.silenceSeconds + 1;
    const slot = Math.max(due, this.#turnedTo + 1) % SLOTS;
    (this.#slots[slot] ??= new Set()).add(watched);
    watched.wheelSlot = slot;
  }

  #arm(): void {
    this.#timer = this.#clock.schedule(1000, () => {
      this.#arm();
      this.#turn();
    });
  }

  #turn(): void {
    this.now = Math.floor(this.#clock.now() / 1000);
    // After a pause (a suspended laptop) every slot is looked at once, however long it lasted.
    const from = Math.max(this.#turnedTo + 1, this.now - SLOTS + 1);
    for (let second = from; second <= this.now; second += 1) {
      this.#turnedTo = second;
      const due = this.#slots[second % SLOTS];
      if (!due) continue;
      this.#slots[second % SLOTS] = undefined;
      for (const watched of due) {
        watched.wheelSlot = -1;
        if (watched.lastHeardSecond + watched.silenceSeconds < this.now) watched.onSilent();
        else this.#place(watched);
      }
    }
    this.#everySecond();
  }
}
