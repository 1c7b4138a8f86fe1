import {
  atEnd,
  atStart,
  atWordBoundary,
  insideWord,
  isLineEnd,
  lineEnd,
  lineStart,
  NO_FLAGS,
  type PatternFlags,
} from './assertions.ts';
import { exactly, ignoringCase, predefinedClass } from './character-class.ts';
import { parseClass } from './class-parser.ts';
import { escapedClass } from './escapes.ts';
import { PatternSource } from './source.ts';
import {
  PatternSyntaxError,
  type Assertion,
  type CharacterTest,
  type PatternNode,
  type PatternTree,
} from './syntax.ts';

/** Groups deeper than this are refused: no one writes them, and the parser recurses. */
const MAX_DEPTH = 50;
const MAX_REPEAT = 1_000;

const LOOK_AROUND = [
  { prefix: '<=', isBehind: true, isNegative: false },
  { prefix: '<!', isBehind: true, isNegative: true },
  { prefix: '=', isBehind: false, isNegative: false },
  { prefix: '!', isBehind: false, isNegative: true },
];

const LINE_BREAK: PatternNode = {
  kind: 'alternation',
  options: [
    {
      kind: 'sequence',
      items: [
        { kind: 'character', test: exactly(0x0d) },
        { kind: 'character', test: exactly(0x0a) },
      ],
    },
    { kind: 'character', test: predefinedClass('v')! },
  ],
};

/**
 * Reads the syntax of `java.util.regex.Pattern`: classes with union and intersection, greedy, lazy and possessive quantifiers,
 * atomic and named groups, look-around, back references, inline flags (i, m, s, x, u, d), quoting. Not known: `\N{…}`, `\X`, `\G`,
 * grapheme boundaries, and flag U.
 * @throws PatternSyntaxError
 */
export function parsePattern(text: string): PatternTree {
  return new PatternParser(text).parse();
}

class PatternParser {
  readonly #source: PatternSource;
  readonly #names = new Map<string, number>();
  #depth = 0;
  #groups = 0;
  #flags = NO_FLAGS;

  constructor(text: string) {
    this.#source = new PatternSource(text);
  }

