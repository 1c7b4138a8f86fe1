import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { FieldsDocument } from '../../../../twin/iot/fleet-index/index-document.ts';
import { compileQuery, matchesPieces } from '../../../../twin/iot/fleet-index/query/matching.ts';
import { parseQuery } from '../../../../twin/iot/fleet-index/query/parser.ts';
import { ANY_MANY, ANY_ONE, type Bound, type Piece, type Query } from '../../../../twin/iot/fleet-index/query/query.ts';

/** Writes a query so that it reads as it is, whatever its texts contain. */
function written(query: Query): string {
  const field = 'field' in query && query.field !== undefined ? `${escaped(query.field)}:` : '';
  const bound = (side: Bound | undefined): string => {
    if (!side) return '*';
    return side.quoted ? quoted(side.text) : escaped(side.text);
  };
  switch (query.kind) {
    case 'all':
      return '*';
    case 'and':
    case 'or':
      return `(${query.operands.map(written).join(query.kind === 'and' ? ' AND ' : ' OR ')})`;
    case 'not':
      return `NOT ${written(query.operand)}`;
    case 'term':
      return field + query.pieces.map((p) => (p === ANY_MANY ? '*' : p === ANY_ONE ? '?' : escaped(p))).join('');
    case 'phrase':
      return field + quoted(query.text);
    case 'exists':
      return `${field}*`;
    case 'range': {
      const [open, close] = [query.includesFrom ? '[' : '{', query.includesTo ? ']' : '}'];
      return `${field}${open}${bound(query.from)} TO ${bound(query.to)}${close}`;
    }
    case 'near':
      return `${field}geo_distance,${query.latitude},${query.longitude},${query.metres}m`;
  }
}

const escaped = (text: string): string => text.replace(/[^a-zA-Z0-9.]/g, '\\$&').replace(/^[ANOT]/, '\\$&');
const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

const text = fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom(...'aZ0.-_:$" \\(){}[]<>*?,/@') });
const piecesOf = fc
  .tuple(text, fc.array(fc.tuple(fc.constantFrom<Piece>(ANY_ONE, ANY_MANY), text), { maxLength: 2 }))
  .map(([first, rest]): Piece[] => [first, ...rest.flat()]);
const boundOf = fc.option(fc.record({ text, quoted: fc.boolean() }), { nil: undefined });
const leaf: fc.Arbitrary<Query> = fc.oneof(
  fc.constant<Query>({ kind: 'all' }),
  fc.record({ kind: fc.constant('term' as const), pieces: piecesOf }),
  fc.record({ kind: fc.constant('term' as const), field: text, pieces: piecesOf }),
  fc.record({ kind: fc.constant('phrase' as const), field: text, text }),
  fc.record({ kind: fc.constant('exists' as const), field: text }),
  fc.tuple(text, boundOf, boundOf, fc.boolean(), fc.boolean()).map(([field, from, to, includesFrom, includesTo]) => ({
    ...{ kind: 'range' as const, field, includesFrom, includesTo },
    ...(from && { from }),
    ...(to && { to }),
  })),
);
const branch = (inner: fc.Arbitrary<Query>): fc.Arbitrary<Query> =>
  fc.oneof(
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      operands: fc.array(inner, { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), operand: inner }),
  );
const queries = fc.oneof(leaf, branch(fc.oneof(leaf, branch(leaf))));

describe('the query parser', () => {
  test('reads back every query that is written down', () => {
    fc.assert(
      fc.property(queries, (query) => {
        const source = written(query);
        fc.pre(source.length <= 1000);
        expect(parseQuery(source)).toEqual(query);
      }),
    );
  });

  test('answers any text with a query or with InvalidQueryException', () => {
    const soup = fc.array(
      fc.constantFrom(
        'AND',
        'OR',
        'NOT',
        'TO',
        '(',
        ')',
        '[',
        ']',
        '{',
        '}',
        '"',
        ':',
        '<',
        '>=',
        '-',
        '*',
        '?',
        '\\',
        'a',
        ' ',
        '5',
      ),
      { maxLength: 25 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          soup.map((tokens) => tokens.join('')),
          soup.map((t) => t.join(' ')),
          fc.string(),
        ),
        (source) => {
          try {
            compileQuery(parseQuery(source))(new FieldsDocument());
          } catch (error) {
            expect(error).toMatchObject({ code: 'InvalidQueryException', statusCode: 400 });
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('wildcards match as the regular expression of the same meaning', () => {
    const parts = fc.array(fc.constantFrom<Piece>('a', 'ab', 'b', ANY_ONE, ANY_MANY), { maxLength: 6 });
    const words = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 });
    fc.assert(
      fc.property(parts, words, (pieces, word) => {
        const expression = pieces.map((piece) => (piece === ANY_ONE ? '.' : piece === ANY_MANY ? '.*' : String(piece)));
        expect(matchesPieces(pieces, word)).toBe(new RegExp(`^${expression.join('')}$`).test(word));
      }),
    );
  });

  test.each([
    ['a b', 'a AND b'],
    ['a OR b c', 'a OR (b AND c)'],
    ['-a b', '(NOT a) AND b'],
    ['f < 5', 'f:{* TO 5}'],
    ['f>=5', 'f:[5 TO *}'],
    ['f:(a -b)', 'f:a AND NOT f:b'],
    ['ANDROID', 'A\\NDROID'],
  ])('%s means %s', (short, long) => {
    expect(parseQuery(short)).toEqual(parseQuery(long));
  });

  test.each([
    ['', /a term is missing/],
    ['a AND', /missing/],
    ['OR a', /operand is missing/],
    ['(a', /parenthesis is not closed/],
    ['a)', /unexpected \)/],
    ['"a', /quotation mark is not closed/],
    ['a:', /a term is missing/],
    ['a:[1 TO 2', /not closed/],
    ['a:[1 2]', /a range is/],
    ['a:b*:c', /unexpected :/],
    ['a*:b', /wildcards in the field name/],
    ['a>', /a term is missing/],
    ['a/b', /character \/ is not supported/],
    ['a~2', /character ~ is not supported/],
    ['f:(g:a)', /inside the group of field f/],
    ['geo_distance,1,2,3km', /a geoquery is/],
    ['f:geo_distance,100,2,3km', /a geoquery is/],
    ['thingName:*my thingGroupNames:*echo', /Only one term/],
    [`thingName:*${'a'.repeat(100)}`, /leading wildcard/],
    ['a b c d e f g h i j k l m', /at most 12 terms/],
    ['a'.repeat(1001), /at most 1000 characters/],
  ])('refuses %s', (source, message) => {
    expect(() => parseQuery(source)).toThrow(message);
  });
});
