import { invalidQuery } from '../failures.ts';
import { parseGeoDistance } from './geo-distance.ts';
import { ANY_MANY, type Bound, type Query } from './query.ts';
import { Scanner, type Word } from './scanner.ts';

/** General Reference, "AWS IoT fleet indexing": characters of a query. */
const LONGEST_QUERY = 1000;
/** Developer guide, "Query syntax". */
const MOST_TERMS = 12;
const LONGEST_QUERY_WITH_LEADING_WILDCARD = 100;

/**
 * Reads a query string (developer guide, "Query syntax"). `NOT` and `-` bind tighter than `AND`, which is also what
 * stands between two terms without an operator, and that binds tighter than `OR`.
 *
 * @throws AwsError InvalidQueryException
 */
export function parseQuery(text: string): Query {
  if (text.length > LONGEST_QUERY) throw invalidQuery(`A query may have at most ${LONGEST_QUERY} characters`);
  const parser = new Parser(text);
  const query = parser.whole();
  if (parser.terms > MOST_TERMS) throw invalidQuery(`A query may have at most ${MOST_TERMS} terms`);
  if (parser.leadingWildcards > 1) throw invalidQuery('Only one term of a query may begin with a wildcard');
  if (parser.leadingWildcards > 0 && text.length > LONGEST_QUERY_WITH_LEADING_WILDCARD)
    throw invalidQuery(
      `A query with a leading wildcard may have at most ${LONGEST_QUERY_WITH_LEADING_WILDCARD} characters`,
    );
  return query;
}

class Parser {
  terms = 0;
  leadingWildcards = 0;
  readonly #scanner: Scanner;

  constructor(text: string) {
    this.#scanner = new Scanner(text);
  }

  whole(): Query {
    const query = this.#or(undefined);
    if (!this.#scanner.atEnd) throw this.#scanner.error(`unexpected ${this.#scanner.peek()}`);
    return query;
  }

  /** @param group the field of the field group that this is in, as in `thingName:(a OR b)` */
  #or(group: string | undefined): Query {
    const operands = [this.#and(group)];
    while (this.#scanner.takeKeyword('OR')) operands.push(this.#and(group));
    return operands.length === 1 ? operands[0]! : { kind: 'or', operands };
  }

  #and(group: string | undefined): Query {
    const operands = [this.#not(group)];
    for (;;) {
      const scanner = this.#scanner;
      scanner.skipSpace();
      if (scanner.takeKeyword('AND')) operands.push(this.#not(group));
      else if (scanner.atEnd || scanner.peek() === ')' || scanner.atKeyword('OR')) break;
      else operands.push(this.#not(group));
    }
    return operands.length === 1 ? operands[0]! : { kind: 'and', operands };
  }

  #not(group: string | undefined): Query {
    const scanner = this.#scanner;
    scanner.skipSpace();
    if (scanner.takeKeyword('NOT') || scanner.take('-')) return { kind: 'not', operand: this.#not(group) };
    if (scanner.atKeyword('AND') || scanner.atKeyword('OR')) throw scanner.error('an operand is missing');
    return this.#operand(group);
  }

  #operand(group: string | undefined): Query {
    const scanner = this.#scanner;
    if (scanner.take('(')) return this.#closed(group);
    if (scanner.peek() === '"') return this.#phrase(group);
    if (group !== undefined && /[[{]/.test(scanner.peek())) return this.#range(group);
    const word = scanner.word();
    scanner.skipSpace();
    const next = scanner.peek();
    if (next !== ':' && next !== '<' && next !== '>') return this.#term(group, word);
    if (group !== undefined) throw scanner.error(`a field inside the group of field ${group}`);
    const field = this.#fieldName(word);
    return scanner.take(':') ? this.#value(field) : this.#comparison(field);
  }

  #closed(group: string | undefined): Query {
    const query = this.#or(group);
    if (!this.#scanner.take(')')) throw this.#scanner.error('a parenthesis is not closed');
    return query;
  }

  #value(field: string): Query {
    const scanner = this.#scanner;
    scanner.skipSpace();
    if (scanner.take('(')) return this.#closed(field);
    if (scanner.peek() === '"') return this.#phrase(field);
    if (/[[{]/.test(scanner.peek())) return this.#range(field);
    return this.#term(field, scanner.word());
  }

  #phrase(field: string | undefined): Query {
    this.terms += 1;
    return { kind: 'phrase', ...(field !== undefined && { field }), text: this.#scanner.quoted() };
  }

  #term(field: string | undefined, { pieces, source }: Word): Query {
    this.terms += 1;
    if (source === '*') return field === undefined ? { kind: 'all' } : { kind: 'exists', field };
    if (source.startsWith('geo_distance,')) {
      const near = field === undefined ? undefined : parseGeoDistance(field, source);
      if (!near)
        throw this.#scanner.error('a geoquery is <field>:geo_distance,<latitude>,<longitude>,<distance><unit>');
      return near;
    }
    if (typeof pieces[0] !== 'string') this.leadingWildcards += 1;
    return { kind: 'term', ...(field !== undefined && { field }), pieces };
  }

  #range(field: string): Query {
    this.terms += 1;
    const scanner = this.#scanner;
    const includesFrom = scanner.take('[');
    if (!includesFrom) scanner.take('{');
    const from = this.#bound();
    scanner.skipSpace();
    if (!scanner.takeKeyword('TO')) throw scanner.error('a range is [<from> TO <to>]');
    const to = this.#bound();
    scanner.skipSpace();
    const includesTo = scanner.take(']');
    if (!includesTo && !scanner.take('}')) throw scanner.error('a range is not closed');
    return { kind: 'range', field, ...(from && { from }), ...(to && { to }), includesFrom, includesTo };
  }

  #comparison(field: string): Query {
    this.terms += 1;
    const scanner = this.#scanner;
    const less = scanner.take('<');
    if (!less) scanner.take('>');
    const includes = scanner.take('=');
    const bound = this.#bound();
    if (!bound) throw scanner.error('a comparison needs a value');
    const side = less ? { to: bound } : { from: bound };
    return { kind: 'range', field, ...side, includesFrom: !less && includes, includesTo: less && includes };
  }

  /** `undefined` for `*`, which is open. */
  #bound(): Bound | undefined {
    const scanner = this.#scanner;
    scanner.skipSpace();
    if (scanner.peek() === '"') return { text: scanner.quoted(), quoted: true };
    const { pieces, source } = scanner.word();
    if (pieces.length === 1 && pieces[0] === ANY_MANY) return undefined;
    if (pieces.length !== 1 || typeof pieces[0] !== 'string') throw scanner.error(`wildcards in the bound ${source}`);
    return { text: pieces[0], quoted: false };
  }

  #fieldName({ pieces, source }: Word): string {
    const [name] = pieces;
    if (pieces.length === 1 && typeof name === 'string') return name;
    throw this.#scanner.error(`wildcards in the field name ${source}`);
  }
}
