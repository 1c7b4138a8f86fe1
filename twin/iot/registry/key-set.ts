/** One page of a listing, and where the next one starts. */
export interface Page {
  readonly keys: readonly string[];
  /** Last key of this page when there are more; the next page starts after it. */
  readonly last?: string;
}

/**
 * Keys in alphabetical order. Pages continue after a *key*, not at a position, so that a listing neither skips nor
 * repeats entries when others come and go between two pages, nor when the twin restarts.
 */
export class KeySet {
  readonly #keys = new Set<string>();
  // Sorted at the first listing after a change: lists are rare, registrations come in thousands.
  #sorted: string[] | undefined;

  get size(): number {
    return this.#keys.size;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  add(key: string): void {
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    this.#sorted = undefined;
  }

  delete(key: string): void {
    if (this.#keys.delete(key)) this.#sorted = undefined;
  }

  /** In no order, without sorting. */
  [Symbol.iterator](): IterableIterator<string> {
    return this.#keys.values();
  }

  sorted(): readonly string[] {
    return (this.#sorted ??= [...this.#keys].sort());
  }

  /** Up to `limit` keys after `after` that satisfy `wanted`. */
  page(limit: number, after?: string, wanted?: (key: string) => boolean, descending = false): Page {
    const order = descending ? [...this.sorted()].reverse() : this.sorted();
    const keys: string[] = [];
    for (let index = after === undefined ? 0 : firstAfter(order, after, descending); index < order.length; index++) {
      const key = order[index]!;
      if (wanted && !wanted(key)) continue;
      if (keys.length === limit) return { keys, last: keys[limit - 1]! };
      keys.push(key);
    }
    return { keys };
  }
}

/** The keys of nothing. */
export const NO_KEYS = new KeySet();

function firstAfter(order: readonly string[], key: string, descending: boolean): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const passed = descending ? order[middle]! >= key : order[middle]! <= key;
    if (passed) low = middle + 1;
    else high = middle;
  }
  return low;
}
