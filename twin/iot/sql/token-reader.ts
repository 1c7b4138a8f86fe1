import type { Expression } from './ast.ts';
import { Lexer, type Token } from './lexer.ts';

/** What someone who knows another SQL may write, and what IoT SQL has instead. */
const FOREIGN_WORDS: Readonly<Record<string, string>> = {
  LIKE: 'IoT SQL has no LIKE: use regexp_matches(), startswith() or endswith()',
  BETWEEN: 'IoT SQL has no BETWEEN: write a >= low AND a <= high',
  IS: 'IoT SQL has no IS: use isNull() or isUndefined()',
  NOT: 'NOT comes before the whole condition: write NOT (a IN list)',
};

/** Words that are never the name of a key, unless after a dot or AS. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set(
  'SELECT FROM WHERE AS AND OR NOT IN CASE WHEN THEN ELSE END TRUE FALSE NULL'.split(' '),
);

const MAX_QUOTED = 60;

/** What every part of the parser does with tokens: look, take, and say what it expected instead. */
export class TokenReader {
  protected readonly lexer: Lexer;

  constructor(source: string, offset: number) {
    this.lexer = new Lexer(source, offset);
  }

  peek(distance = 0): Token {
    return this.lexer.peek(distance);
  }

  peekWord(word: string, distance = 0): boolean {
    const token = this.lexer.peek(distance);
    return token.kind === 'word' && token.text.toUpperCase() === word;
  }

  takeWord(word: string): boolean {
    if (!this.peekWord(word)) return false;
    this.lexer.next();
    return true;
  }

  takeSymbol(symbol: string): boolean {
    if (!this.peekSymbol(symbol)) return false;
    this.lexer.next();
    return true;
  }

  expectSymbol(symbol: string): Token {
    if (!this.peekSymbol(symbol)) throw this.expected(`"${symbol}"`);
    return this.lexer.next();
  }

  expected(what: string): Error {
    const token = this.lexer.peek();
    if (token.kind === 'invalid') return this.lexer.error(token.text, token.start);
    const hint = token.kind === 'word' ? FOREIGN_WORDS[token.text.toUpperCase()] : undefined;
    const found = token.kind === 'end' ? token.text : quoted(this.lexer.source.slice(token.start, token.end));
    return this.lexer.error(`expected ${what} but found ${found}${hint ? `; ${hint}` : ''}`, token.start);
  }

  peekSymbol(symbol: string, distance = 0): boolean {
    const token = this.lexer.peek(distance);
    return token.kind === 'symbol' && token.text === symbol;
  }

  /** `.*` after a path: every key of the object there. */
  peekEveryKey(): boolean {
    return this.peekSymbol('.') && this.peekSymbol('*', 1);
  }

  /** `*` where a whole expression may stand. */
  payload(): Expression | undefined {
    const token = this.lexer.peek();
    return this.takeSymbol('*') ? { kind: 'payload', start: token.start, end: token.end } : undefined;
  }

  aliasName(): string {
    const token = this.lexer.peek();
    if (token.kind !== 'word') throw this.expected('a name after AS');
    this.lexer.next();
    return token.text;
  }

  list<T>(close: string, item: () => T): T[] {
    const items: T[] = [];
    if (this.peekSymbol(close)) return items;
    do items.push(item());
    while (this.takeSymbol(','));
    if (!this.peekSymbol(close)) throw this.expected(`"," or "${close}"`);
    return items;
  }
}

/** Text in a message: in quotes, and not all of a long string. */
function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);
}
