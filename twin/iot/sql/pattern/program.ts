import {
  PatternSyntaxError,
  type Assertion,
  type CharacterTest,
  type PatternNode,
  type PatternTree,
} from './syntax.ts';

/** Counted repetitions are written out, so this bounds `(a{1000}){1000}`. */
const MAX_INSTRUCTIONS = 20_000;

/** One step of the matcher. Numbers are addresses of instructions, slots those of the memory that backtracking restores. */
export type Instruction =
  | { readonly op: 'character'; readonly test: CharacterTest }
  | { readonly op: 'assertion'; readonly holds: Assertion }
  | { readonly op: 'reference'; readonly index: number; readonly ignoresCase: boolean }
  /** Goes on at `first`; where that fails, at `second`. */
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  /** Remembers the position in a slot. */
  | { readonly op: 'save'; readonly slot: number }
  /** Leaves a loop whose last round matched nothing. */
  | { readonly op: 'progress'; readonly slot: number; exit: number }
  | { readonly op: 'look'; readonly isBehind: boolean; readonly isNegative: boolean; exit: number }
  | { readonly op: 'atomic'; exit: number }
  | { readonly op: 'match' };

export interface Program {
  readonly instructions: readonly Instruction[];
  /** Two for each group (start, end), the whole match first, then one for each loop. */
  readonly slots: number;
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
}

/** Writes the tree down as instructions for a backtracking matcher that needs no recursion. */
export function assemble({ root, groups, names }: PatternTree): Program {
  const assembler = new Assembler(2 * (groups + 1));
  assembler.add({ op: 'save', slot: 0 });
  assembler.write(root);
  assembler.add({ op: 'save', slot: 1 });
  assembler.add({ op: 'match' });
  return { instructions: assembler.instructions, slots: assembler.slots, groups, names };
}

class Assembler {
  readonly instructions: Instruction[] = [];
  slots: number;

  constructor(slots: number) {
    this.slots = slots;
  }

  add<T extends Instruction>(instruction: T): T {
    if (this.instructions.length >= MAX_INSTRUCTIONS)
      throw new PatternSyntaxError('the regular expression is too large');
    this.instructions.push(instruction);
    return instruction;
  }

  write(node: PatternNode): void {
    switch (node.kind) {
      case 'character':
        this.add({ op: 'character', test: node.test });
        break;
      case 'assertion':
        this.add({ op: 'assertion', holds: node.holds });
        break;
      case 'reference':
        this.add({ op: 'reference', index: node.index, ignoresCase: node.ignoresCase });
        break;
      case 'sequence':
        for (const item of node.items) this.write(item);
        break;
      case 'capture':
        this.add({ op: 'save', slot: 2 * node.index });
        this.write(node.node);
        this.add({ op: 'save', slot: 2 * node.index + 1 });
        break;
      case 'alternation':
        this.#writeAlternation(node.options);
        break;
      case 'repeat':
        if (node.mode === 'possessive') this.#writeIsland({ op: 'atomic', exit: 0 }, { ...node, mode: 'greedy' });
        else this.#writeRepeat(node);
        break;
      case 'atomic':
        this.#writeIsland({ op: 'atomic', exit: 0 }, node.node);
        break;
      case 'look':
        this.#writeIsland({ op: 'look', isBehind: node.isBehind, isNegative: node.isNegative, exit: 0 }, node.node);
        break;
    }
  }

  #writeAlternation(options: readonly PatternNode[]): void {
    const ends: { to: number }[] = [];
    options.forEach((option, index) => {
      if (index === options.length - 1) return this.write(option);
      const split = this.add({ op: 'split', first: this.instructions.length + 1, second: 0 });
      this.write(option);
      ends.push(this.add({ op: 'jump', to: 0 }));
      split.second = this.instructions.length;
    });
    for (const end of ends) end.to = this.instructions.length;
  }

  #writeRepeat({ node, min, max, mode }: PatternNode & { kind: 'repeat' }): void {
    for (let count = 0; count < min; count++) this.write(node);
    if (max === Infinity) return this.#writeLoop(node, mode === 'lazy');
    const splits: { first: number; second: number }[] = [];
    for (let count = min; count < max; count++) {
      splits.push(this.add({ op: 'split', first: this.instructions.length + 1, second: 0 }));
      this.write(node);
    }
    for (const split of splits) this.#setExit(split, mode === 'lazy');
  }

  #writeLoop(node: PatternNode, isLazy: boolean): void {
    const slot = this.slots++;
    const start = this.instructions.length;
    const split = this.add({ op: 'split', first: start + 1, second: 0 });
    this.add({ op: 'save', slot });
    this.write(node);
    const progress = this.add({ op: 'progress', slot, exit: 0 });
    this.add({ op: 'jump', to: start });
    this.#setExit(split, isLazy);
    progress.exit = this.instructions.length;
  }

  #setExit(split: { first: number; second: number }, isLazy: boolean): void {
    split.second = this.instructions.length;
    if (isLazy) [split.first, split.second] = [split.second, split.first];
  }

  /** Instructions that run by themselves up to their own `match`, and then as one. */
  #writeIsland(head: Instruction & { exit: number }, node: PatternNode): void {
    this.add(head);
    this.write(node);
    this.add({ op: 'match' });
    head.exit = this.instructions.length;
  }
}
