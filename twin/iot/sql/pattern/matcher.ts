import { parsePattern } from './parser.ts';
import { assemble, type Program } from './program.ts';

/** Takes steps from a budget, and throws when it is used up. */
export type SpendSteps = (steps: number) => void;

/** Start and end of each group, `-1` where it took no part; group 0 is the whole match. */
export class Match {
  readonly #input: string;
  readonly #slots: Int32Array;

  constructor(input: string, slots: Int32Array) {
    this.#input = input;
    this.#slots = slots;
  }

  get start(): number {
    return this.#slots[0]!;
  }

  get end(): number {
    return this.#slots[1]!;
  }

  group(index: number): string | undefined {
    const start = this.#slots[2 * index]!;
    const end = this.#slots[2 * index + 1]!;
    return start < 0 || end < 0 ? undefined : this.#input.slice(start, end);
  }
}

/** A compiled regular expression of Java's kind whose matching is bounded by a budget of steps, so no input makes it hang. */
export class Pattern {
  readonly #program: Program;

  /** @throws PatternSyntaxError */
  constructor(source: string) {
    this.#program = assemble(parsePattern(source));
  }

  get groups(): number {
    return this.#program.groups;
  }

  groupNamed(name: string): number | undefined {
    return this.#program.names.get(name);
  }

  /** The first match at or after `from`. */
  find(input: string, from: number, spend: SpendSteps): Match | undefined {
    const slots = new Int32Array(this.#program.slots);
    for (let start = from; start <= input.length; start++) {
      slots.fill(-1);
      if (run(this.#program, input, 0, start, slots, spend) >= 0) return new Match(input, slots);
    }
    return undefined;
  }
}

/** How many steps are taken between two looks at the budget. */
const STEPS_AT_ONCE = 256;

/**
 * Runs from an instruction to its `match` and returns where it ended, or -1. What to try next lies on a stack of pairs: an
 * address and a position, or (address below zero) a slot and the value to put back.
 */
function run(
  program: Program,
  input: string,
  entry: number,
  from: number,
  slots: Int32Array,
  spend: SpendSteps,
  end = -1,
): number {
  const { instructions } = program;
  const stack: number[] = [];
  let address = entry;
  let at = from;
  let steps = 1;
  for (;;) {
    if (++steps >= STEPS_AT_ONCE) {
      spend(steps);
      steps = 0;
    }
    const instruction = instructions[address]!;
    let isAlive = true;
    switch (instruction.op) {
      case 'character': {
        const code = input.codePointAt(at);
        isAlive = code !== undefined && instruction.test(code);
        at += code !== undefined && code > 0xffff ? 2 : 1;
        address++;
        break;
      }
      case 'split':
        stack.push(instruction.second, at);
        address = instruction.first;
        break;
      case 'jump':
        address = instruction.to;
        break;
      case 'save':
        stack.push(-1 - instruction.slot, slots[instruction.slot]!);
        slots[instruction.slot] = at;
        address++;
        break;
      case 'progress':
        address = slots[instruction.slot] === at ? instruction.exit : address + 1;
        break;
      case 'assertion':
        isAlive = instruction.holds(input, at);
        address++;
        break;
      case 'reference': {
        const length = referenceLength(input, at, slots, instruction);
        isAlive = length >= 0;
        at += length;
        address++;
        break;
      }
      case 'look': {
        const found = instruction.isBehind
          ? lookBehind(program, input, address + 1, at, slots, spend)
          : run(program, input, address + 1, at, slots, spend) >= 0;
        isAlive = found !== instruction.isNegative;
        address = instruction.exit;
        break;
      }
      case 'atomic': {
        const stop = run(program, input, address + 1, at, slots, spend);
        isAlive = stop >= 0;
        at = stop;
        address = instruction.exit;
        break;
      }
      case 'match':
        if (end === -1 || at === end) {
          spend(steps);
          return at;
        }
        isAlive = false;
    }
    if (isAlive) continue;
    for (;;) {
      const value = stack.pop();
      if (value === undefined) {
        spend(steps);
        return -1;
      }
      const target = stack.pop()!;
      if (target >= 0) {
        address = target;
        at = value;
        break;
      }
      slots[-1 - target] = value;
    }
  }
}

function lookBehind(
  program: Program,
  input: string,
  entry: number,
  at: number,
  slots: Int32Array,
  spend: SpendSteps,
): boolean {
  for (let start = at; start >= 0; start--) {
    if (run(program, input, entry, start, slots, spend, at) >= 0) return true;
  }
  return false;
}

function referenceLength(
  input: string,
  at: number,
  slots: Int32Array,
  { index, ignoresCase }: { index: number; ignoresCase: boolean },
): number {
  const start = slots[2 * index] ?? -1;
  const end = slots[2 * index + 1] ?? -1;
  if (start < 0 || end < 0) return -1;
  const wanted = input.slice(start, end);
  const found = input.slice(at, at + wanted.length);
  const isSame = ignoresCase ? found.toLowerCase() === wanted.toLowerCase() : found === wanted;
  return isSame ? wanted.length : -1;
}
