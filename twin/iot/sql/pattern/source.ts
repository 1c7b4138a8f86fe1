import { PatternSyntaxError } from './syntax.ts';

/** Text of a regular expression and how far it has been read. */
export class PatternSource {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#text.length;
  }

  /** The UTF-16 unit at hand, or further on; `''` beyond the end. */
  peek(distance = 0): string {
    return this.#text[this.at + distance] ?? '';
  }

  /** Takes one code point. */
  next(): string {
    const code = this.#text.codePointAt(this.at);
    if (code === undefined) throw new PatternSyntaxError('the expression ends too early');
    const character = String.fromCodePoint(code);
    this.at += character.length;
    return character;
  }

  take(text: string): boolean {
    if (!this.#text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  /** Takes what a sticky (`y`) expression matches here. */
  takeMatch(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    const match = expression.exec(this.#text);
    if (match) this.at += match[0].length;
    return match ?? undefined;
  }

  /** Takes the text up to `end`, and `end` too; `undefined`, and nothing taken, where it does not come. */
  takeUntil(end: string): string | undefined {
    const index = this.#text.indexOf(end, this.at);
    if (index === -1) return undefined;
    const text = this.#text.slice(this.at, index);
    this.at = index + end.length;
    return text;
  }

  takeRest(): string {
    const text = this.#text.slice(this.at);
    this.at = this.#text.length;
    return text;
  }
}
