import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import {
  compileStatement,
  compileTemplate,
  functionNames,
  SqlSyntaxError,
  type CompiledStatement,
} from '../../../../twin/iot/sql/index.ts';
import { messageWith, run } from './evaluation.ts';

const WORDS = [
  'SELECT',
  'VALUE',
  'FROM',
  'WHERE',
  'AS',
  'AND',
  'OR',
  'NOT',
  'IN',
  'EXISTS',
  'CASE',
  'WHEN',
  'THEN',
  'ELSE',
  'END',
  'SET',
  'TRUE',
  'NULL',
  '*',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  '.',
  ':',
  '=',
  '<>',
  '<',
  '>=',
  '+',
  '-',
  '/',
  '%',
  '@v',
  '@',
  "'a/#'",
  "'k'",
  '"s"',
  "'",
  '1',
  '2.5',
  '1E9',
  'a',
  'b',
  'list',
  'cast',
  'base64',
  '${',
  '\\',
  'ü',
  '\u0000',
  ...functionNames(),
];

const PAYLOAD = { a: 1, b: { a: 'x' }, list: [1, { a: 2 }, [null]], s: 'text', n: null };

const soup = fc.array(fc.constantFrom(...WORDS), { maxLength: 30 }).map((words) => words.join(' '));

/** Expressions that are right by grammar, of any types. */
const expression = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      'a',
      'b',
      'b.a',
      'list',
      's',
      'n',
      'missing',
      '1',
      '-2.5',
      "'7'",
      "'true'",
      'TRUE',
      'NULL',
      '12345678901234567890',
      '@v',
      "'(a+)+b'",
    ),
    fc
      .tuple(
        tie('any'),
        fc.constantFrom('AND', 'OR', 'IN', '=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '/', '%'),
        tie('any'),
      )
      .map(([l, o, r]) => `(${l} ${o} ${r})`),
    tie('any').map((e) => `NOT ${e}`),
    tie('any').map((e) => `- (${e})`),
    fc
      .tuple(tie('any'), fc.constantFrom('Int', 'Decimal', 'Double', 'Bool', 'String'))
      .map(([e, t]) => `cast(${e} AS ${t})`),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([v, t, r]) => `CASE ${v} WHEN ${t} THEN ${r} ELSE ${v} END`),
    fc.array(tie('any'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    tie('any').map((e) => `{'k': ${e}}`),
    fc.tuple(tie('any'), tie('any')).map(([v, w]) => `(SELECT VALUE ${v} FROM list WHERE ${w})`),
    tie('any').map((w) => `EXISTS (SELECT * FROM list AS x WHERE ${w})`),
    fc
      .tuple(
        fc.constantFrom(...functionNames().filter((name) => name !== 'cast')),
        fc.array(tie('any'), { maxLength: 4 }),
      )
      .map(([name, args]) => `${name}(${args.join(', ')})`),
  ),
})).any;

function compiled(sql: string): CompiledStatement | undefined {
  try {
    return compileStatement(sql);
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error;
    return undefined;
  }
}

describe('whatever the text', () => {
  test('compiling a statement gives a statement or a SqlSyntaxError', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          soup,
          soup.map((text) => `SELECT ${text} FROM 'a'`),
          fc.string({ unit: 'binary' }),
        ),
        async (sql) => {
          const outcome = await compiled(sql)?.evaluate(messageWith(PAYLOAD), {});
          expect(outcome === undefined || 'fires' in outcome || 'failed' in outcome).toBe(true);
        },
      ),
      { numRuns: 4_000 },
    );
  });

  test('compiling a template gives a template or a SqlSyntaxError', () => {
    fc.assert(
      fc.property(fc.oneof(soup, fc.string()), (text) => {
        try {
          compileTemplate(`x\${${text}}`);
        } catch (error) {
          expect(error).toBeInstanceOf(SqlSyntaxError);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('evaluating a right statement gives an outcome whose bytes are JSON', async () => {
    await fc.assert(
      fc.asyncProperty(expression, fc.constantFrom('2016-03-23', 'beta'), async (text, version) => {
        const statement = compiledOrUndefined(`SET @v = list SELECT ${text} AS v FROM 'a'`, version);
        const outcome = await statement?.evaluate(messageWith(PAYLOAD), {});
        if (outcome === undefined || 'failed' in outcome) return;
        expect(outcome.fires).toBe(true);
        if (outcome.fires) JSON.parse(outcome.output.bytes().toString());
      }),
      { numRuns: 2_000 },
    );
  });

  test('any JSON payload comes through SELECT *, 1 AS x', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (payload) => {
        const outcome = await run("SELECT *, 1 AS x FROM 'a'", { payload });
        if ('failed' in outcome || !outcome.fires) throw new Error('the rule did not fire');
        const expected = { ...(JSON.parse(JSON.stringify(payload)) as object), x: 1 };
        expect(JSON.parse(outcome.output.bytes().toString())).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});

function compiledOrUndefined(sql: string, version: '2016-03-23' | 'beta'): CompiledStatement | undefined {
  try {
    return compileStatement(sql, version);
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error;
    return undefined;
  }
}

describe('work without end is stopped', () => {
  const zeros = { arr: Array.from({ length: 60_000 }, () => 0) };

  test.each([
    ["SET @a = arr SELECT (SELECT (SELECT (SELECT VALUE 1 FROM @a) AS z FROM @a) AS y FROM @a) AS x FROM 'a'", zeros],
    ["SET @a = arr SELECT (SELECT VALUE 1 FROM @a WHERE 5 IN @a) AS x FROM 'a'", zeros],
    ["SELECT regexp_matches(s, '(a+)+b') AS x FROM 'a'", { s: 'a'.repeat(100_000) }],
    ["SELECT regexp_replace(s, '(a*)*b', 'x') AS x FROM 'a'", { s: 'a'.repeat(100_000) }],
    ["SELECT replace(s, 'a', s) AS x FROM 'a'", { s: 'a'.repeat(100_000) }],
    ["SELECT regexp_replace(s, 'a', s) AS x FROM 'a'", { s: 'a'.repeat(50_000) }],
    [`SELECT ${'concat('.repeat(20)}s${', s, s, s, s)'.repeat(20)} AS x FROM 'a'`, { s: 'a'.repeat(100_000) }],
    ["SET @a = concat(s, s) SELECT @a AS x FROM 'a'", { s: 'a'.repeat(100_000) }],
    ["SET @a = s, @b = s SELECT @a AS x FROM 'a'", { s: 'a'.repeat(100_000) }],
    ["SELECT transform('enrichArray', {'k': s}, [{}, {}]) AS x FROM 'a'", { s: 'a'.repeat(100_000) }],
  ])('%s fails', async (sql, payload) => {
    expect(await run(sql, { payload })).toHaveProperty('failed');
  });

  test('get_or_default() does not turn the limit of steps into a value that costs as much again', async () => {
    const sql = "SELECT get_or_default(regexp_matches(s, '(a+)+b'), regexp_matches(s, '(a+)+b')) AS x FROM 'a'";
    expect(await run(sql, { payload: { s: 'a'.repeat(1_000) } })).toHaveProperty('failed');
  });
});
