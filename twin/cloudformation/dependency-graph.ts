/** Either every node after what it needs, or the first circle found (its first node repeated at the end). */
export interface Ordering {
  readonly order: string[];
  readonly cycle?: string[];
}

/**
 * Orders nodes so that each follows its dependencies; otherwise the given order is kept, so that two runs are alike.
 * Dependencies on nodes that are not there are ignored.
 */
export function inDependencyOrder(
  nodes: readonly string[],
  dependenciesOf: (node: string) => Iterable<string>,
): Ordering {
  const known = new Set(nodes);
  const done = new Set<string>();
  const open: string[] = [];
  const order: string[] = [];
  const visit = (node: string): string[] | undefined => {
    if (done.has(node) || !known.has(node)) return undefined;
    const start = open.indexOf(node);
    if (start >= 0) return [...open.slice(start), node];
    open.push(node);
    for (const dependency of dependenciesOf(node)) {
      const cycle = visit(dependency);
      if (cycle) return cycle;
    }
    open.pop();
    done.add(node);
    order.push(node);
    return undefined;
  };
  for (const node of nodes) {
    const cycle = visit(node);
    if (cycle) return { order: [], cycle };
  }
  return { order };
}

/**
 * Runs `task` for every node once all its dependencies have ended well, at most `concurrency` at a time. After a
 * failure nothing new starts; what runs is awaited, then the first failure is thrown.
 *
 * @param order nodes in dependency order
 */
export async function runInDependencyOrder(
  order: readonly string[],
  dependenciesOf: (node: string) => Iterable<string>,
  concurrency: number,
  task: (node: string) => Promise<void>,
): Promise<void> {
  const waiting = new Map(
    order.map((node) => [node, new Set([...dependenciesOf(node)].filter((other) => order.includes(other)))]),
  );
  const running = new Map<string, Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  while (waiting.size > 0 || running.size > 0) {
    for (const [node, needs] of waiting) {
      if (failure || running.size >= concurrency) break;
      if (needs.size > 0) continue;
      waiting.delete(node);
      const end = task(node).then(
        () => waiting.forEach((others) => others.delete(node)),
        (error: unknown) => void (failure ??= { error }),
      );
      running.set(
        node,
        end.finally(() => running.delete(node)),
      );
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  if (failure) throw failure.error;
}
