type Collect = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;

/** Collects all that is garbage and gives its pages back, twice, since finalizers of the first time let go of more. */
export async function collectGarbage(): Promise<void> {
  const collect = globalThis.gc as unknown as Collect;
  for (let time = 0; time < 2; time += 1) {
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
