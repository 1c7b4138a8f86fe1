/**
 * Subscriptions by topic filter. Matching walks one level of the topic at a time, so it costs the depth of the topic
 * and not the number of filters.
 *
 * IoT Core differs from MQTT section 4.7.1.2 in one point: `sensor/#` does not match `sensor`.
 */
class TrieNode<T> {
  children: Map<string, TrieNode<T>> | undefined;
  /** Filters mostly have one subscriber, so a set is made only for the second. */
  only: T | undefined;
  many: Set<T> | undefined;

  get isEmpty(): boolean {
    return this.only === undefined && this.many === undefined && this.children === undefined;
  }

  add(value: T): void {
    if (this.many) this.many.add(value);
    else if (this.only === undefined || this.only === value) this.only = value;
    else {
      this.many = new Set([this.only, value]);
      this.only = undefined;
    }
  }

  remove(value: T): boolean {
    if (this.only === value) {
      this.only = undefined;
      return true;
    }
    const removed = this.many?.delete(value) ?? false;
    if (this.many?.size === 0) this.many = undefined;
    return removed;
  }

  visit(visitor: (value: T) => void): void {
    if (this.only !== undefined) visitor(this.only);
    else if (this.many) for (const value of this.many) visitor(value);
  }
}

export class TopicTrie<T extends object> {
  readonly #root = new TrieNode<T>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(filter: string, value: T): void {
    let node = this.#root;
    for (const level of filter.split('/')) {
      const children = (node.children ??= new Map());
      let child = children.get(level);
      if (!child) children.set(level, (child = new TrieNode()));
      node = child;
    }
    node.add(value);
    this.#size += 1;
  }

  /** @returns whether the value was there */
  remove(filter: string, value: T): boolean {
    const levels = filter.split('/');
    const path: TrieNode<T>[] = [this.#root];
    for (const level of levels) {
      const child = path.at(-1)!.children?.get(level);
      if (!child) return false;
      path.push(child);
    }
    if (!path.at(-1)!.remove(value)) return false;
    this.#size -= 1;
    for (let depth = levels.length; depth > 0 && path[depth]!.isEmpty; depth -= 1) {
      const parent = path[depth - 1]!;
      parent.children!.delete(levels[depth - 1]!);
      if (parent.children!.size === 0) parent.children = undefined;
    }
    return true;
  }

  /** Calls `visitor` for every value under a matching filter; a value under two matching filters is visited twice. */
  match(topic: string, visitor: (value: T) => void): void {
    if (this.#size > 0) this.#matchFrom(this.#root, topic, 0, visitor);
  }

  #matchFrom(node: TrieNode<T>, topic: string, from: number, visitor: (value: T) => void): void {
    const children = node.children;
    if (!children) return;
    const slash = topic.indexOf('/', from);
    const level = slash === -1 ? topic.slice(from) : topic.slice(from, slash);
    const exact = children.get(level);
    if (exact) this.#descend(exact, topic, slash, visitor);
    // A leading wildcard does not match topics that begin with `$` (section 4.7.2).
    if (from === 0 && topic.charCodeAt(0) === 36) return;
    const single = children.get('+');
    if (single) this.#descend(single, topic, slash, visitor);
    children.get('#')?.visit(visitor);
  }

  #descend(node: TrieNode<T>, topic: string, slash: number, visitor: (value: T) => void): void {
    if (slash === -1) node.visit(visitor);
    else this.#matchFrom(node, topic, slash + 1, visitor);
  }
}
