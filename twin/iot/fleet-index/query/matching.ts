import { distanceMetres, type Place } from './geo-distance.ts';
import { ANY_MANY, ANY_ONE, type Bound, type Piece, type Query } from './query.ts';

/** One value of a field. */
export interface IndexedValue {
  /** In lower case, since searches ignore case. */
  readonly text: string;
  readonly number?: number;
}

/** What the index knows of one thing or group. */
export interface IndexDocument {
  values(field: string): readonly IndexedValue[];
  /** Values that a term without a field is looked for in. */
  allValues(): Iterable<IndexedValue>;
  places(field: string): readonly Place[];
}

export type Predicate = (document: IndexDocument) => boolean;

const WHITE_SPACE = /\s+/;
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The number that a text is, if it is one as JSON writes them. */
export function numberOf(text: string): number | undefined {
  return JSON_NUMBER.test(text) ? Number(text) : undefined;
}

/** Makes the function that says whether a document satisfies a query. */
export function compileQuery(query: Query): Predicate {
  switch (query.kind) {
    case 'all':
      return () => true;
    case 'and': {
      const operands = query.operands.map(compileQuery);
      return (document) => operands.every((operand) => operand(document));
    }
    case 'or': {
      const operands = query.operands.map(compileQuery);
      return (document) => operands.some((operand) => operand(document));
    }
    case 'not': {
      const operand = compileQuery(query.operand);
      return (document) => !operand(document);
    }
    case 'term':
      return inField(query.field, termMatcher(query.pieces));
    case 'phrase':
      return inField(query.field, phraseMatcher(query.text));
    case 'exists':
      return (document) => document.values(query.field).length > 0;
    case 'range':
      return inField(query.field, rangeMatcher(query));
    case 'near':
      return (document) => document.places(query.field).some((place) => distanceMetres(query, place) <= query.metres);
  }
}

type ValueMatcher = (value: IndexedValue) => boolean;

function inField(field: string | undefined, matches: ValueMatcher): Predicate {
  if (field !== undefined) return (document) => document.values(field).some(matches);
  return (document) => {
    for (const value of document.allValues()) if (matches(value)) return true;
    return false;
  };
}

/** A term is compared with each word of a value; a number also with the number, so that 75 finds 75.0. */
function termMatcher(pieces: readonly Piece[]): ValueMatcher {
  if (pieces.length === 1 && typeof pieces[0] === 'string') {
    const wanted = pieces[0].toLowerCase();
    const number = numberOf(pieces[0]);
    return (value) => (number !== undefined && value.number === number) || someWord(value.text, (w) => w === wanted);
  }
  const lowered = pieces.map((piece) => (typeof piece === 'string' ? piece.toLowerCase() : piece));
  return ({ text }) => someWord(text, (word) => matchesPieces(lowered, word));
}

function someWord(text: string, matches: (word: string) => boolean): boolean {
  return WHITE_SPACE.test(text) ? text.split(WHITE_SPACE).some(matches) : matches(text);
}

/** Greedy matching with one point to return to: linear in practice, where a regular expression may be exponential. */
export function matchesPieces(pieces: readonly Piece[], word: string): boolean {
  let piece = 0;
  let at = 0;
  let retry: { piece: number; at: number } | undefined;
  for (;;) {
    const current = pieces[piece];
    if (current === undefined) {
      if (at === word.length) return true;
    } else if (current === ANY_MANY) {
      retry = { piece: piece + 1, at };
      piece += 1;
      continue;
    } else if (current === ANY_ONE ? at < word.length : typeof current === 'string' && word.startsWith(current, at)) {
      at += typeof current === 'string' ? current.length : 1;
      piece += 1;
      continue;
    }
    if (!retry || retry.at >= word.length) return false;
    retry.at += 1;
    ({ piece, at } = retry);
  }
}

/** The words of a phrase must stand next to each other. */
function phraseMatcher(phrase: string): ValueMatcher {
  const wanted = phrase.toLowerCase().trim().split(WHITE_SPACE);
  return ({ text }) => {
    const words = text.split(WHITE_SPACE);
    for (let start = 0; start + wanted.length <= words.length; start++)
      if (wanted.every((word, offset) => words[start + offset] === word)) return true;
    return false;
  };
}

function rangeMatcher({ from, to, includesFrom, includesTo }: Query & { readonly kind: 'range' }): ValueMatcher {
  const within = <T extends string | number>(value: T, low: T | undefined, high: T | undefined): boolean =>
    (low === undefined || value > low || (includesFrom && value === low)) &&
    (high === undefined || value < high || (includesTo && value === high));
  const [low, high] = [numericBound(from), numericBound(to)];
  const numeric = (!from || low !== undefined) && (!to || high !== undefined) && Boolean(from ?? to);
  if (numeric) return ({ number }) => number !== undefined && within(number, low, high);
  const [first, last] = [from?.text.toLowerCase(), to?.text.toLowerCase()];
  return ({ text }) => within(text, first, last);
}

function numericBound(bound: Bound | undefined): number | undefined {
  return bound && !bound.quoted ? numberOf(bound.text) : undefined;
}
