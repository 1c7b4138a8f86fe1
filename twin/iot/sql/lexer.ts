import { SqlSyntaxError } from './errors.ts';

export type TokenKind = 'word' | 'variable' | 'string' | 'number' | 'symbol' | 'end' | 'invalid';

/** `text` is what the token means: a string without its quotes, a variable without `@`, the message of an invalid token. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const TWO_CHARACTER_SYMBOLS = ['<>', '<=', '>='];
const SYMBOLS = '()[]{},.:=<>+-*/%';

/**
 * Reads tokens on demand from a position on, so that an expression can be read out of the middle of a substitution
 * template. Text that is no token becomes an `invalid` token: an error only for whoever needs it.
 */
export class Lexer {
  readonly source: string;
  #offset: number;
  readonly #ahead: Token[] = [];

  constructor(source: string, offset = 0) {
    this.source = source;
    this.#offset = offset;
  }

  peek(distance = 0): Token {
    while (this.#ahead.length <= distance) this.#ahead.push(this.#read());
    return this.#ahead[distance]!;
  }

  next(): Token {
    const token = this.peek();
    this.#ahead.shift();
    return token;
  }

  /** Takes everything up to the next white space as one token: a topic filter that was left unquoted. */
  nextUnquoted(): Token {
    const start = this.peek().start;
    let end = start;
    while (end < this.source.length && !isSpace(this.source.charCodeAt(end))) end++;
    this.#ahead.length = 0;
    this.#offset = end;
    return { kind: 'string', text: this.source.slice(start, end), start, end };
  }

  error(message: string, offset: number): SqlSyntaxError {
    return new SqlSyntaxError(message, this.source, offset);
  }

  #read(): Token {
    const { source } = this;
    while (this.#offset < source.length && isSpace(source.charCodeAt(this.#offset))) this.#offset++;
    const start = this.#offset;
    if (start >= source.length) return { kind: 'end', text: 'the end of the statement', start, end: start };
    const code = source.charCodeAt(start);
    if (isWordStart(code)) return this.#take('word', this.#endOfWord(start), start);
    if (isDigit(code)) return this.#number(start);
    const character = source[start]!;
    if (character === "'" || character === '"') return this.#string(start, character);
    if (character === '@' && isWordPart(source.charCodeAt(start + 1))) {
      return this.#take('variable', this.#endOfWord(start + 1), start, start + 1);
    }
    if (TWO_CHARACTER_SYMBOLS.includes(source.slice(start, start + 2))) return this.#take('symbol', start + 2, start);
    if (SYMBOLS.includes(character)) return this.#take('symbol', start + 1, start);
    return this.#invalid(start, `${JSON.stringify(character)} has no meaning here${hintFor(source, start)}`);
  }

  #take(kind: TokenKind, end: number, start: number, textStart = start): Token {
    this.#offset = end;
    return { kind, text: this.source.slice(textStart, end), start, end };
  }

  #invalid(start: number, message: string): Token {
    this.#offset = start + 1;
    return { kind: 'invalid', text: message, start, end: start + 1 };
  }

  #endOfWord(start: number): number {
    let end = start;
    while (end < this.source.length && isWordPart(this.source.charCodeAt(end))) end++;
    return end;
  }

  #number(start: number): Token {
    const { source } = this;
    let end = this.#digits(start);
    if (source[end] === '.' && isDigit(source.charCodeAt(end + 1))) end = this.#digits(end + 1);
    if (source[end] === 'e' || source[end] === 'E') {
      const sign = source[end + 1] === '-' || source[end + 1] === '+' ? 1 : 0;
      if (isDigit(source.charCodeAt(end + 1 + sign))) end = this.#digits(end + 1 + sign);
    }
    if (isWordPart(source.charCodeAt(end))) {
      return this.#invalid(start, 'a name cannot start with a digit: read such a key with get(object, "key")');
    }
    return this.#take('number', end, start);
  }

  #digits(start: number): number {
    let end = start;
    while (isDigit(this.source.charCodeAt(end))) end++;
    return end;
  }

  /** A doubled quote, or a backslash before it, puts the quote into the string; any other backslash stands for itself. */
  #string(start: number, quote: string): Token {
    const { source } = this;
    let text = '';
    let at = start + 1;
    for (;;) {
      if (at >= source.length) return this.#invalid(start, `the string that starts here has no closing ${quote}`);
      const character = source[at]!;
      if (character === quote) {
        if (source[at + 1] !== quote) break;
        text += quote;
        at += 2;
      } else if (character === '\\' && source[at + 1] === quote) {
        text += quote;
        at += 2;
      } else if (character === '\\' && source[at + 1] === '\\') {
        text += '\\\\';
        at += 2;
      } else {
        text += character;
        at++;
      }
    }
    this.#offset = at + 1;
    return { kind: 'string', text, start, end: at + 1 };
  }
}

function hintFor(source: string, at: number): string {
  const two = source.slice(at, at + 2);
  if (two === '!=') return ': IoT SQL writes "not equal" as <>';
  if (two === '||') return ': IoT SQL joins strings with + or concat()';
  if (source[at] === ';') return ': a statement has no closing semicolon';
  if (source[at] === '@') return ': a variable is @ and letters, digits or underscores';
  return '';
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0xa0 || code === 0xfeff;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isWordStart(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || code === 0x5f || (code >= 0x80 && !isSpace(code));
}

function isWordPart(code: number): boolean {
  return isWordStart(code) || isDigit(code);
}
