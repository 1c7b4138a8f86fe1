import * as characters from './character-class.ts';
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

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
  readonly u: boolean;
  readonly d: boolean;
}

const CONTROL_ESCAPES: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 };

const isLineEnd = (code: number, flags: Flags): boolean =>
  code === 0x0a || (!flags.d && (code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029));

const isWord = (code: number): boolean => code === 0x5f || /\w/.test(String.fromCharCode(code));

/**
 * Reads the syntax of `java.util.regex.Pattern`: classes with union and intersection, greedy, lazy and possessive quantifiers,
 * atomic and named groups, look-around, back references, inline flags (i, m, s, x, u, d), quoting. Not known: `\N{…}`, `\X`, `\G`,
 * grapheme boundaries, and flag U.
 * @throws PatternSyntaxError
 */
export function parsePattern(source: string): PatternTree {
  return new PatternParser(source).parse();
}

class PatternParser {
  readonly #source: string;
  #at = 0;
  #depth = 0;
  #groups = 0;
  readonly #names = new Map<string, number>();
  #flags: Flags = { i: false, m: false, s: false, x: false, u: false, d: false };

  constructor(source: string) {
    this.#source = source;
  }

  parse(): PatternTree {
    const root = this.#alternation();
    if (this.#at < this.#source.length) throw new PatternSyntaxError(`unmatched ) at ${this.#at}`);
    return { root, groups: this.#groups, names: this.#names };
  }

  #alternation(): PatternNode {
    if (++this.#depth > MAX_DEPTH) throw new PatternSyntaxError(`groups are nested more than ${MAX_DEPTH} deep`);
    const flags = this.#flags;
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    this.#flags = flags;
    this.#depth--;
    return options.length === 1 ? options[0]! : { kind: 'alternation', options };
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = [];
    for (;;) {
      if (this.#flags.x) this.#skipComments();
      const next = this.#source[this.#at];
      if (next === undefined || next === '|' || next === ')') return { kind: 'sequence', items };
      if (this.#take('\\Q')) {
        items.push(...this.#quoted());
        // A quantifier after the quotation counts for its last character alone.
        const last = items.pop();
        if (last) items.push(this.#quantified(last));
        continue;
      }
      const atom = this.#atom();
      if (atom) items.push(this.#quantified(atom));
    }
  }

  #quoted(): PatternNode[] {
    const end = this.#source.indexOf('\\E', this.#at);
    const text = this.#source.slice(this.#at, end === -1 ? undefined : end);
    this.#at = end === -1 ? this.#source.length : end + 2;
    return Array.from(text, (character) => this.#literal(character.codePointAt(0)!));
  }

  #quantified(atom: PatternNode): PatternNode {
    let node = atom;
    for (;;) {
      if (this.#flags.x) this.#skipComments();
      const bounds = this.#bounds();
      if (!bounds) return node;
      const mode = this.#take('?') ? 'lazy' : this.#take('+') ? 'possessive' : 'greedy';
      node = { kind: 'repeat', node, ...bounds, mode };
      // Java refuses a second quantifier ("dangling meta character"), except that each of these three is one on its own.
      if (/[*+?]/.test(this.#source[this.#at] ?? ''))
        throw new PatternSyntaxError(`dangling quantifier at ${this.#at}`);
    }
  }

  #bounds(): { min: number; max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Infinity };
    if (this.#take('+')) return { min: 1, max: Infinity };
    if (this.#take('?')) return { min: 0, max: 1 };
    if (!this.#take('{')) return undefined;
    const match = /^(\d{1,9})(,(\d{0,9}))?\}/.exec(this.#source.slice(this.#at, this.#at + 24));
    if (!match) throw new PatternSyntaxError(`illegal repetition at ${this.#at}`);
    this.#at += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === '' ? Infinity : Number(match[3]);
    if (max < min || min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT)) {
      throw new PatternSyntaxError(`repetition {${min},${max}} is out of range`);
    }
    return { min, max };
  }

  #atom(): PatternNode | undefined {
    const start = this.#at;
    const character = this.#next();
    const flags = this.#flags;
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'character', test: this.#folded(this.#class()) };
      case '.':
        return { kind: 'character', test: flags.s ? () => true : (code) => !isLineEnd(code, flags) };
      case '^':
        return { kind: 'assertion', holds: lineStart(flags) };
      case '$':
        return { kind: 'assertion', holds: lineEnd(flags) };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
      case '{':
        throw new PatternSyntaxError(`dangling quantifier at ${start}`);
      default:
        return this.#literal(character.codePointAt(0)!);
    }
  }

  #group(): PatternNode | undefined {
    if (!this.#take('?')) return this.#capture(undefined);
    if (this.#take(':')) return this.#closed(this.#alternation());
    if (this.#take('>')) return { kind: 'atomic', node: this.#closed(this.#alternation()) };
    for (const [prefix, isBehind, isNegative] of [
      ['<=', true, false],
      ['<!', true, true],
      ['=', false, false],
      ['!', false, true],
    ] as const) {
      if (this.#take(prefix)) return { kind: 'look', isBehind, isNegative, node: this.#closed(this.#alternation()) };
    }
    if (this.#take('<')) return this.#capture(this.#groupName());
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
    const match = /^([A-Za-z][A-Za-z0-9]*)>/.exec(this.#source.slice(this.#at));
    if (!match) throw new PatternSyntaxError(`illegal group name at ${this.#at}`);
    this.#at += match[0].length;
    return match[1]!;
  }

  /** `(?i)` holds until the group around it ends, `(?i:…)` for its own. */
  #inlineFlags(): PatternNode | undefined {
    const match = /^([imsxud]*)(-([imsxud]+))?([:)])/.exec(this.#source.slice(this.#at, this.#at + 20));
    if (!match) throw new PatternSyntaxError(`unknown group or flag at ${this.#at}`);
    this.#at += match[0].length;
    const before = this.#flags;
    const flags: Record<string, boolean> = { ...before };
    for (const flag of match[1]!) flags[flag] = true;
    for (const flag of match[3] ?? '') flags[flag] = false;
    this.#flags = flags as unknown as Flags;
    if (match[4] === ')') return undefined;
    const node = this.#closed(this.#alternation());
    this.#flags = before;
    return node;
  }

  #closed(node: PatternNode): PatternNode {
    if (!this.#take(')')) throw new PatternSyntaxError('unclosed group');
    return node;
  }

  #escape(): PatternNode {
    const character = this.#next();
    const assertion = this.#boundary(character);
    if (assertion) return { kind: 'assertion', holds: assertion };
    if (character === 'k') {
      if (!this.#take('<')) throw new PatternSyntaxError('\\k needs <name>');
      const name = this.#groupName();
      const index = this.#names.get(name);
      if (index === undefined) throw new PatternSyntaxError(`there is no group ${name} before \\k<${name}>`);
      return { kind: 'reference', index, ignoresCase: this.#flags.i };
    }
    if (character >= '1' && character <= '9') return this.#numberedReference(character);
    if (character === 'R') return LINE_BREAK;
    return { kind: 'character', test: this.#folded(this.#escapedClass(character)) };
  }

  /** Java takes further digits while a group of that number exists; a group that never exists matches nothing. */
  #numberedReference(first: string): PatternNode {
    let index = Number(first);
    while (/\d/.test(this.#source[this.#at] ?? '') && index * 10 + Number(this.#source[this.#at]) <= this.#groups) {
      index = index * 10 + Number(this.#next());
    }
    return { kind: 'reference', index, ignoresCase: this.#flags.i };
  }

  #boundary(letter: string): Assertion | undefined {
    const flags = this.#flags;
    switch (letter) {
      case 'A':
        return (_input, at) => at === 0;
      case 'z':
        return (input, at) => at === input.length;
      case 'Z':
        return lineEnd({ ...flags, m: false });
      case 'b':
        return wordBoundary;
      case 'B':
        return (input, at) => !wordBoundary(input, at);
      default:
        return undefined;
    }
  }

  /** What `\` and `character` stand for, in or outside of a class. */
  #escapedClass(character: string): CharacterTest {
    if (character === 'p' || character === 'P') {
      const match = /^(?:\{(\^?)([^}]*)\}|([A-Z]))/.exec(this.#source.slice(this.#at));
      if (!match) throw new PatternSyntaxError(`\\${character} needs a property`);
      this.#at += match[0].length;
      const test = characters.propertyClass(match[2] ?? match[3]!);
      return (character === 'P') !== (match[1] === '^') ? characters.not(test) : test;
    }
    return characters.predefinedClass(character) ?? characters.exactly(this.#escapedCodePoint(character));
  }

  #escapedCodePoint(character: string): number {
    if (Object.hasOwn(CONTROL_ESCAPES, character)) return CONTROL_ESCAPES[character]!;
    const rest = this.#source.slice(this.#at, this.#at + 12);
    const numeric =
      character === 'x'
        ? /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(rest)
        : character === 'u'
          ? /^([0-9A-Fa-f]{4})/.exec(rest)
          : character === '0'
            ? /^([0-3]?[0-7]{1,2})/.exec(rest)
            : undefined;
    if (numeric) {
      this.#at += numeric[0].length;
      const code = parseInt(numeric[1] ?? numeric[2]!, character === '0' ? 8 : 16);
      if (code > 0x10ffff) throw new PatternSyntaxError(`code point ${code} does not exist`);
      return code;
    }
    if (character === 'c') return this.#next().charCodeAt(0) ^ 0x40;
    if (/[A-Za-z0]/.test(character)) throw new PatternSyntaxError(`\\${character} has no meaning`);
    return character.codePointAt(0)!;
  }

  /** After `[`: ranges, escapes, nested classes (union), `&&` (intersection), up to `]`. */
  #class(): CharacterTest {
    if (++this.#depth > MAX_DEPTH) throw new PatternSyntaxError(`classes are nested more than ${MAX_DEPTH} deep`);
    const isNegated = this.#take('^');
    const factors: CharacterTest[] = [];
    let union: CharacterTest | undefined;
    const add = (test: CharacterTest): void => {
      union = union ? characters.either(union, test) : test;
    };
    for (let isFirst = true; ; isFirst = false) {
      if (this.#take('&&')) {
        if (union) factors.push(union);
        union = undefined;
        continue;
      }
      const character = this.#next();
      if (character === ']' && !isFirst) break;
      if (character === '[') add(this.#class());
      else add(this.#classItem(character));
    }
    if (union) factors.push(union);
    this.#depth--;
    const test = factors.reduce(characters.both);
    return isNegated ? characters.not(test) : test;
  }

  #classItem(character: string): CharacterTest {
    let first: number;
    if (character === '\\') {
      const escaped = this.#next();
      if (escaped === 'Q') return this.#quotedInClass();
      if (/[pPdDsSwWhHvV]/.test(escaped)) return this.#escapedClass(escaped);
      first = this.#escapedCodePoint(escaped);
    } else first = character.codePointAt(0)!;
    const after = this.#source[this.#at + 1];
    if (this.#source[this.#at] !== '-' || after === undefined || after === ']' || after === '[') {
      return characters.exactly(first);
    }
    this.#next();
    const end = this.#next();
    const last = end === '\\' ? this.#escapedCodePoint(this.#next()) : end.codePointAt(0)!;
    if (last < first) throw new PatternSyntaxError(`illegal character range at ${this.#at}`);
    return characters.range(first, last);
  }

  #quotedInClass(): CharacterTest {
    const end = this.#source.indexOf('\\E', this.#at);
    if (end === -1) throw new PatternSyntaxError('unclosed \\Q in a class');
    const text = this.#source.slice(this.#at, end);
    this.#at = end + 2;
    return (code) => text.includes(String.fromCodePoint(code));
  }

  #literal(codePoint: number): PatternNode {
    return { kind: 'character', test: this.#folded(characters.exactly(codePoint)) };
  }

  #folded(test: CharacterTest): CharacterTest {
    return this.#flags.i ? characters.ignoringCase(test, this.#flags.u) : test;
  }

  #skipComments(): void {
    for (;;) {
      const character = this.#source[this.#at];
      if (character === '#') {
        const end = this.#source.indexOf('\n', this.#at);
        this.#at = end === -1 ? this.#source.length : end;
      } else if (character !== undefined && /\s/.test(character)) this.#at++;
      else return;
    }
  }

  #next(): string {
    const code = this.#source.codePointAt(this.#at);
    if (code === undefined) throw new PatternSyntaxError('the expression ends too early');
    const character = String.fromCodePoint(code);
    this.#at += character.length;
    return character;
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}

const LINE_BREAK: PatternNode = {
  kind: 'alternation',
  options: [
    {
      kind: 'sequence',
      items: [
        { kind: 'character', test: characters.exactly(0x0d) },
        { kind: 'character', test: characters.exactly(0x0a) },
      ],
    },
    { kind: 'character', test: characters.predefinedClass('v')! },
  ],
};

function lineStart(flags: Flags): Assertion {
  if (!flags.m) return (_input, at) => at === 0;
  return (input, at) =>
    at === 0 || (at < input.length && isLineEnd(input.charCodeAt(at - 1), flags) && !splitsCrLf(input, at));
}

/** Without (?m), `$` also matches before a last line break. */
function lineEnd(flags: Flags): Assertion {
  return (input, at) => {
    if (at === input.length) return true;
    if (!isLineEnd(input.charCodeAt(at), flags) || splitsCrLf(input, at)) return false;
    if (flags.m) return true;
    return at === input.length - 1 || (at === input.length - 2 && input.startsWith('\r\n', at));
  };
}

function splitsCrLf(input: string, at: number): boolean {
  return at > 0 && input[at - 1] === '\r' && input[at] === '\n';
}

const wordBoundary: Assertion = (input, at) =>
  (at > 0 && isWord(input.charCodeAt(at - 1))) !== (at < input.length && isWord(input.charCodeAt(at)));
