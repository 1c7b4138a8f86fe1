import { invalidQuery } from '../failures.ts';
import { ANY_MANY, ANY_ONE, type Piece } from './query.ts';

/** A run of characters up to white space or punctuation. */
export interface Word {
  readonly pieces: readonly Piece[];
  /** As written. */
  readonly source: string;
}

const WHITE_SPACE = /\s/;
const PUNCTUATION = new Set('()[]{}":<>');
/** "Unsupported features" of the guide, and the marks of what it says is unsupported: fuzzy search, boosting. */
const UNSUPPORTED = new Set("`@#%/';,!&|^~");
const GEO_DISTANCE = 'geo_distance';

/** Reads the characters of a query string. */
export class Scanner {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  skipSpace(): void {
    while (this.#position < this.#text.length && WHITE_SPACE.test(this.#text[this.#position]!)) this.#position += 1;
  }

  get atEnd(): boolean {
    return this.#position >= this.#text.length;
  }

  /** The next character; `''` at the end. */
  peek(): string {
    return this.#text[this.#position] ?? '';
  }

  take(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.#position)) return false;
    this.#position += expected.length;
    return true;
  }

  /** Takes a keyword that stands alone: `AND` of `AND b`, not of `ANDROID`. */
  takeKeyword(keyword: string): boolean {
    if (!this.atKeyword(keyword)) return false;
    this.#position += keyword.length;
    return true;
  }

  atKeyword(keyword: string): boolean {
    if (!this.#text.startsWith(keyword, this.#position)) return false;
    const after = this.#text[this.#position + keyword.length] ?? ' ';
    return WHITE_SPACE.test(after) || PUNCTUATION.has(after);
  }

  /** @throws AwsError InvalidQueryException where there is none */
  word(): Word {
    const start = this.#position;
    const pieces: Piece[] = [];
    let literal = '';
    const close = (piece?: Piece): void => {
      if (literal !== '') pieces.push(literal);
      literal = '';
      if (piece !== undefined) pieces.push(piece);
    };
    for (; !this.atEnd; this.#position += 1) {
      const character = this.peek();
      if (WHITE_SPACE.test(character) || PUNCTUATION.has(character)) break;
      if (character === '*') close(ANY_MANY);
      else if (character === '?') close(ANY_ONE);
      else if (character === '\\') {
        this.#position += 1;
        if (this.atEnd) throw this.error('a backslash must be followed by the character that it escapes');
        literal += this.peek();
      } else if (UNSUPPORTED.has(character) && !(character === ',' && literal.startsWith(GEO_DISTANCE))) {
        throw this.error(`the character ${character} is not supported; quote the text, or escape it with a backslash`);
      } else literal += character;
    }
    close();
    if (this.#position === start) throw this.error(this.atEnd ? 'a term is missing' : `unexpected ${this.peek()}`);
    return { pieces, source: this.#text.slice(start, this.#position) };
  }

  /** A quoted text, its quotes and escapes taken away. */
  quoted(): string {
    this.#position += 1;
    let text = '';
    for (; !this.atEnd; this.#position += 1) {
      const character = this.peek();
      if (character === '"') {
        this.#position += 1;
        return text;
      }
      if (character === '\\') {
        this.#position += 1;
        if (this.atEnd) break;
      }
      text += this.peek();
    }
    throw this.error('a quotation mark is not closed');
  }

  error(problem: string): Error {
    return invalidQuery(`Invalid query at character ${this.#position + 1}: ${problem}`);
  }
}
