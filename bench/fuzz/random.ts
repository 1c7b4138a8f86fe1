/** Pseudo-random numbers from a seed (xorshift32 over a mixed seed): the same seed gives the same cases on every machine. */
export class Random {
  #state: number;

  constructor(...seeds: readonly number[]) {
    let state = 0x9e3779b9;
    for (const seed of seeds) {
      state = Math.imul(state ^ seed, 0x85ebca6b);
      state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
      state ^= state >>> 16;
    }
    this.#state = state || 1;
  }

  /** 0 to `below` - 1. */
  integer(below: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) % below;
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.integer(times) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.integer(from.length)]!;
  }
}