  parse(): PatternTree {
    const root = this.#alternation();
    if (!this.#source.isAtEnd) throw new PatternSyntaxError(`unmatched ) at ${this.#source.at}`);
    return { root, groups: this.#groups, names: this.#names };
  }

  #alternation(): PatternNode {
    if (++this.#depth > MAX_DEPTH) throw new PatternSyntaxError(`groups are nested more than ${MAX_DEPTH} deep`);
    const flags = this.#flags;
    const options = [this.#sequence()];
    while (this.#source.take('|')) options.push(this.#sequence());
    this.#flags = flags;
    this.#depth--;
    return options.length === 1 ? options[0]! : { kind: 'alternation', options };
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = [];
    for (;;) {
      if (this.#flags.x) this.#skipComments();
      if (['', '|', ')'].includes(this.#source.peek())) return { kind: 'sequence', items };
      const atoms = this.#source.take('\\Q') ? this.#quoted() : this.#atom();
      // A quantifier after a quotation counts for its last character alone.
      const last = atoms.pop();
      items.push(...atoms);
      if (last) items.push(this.#quantified(last));
    }
  }

  #quoted(): PatternNode[] {
    const text = this.#source.takeUntil('\\E') ?? this.#source.takeRest();
    return Array.from(text, (character) => this.#literal(character));
  }

  #quantified(atom: PatternNode): PatternNode {
    if (this.#flags.x) this.#skipComments();
    const bounds = this.#bounds();
    if (!bounds) return atom;
    const mode = this.#source.take('?') ? 'lazy' : this.#source.take('+') ? 'possessive' : 'greedy';
    if (['*', '+', '?', '{'].includes(this.#source.peek())) {
      throw new PatternSyntaxError(`dangling quantifier at ${this.#source.at}`);
    }
    return { kind: 'repeat', node: atom, ...bounds, mode };
  }

  #bounds(): { min: number; max: number } | undefined {
    if (this.#source.take('*')) return { min: 0, max: Infinity };
    if (this.#source.take('+')) return { min: 1, max: Infinity };
    if (this.#source.take('?')) return { min: 0, max: 1 };
    if (!this.#source.take('{')) return undefined;
    const match = this.#source.takeMatch(/(\d{1,9})(,(\d{0,9}))?\}/y);
    if (!match) throw new PatternSyntaxError(`illegal repetition at ${this.#source.at}`);
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === '' ? Infinity : Number(match[3]);
    if (max < min || min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT)) {
      throw new PatternSyntaxError(`repetition {${min},${max}} is out of range`);
    }
    return { min, max };
  }

  /** One node, or none for flags that count from here on. */
  #atom(): PatternNode[] {
    const { at } = this.#source;
    const character = this.#source.next();
    const flags = this.#flags;
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return [this.#character(parseClass(this.#source))];
      case '.':
        return [{ kind: 'character', test: flags.s ? () => true : (code) => !isLineEnd(code, flags) }];
      case '^':
        return [{ kind: 'assertion', holds: lineStart(flags) }];
      case '$':
        return [{ kind: 'assertion', holds: lineEnd(flags) }];
      case '\\':
        return [this.#escape()];
      case '*':
      case '+':
      case '?':
      case '{':
        throw new PatternSyntaxError(`dangling quantifier at ${at}`);
      default:
        return [this.#literal(character)];
    }
  }

  #group(): PatternNode[] {
    if (!this.#source.take('?')) return [this.#capture(undefined)];
    if (this.#source.take(':')) return [this.#closed(this.#alternation())];
    if (this.#source.take('>')) return [{ kind: 'atomic', node: this.#closed(this.#alternation()) }];
    for (const { prefix, isBehind, isNegative } of LOOK_AROUND) {
      if (this.#source.take(prefix)) {
        return [{ kind: 'look', isBehind, isNegative, node: this.#closed(this.#alternation()) }];
      }
    }
    if (this.#source.take('<')) return [this.#capture(this.#groupName())];
    return this.#inlineFlags();
  }

  #capture(name: string | undefined): PatternNode {
    const index = ++this.#groups;
    if (name !== undefined) {
      if (this.#names.has(name)) throw new PatternSyntaxError(`group ${name} is defined twice`);
      this.#names.set(name, index);
    }
    return { kind: 'capture', index, node: this.#closed(this.#alternation()) };
  }

  #groupName(): string {
    const match = this.#source.takeMatch(/([A-Za-z][A-Za-z0-9]*)>/y);
    if (!match) throw new PatternSyntaxError(`illegal group name at ${this.#source.at}`);
    return match[1]!;
  }

  /** `(?i)` holds until the group around it ends, `(?i:…)` for its own. */
  #inlineFlags(): PatternNode[] {
    const match = this.#source.takeMatch(/([imsxud]*)(?:-([imsxud]+))?([:)])/y);
    if (!match) throw new PatternSyntaxError(`unknown group or flag at ${this.#source.at}`);
    const [, on = '', off = '', end] = match;
    const before = this.#flags;
    this.#flags = withFlags(withFlags(before, on, true), off, false);
    if (end === ')') return [];
    const node = this.#closed(this.#alternation());
    this.#flags = before;
    return [node];
  }

  #closed(node: PatternNode): PatternNode {
    if (!this.#source.take(')')) throw new PatternSyntaxError('unclosed group');
    return node;
  }

  #escape(): PatternNode {
    const character = this.#source.next();
    const holds = this.#boundary(character);
    if (holds) return { kind: 'assertion', holds };
    if (character === 'k') return this.#namedReference();
    if (character >= '1' && character <= '9') return this.#numberedReference(character);
    if (character === 'R') return LINE_BREAK;
    return this.#character(escapedClass(character, this.#source));
  }

  #namedReference(): PatternNode {
    if (!this.#source.take('<')) throw new PatternSyntaxError('\\k needs <name>');
    const name = this.#groupName();
    const index = this.#names.get(name);
    if (index === undefined) throw new PatternSyntaxError(`there is no group ${name} before \\k<${name}>`);
    return { kind: 'reference', index, ignoresCase: this.#flags.i };
  }

  /** Java takes further digits while a group of that number exists; a group that never exists matches nothing. */
  #numberedReference(first: string): PatternNode {
    let index = Number(first);
    while (/\d/.test(this.#source.peek()) && index * 10 + Number(this.#source.peek()) <= this.#groups) {
      index = index * 10 + Number(this.#source.next());
    }
    return { kind: 'reference', index, ignoresCase: this.#flags.i };
  }

  #boundary(letter: string): Assertion | undefined {
    switch (letter) {
      case 'A':
        return atStart;
      case 'z':
        return atEnd;
      case 'Z':
        return lineEnd({ ...this.#flags, m: false });
      case 'b':
        return atWordBoundary;
      case 'B':
        return insideWord;
      default:
        return undefined;
    }
  }

  #literal(character: string): PatternNode {
    return this.#character(exactly(character.codePointAt(0)!));
  }

  #character(test: CharacterTest): PatternNode {
    return { kind: 'character', test: this.#flags.i ? ignoringCase(test, this.#flags.u) : test };
  }

  #skipComments(): void {
    while (this.#source.takeMatch(/\s+|#[^\n]*/y));
  }
}

function withFlags(flags: PatternFlags, letters: string, value: boolean): PatternFlags {
  return { ...flags, ...Object.fromEntries(Array.from(letters, (letter) => [letter, value])) };
}
