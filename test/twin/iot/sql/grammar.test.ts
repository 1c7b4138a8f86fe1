import { describe, expect, test } from '@jest/globals';

import { compileStatement, SqlSyntaxError } from '../../../../twin/iot/sql/index.ts';
import { outputOf, valueOf } from './evaluation.ts';

function errorOf(sql: string): SqlSyntaxError {
  try {
    compileStatement(sql);
  } catch (error) {
    if (error instanceof SqlSyntaxError) return error;
    throw error;
  }
  throw new Error(`no error in ${sql}`);
}

describe('statements that are not IoT SQL are refused, with the place and what was expected', () => {
  test.each<[string, string, number]>([
    ['', 'expected SELECT or SET but found the end of the statement', 1],
    ['INSERT INTO x', 'expected SELECT or SET but found "INSERT"', 1],
    ['SELECT', 'expected an expression but found the end of the statement', 7],
    ["SELECT FROM 'a'", 'expected an expression but found "FROM"', 8],
    ["SELECT a, FROM 'a'", 'expected an expression but found "FROM"', 11],
    ["SELECT a b FROM 'a'", 'expected ",", AS, FROM or WHERE but found "b"', 10],
    ['SELECT a FROM', 'expected a topic filter in single quotes', 14],
    ['SELECT a FROM topic', 'expected a topic filter in single quotes but found "topic"', 15],
    ["SELECT a FROM 'x/#/y'", 'is not a topic filter', 15],
    ["SELECT a FROM 'x+/y'", 'is not a topic filter', 15],
    ["SELECT a FROM 'x' WHERE", 'expected an expression', 24],
    ["SELECT a FROM 'x' LIMIT 5", 'expected WHERE but found "LIMIT"', 19],
    ["SELECT a FROM 'x' WHERE a > 1 GROUP", 'expected the end of the statement', 31],
    ["SELECT a FROM 'x';", 'no closing semicolon', 18],
    ["SELECT 1 + 1 FROM 'x'", 'expected AS and a name', 14],
    ["SELECT a AS FROM 'x'", 'expected ",", AS, FROM or WHERE', 18],
    ["SELECT a AS 'b' FROM 'x'", 'expected a name after AS', 13],
    ["SELECT VALUE a, b FROM 'x'", 'SELECT VALUE takes a single expression', 17],
    ["SELECT a FROM 'x' WHERE a != 1", '"not equal" as <>', 27],
    ["SELECT a || b AS c FROM 'x'", 'joins strings with +', 10],
    ["SELECT a FROM 'x' WHERE a LIKE 'b'", 'no LIKE', 27],
    ["SELECT a FROM 'x' WHERE a IS NULL", 'no IS', 27],
    ["SELECT a FROM 'x' WHERE a BETWEEN 1 AND 2", 'no BETWEEN', 27],
    ["SELECT a FROM 'x' WHERE a NOT IN [1]", 'NOT (a IN list)', 27],
    ["SELECT a FROM 'x' WHERE (a = 1", 'expected ")"', 31],
    ["SELECT f(a FROM 'x'", 'expected "," or ")"', 12],
    ["SELECT [1, 2 AS x FROM 'x'", 'expected "," or "]"', 14],
    ["SELECT {a: 1} AS x FROM 'x'", 'expected a key in quotes', 9],
    ["SELECT {'a' 1} AS x FROM 'x'", 'expected ":"', 13],
    ["SELECT a.0.b FROM 'x'", 'get(object, "key")', 10],
    ["SELECT 1a AS x FROM 'x'", 'cannot start with a digit', 8],
    ["SELECT 'abc FROM x", "no closing '", 8],
    ["SELECT nosuch(1) FROM 'x'", 'there is no function nosuch()', 8],
    ["SELECT uper(a) FROM 'x'", 'did you mean upper()?', 8],
    ["SELECT starts_with(a, 'b') FROM 'x'", 'did you mean startswith()?', 8],
    ["SELECT cast(a AS Date) FROM 'x'", 'the types are string', 8],
    ["SELECT cast(a) FROM 'x'", 'cast(value AS Int)', 14],
    ["SELECT CASE WHEN a THEN 1 END AS x FROM 'x'", 'CASE true WHEN', 13],
    ["SELECT CASE a END AS x FROM 'x'", 'expected WHEN', 15],
    ["SELECT CASE a WHEN 1 THEN 2 AS x FROM 'x'", 'expected WHEN, ELSE or END', 29],
    ["SELECT * * 2 AS x FROM 'x'", 'expected ",", AS, FROM or WHERE', 10],
    ['SELECT (SELECT a FROM b', 'expected ")"', 24],
    ["SELECT (SELECT a) AS x FROM 'x'", 'the array or object that the nested query reads', 17],
    ["SELECT exists(a) AS x FROM 'x'", 'SELECT after "EXISTS ("', 15],
    ["SET @a = 1 SET @b = 2 SELECT * FROM 'x'", 'a statement has one SET', 12],
    ["SET @a = 1, @a = 2 SELECT * FROM 'x'", '@a is set a second time', 13],
    ["SET a = 1 SELECT * FROM 'x'", 'expected a variable', 5],
    ["SET @a 1 SELECT * FROM 'x'", 'expected "="', 8],
    ['SET @a = 1', 'expected "," or SELECT', 11],
    [`SET @${'a'.repeat(65)} = 1 SELECT * FROM 'x'`, 'longer than 64', 5],
    [`SET ${Array.from({ length: 11 }, (_, i) => `@v${i} = 1`).join(', ')} SELECT * FROM 'x'`, '10 variables', 95],
    ["SELECT @ FROM 'x'", 'a variable is @ and letters', 8],
    ["SELECT transform(@mode, a, b) AS x FROM 'x'", 'cannot be a variable', 18],
    ["SELECT get_secret('a', 'SecretString', @role) AS x FROM 'x'", 'role of get_secret() cannot be a variable', 40],
    ["SELECT get_registry_data(api, 't', 'r') AS x FROM 'x'", 'must be a literal string', 26],
    [
      "SELECT get_or_default(a, get_dynamodb('t', 'k', 1, 'r')) AS x FROM 'x'",
      'may not call a function that fetches data',
      26,
    ],
    ["SELECT # FROM 'x'", 'has no meaning here', 8],
    ["SELECT a -- comment\nFROM 'x'", 'expected AS and a name', 1],
  ])('%s', (sql, message, column) => {
    const error = errorOf(sql);
    expect(error.message).toContain(message);
    expect(error.column).toBe(column);
  });

  test('lines count from 1', () => {
    const error = errorOf("SELECT a,\n  b c\nFROM 'x'");
    expect(error).toMatchObject({ line: 2, column: 5 });
  });

  test.each([
    ['parentheses', `SELECT ${'('.repeat(5_000)}1${')'.repeat(5_000)} AS x FROM 'a'`],
    ['arrays', `SELECT ${'['.repeat(5_000)} AS x FROM 'a'`],
    ['calls', `SELECT ${'abs('.repeat(5_000)} AS x FROM 'a'`],
    ['NOT', `SELECT ${'NOT '.repeat(5_000)}a AS x FROM 'a'`],
    ['minus', `SELECT ${'- '.repeat(5_000)}a AS x FROM 'a'`],
    ['CASE', `SELECT ${'CASE '.repeat(5_000)}a AS x FROM 'a'`],
    ['queries', `SELECT ${'(SELECT '.repeat(5_000)}a AS x FROM 'a'`],
    ['operators', `SELECT ${'1 + '.repeat(50_000)}1 AS x FROM 'a'`],
    ['keys', `SELECT a${'.b'.repeat(50_000)} AS x FROM 'a'`],
  ])('%s without end are an error, not a crash', (_what, sql) => {
    expect(errorOf(sql)).toBeInstanceOf(SqlSyntaxError);
  });
});

describe('the grammar', () => {
  const payload = {
    a: 1,
    b: { c: { d: 2 }, value: 3, end: 4, from: 5 },
    value: 6,
    set: 7,
    exists: 8,
    timestamp: 9,
    time: 10,
    $ref: 1,
    größe: 11,
    _x: 12,
    list: [{ k: 1, w: 'x' }, { k: 2 }],
  };

  test.each<[string, unknown]>([
    ["select a from 'x'", { a: 1 }],
    ["SeLeCt a FrOm 'x' WhErE a = 1", { a: 1 }],
    ['SELECT a FROM "x"', { a: 1 }],
    ["SELECT a,b.c.d FROM'x'WHERE a=1", { a: 1, d: 2 }],
    ["  SELECT\n\ta\r\nFROM\n\t'x'  ", { a: 1 }],
    ['SELECT a', { a: 1 }],
    ['SELECT a WHERE a = 1', { a: 1 }],
    ["SELECT value FROM 'x'", { value: 6 }],
    ["SELECT value, a FROM 'x'", { value: 6, a: 1 }],
    ["SELECT value AS v FROM 'x'", { v: 6 }],
    ["SELECT value - 1 AS v FROM 'x'", { v: 5 }],
    ["SELECT value * 2 AS v FROM 'x'", { v: 12 }],
    ["SELECT value + 2 AS v FROM 'x'", { v: 8 }],
    ["SELECT VALUE value FROM 'x'", 6],
    ["SELECT VALUE -1 FROM 'x'", -1],
    ["SELECT VALUE (a + 1) FROM 'x'", 2],
    ["SELECT VALUE b.c FROM 'x'", { d: 2 }],
    ["SELECT VALUE * FROM 'x'", payload],
    ["SELECT VALUE 'text' FROM 'x'", 'text'],
    ["SELECT VALUE NULL FROM 'x'", null],
    ["SELECT set, exists, timestamp, time FROM 'x'", { set: 7, exists: 8, timestamp: 9, time: 10 }],
    ["SELECT b.value, b.end, b.from FROM 'x'", { value: 3, end: 4, from: 5 }],
    ["SELECT a AS value, a AS end FROM 'x'", { value: 1, end: 1 }],
    ["SELECT größe, _x FROM 'x'", { größe: 11, _x: 12 }],
    ["SELECT a AS x.y, value AS x.z, time AS x.w.v FROM 'x'", { x: { y: 1, z: 6, w: { v: 10 } } }],
    ["SELECT b, 1 AS b.new FROM 'x'", { b: { ...payload.b, new: 1 } }],
    ["SELECT a, 2 AS a FROM 'x'", { a: 2 }],
    ["SELECT a, 2 AS a.b FROM 'x'", { a: { b: 2 } }],
    ["SELECT missing, a FROM 'x'", { a: 1 }],
    ["SELECT missing FROM 'x'", {}],
    ["SELECT VALUE missing FROM 'x'", ''],
    ["SELECT topic(1), clientid() FROM 'x'", { topic: 'things', clientid: 'client-1' }],
    ["SELECT {'x': a, 'y': missing} FROM 'x'", { x: 1 }],
    ["SELECT a, {'x': a} FROM 'x'", { a: 1, x: 1 }],
    ["SELECT {} AS e, [] AS f FROM 'x'", { e: {}, f: [] }],
    ["SELECT [a, missing, NULL] AS v FROM 'x'", { v: [1, null] }],
    ['SELECT \'it\'\'s\' AS s, "say ""hi""" AS t FROM \'x\'', { s: "it's", t: 'say "hi"' }],
    ["SELECT 'a\\'b' AS s, '\\d' AS t FROM 'x'", { s: "a'b", t: '\\d' }],
    ["SELECT '' AS s FROM 'x'", { s: '' }],
    ["SELECT TRUE AS t, False AS f, null AS n FROM 'x'", { t: true, f: false, n: null }],
    ["SELECT CASE a WHEN 2 THEN 'two' WHEN 1 THEN 'one' WHEN 1 THEN 'again' END AS v FROM 'x'", { v: 'one' }],
    ["SELECT CASE a WHEN 2 THEN 'two' END AS v FROM 'x'", {}],
    ["SELECT CASE missing WHEN 1 THEN 1 ELSE 2 END AS v FROM 'x'", {}],
    ["SELECT CASE a WHEN missing THEN 1 ELSE 2 END AS v FROM 'x'", { v: 2 }],
    ["SELECT CASE true WHEN a > 5 THEN 'high' ELSE 'low' END AS v FROM 'x'", { v: 'low' }],
    ["SELECT CASE a WHEN 1 THEN CASE time WHEN 10 THEN 'deep' END END AS v FROM 'x'", { v: 'deep' }],
    ["SELECT (SELECT k FROM list) AS v FROM 'x'", { v: [{ k: 1 }, { k: 2 }] }],
    ["SELECT (SELECT VALUE w FROM list) AS v FROM 'x'", { v: ['x'] }],
    ["SELECT (SELECT w FROM list) AS v FROM 'x'", { v: [{ w: 'x' }, {}] }],
    ["SELECT (SELECT *, 1 AS n FROM list WHERE k > 1) AS v FROM 'x'", { v: [{ k: 2, n: 1 }] }],
    ["SELECT (SELECT VALUE i.k FROM list AS i) AS v FROM 'x'", { v: [1, 2] }],
    ["SELECT (SELECT VALUE a FROM list) AS v FROM 'x'", { v: [] }],
    ["SELECT (SELECT d FROM b.c) AS v FROM 'x'", { v: { d: 2 } }],
    ["SELECT (SELECT VALUE d FROM b.c) AS v FROM 'x'", { v: 2 }],
    ["SELECT (SELECT d FROM b.c WHERE d = 3) AS v FROM 'x'", {}],
    ["SELECT (SELECT k FROM a) AS v FROM 'x'", {}],
    ["SET @x = 2 SELECT (SELECT VALUE k * @x FROM list) AS v FROM 'x'", { v: [2, 4] }],
    ["SET @x = list SELECT (SELECT VALUE k FROM @x) AS v FROM 'x'", { v: [1, 2] }],
    [
      "SELECT (SELECT VALUE (SELECT VALUE o.k + i.k FROM [{'k': 10}] AS i) FROM list AS o) AS v FROM 'x'",
      { v: [[11], [12]] },
    ],
    ["SELECT get((SELECT VALUE k FROM list), 1) AS v FROM 'x'", { v: 2 }],
    ["SET @t = a + 1, @u = @t * 2 SELECT @t, @u AS u, @missing AS m FROM 'x' WHERE @u = 4", { t: 2, u: 4 }],
    ["SET @o = b SELECT @o.c.d FROM 'x'", { d: 2 }],
    ['SELECT a FROM home1/gateway1/#', { a: 1 }],
  ])('%s', async (sql, expected) => {
    expect(await outputOf(sql, { payload })).toEqual(expected);
  });

  test.each([
    ["'a'", 'x'],
    ["'a/+/#'", 'x'],
  ])('FROM %s is kept for the caller to match', (filter) => {
    expect(compileStatement(`SELECT * FROM ${filter}`).topicFilter).toBe(filter.slice(1, -1));
  });

  test('a statement without FROM has no filter', () => {
    expect(compileStatement('SELECT *').topicFilter).toBeUndefined();
  });

  test('keys that JavaScript gives a meaning are plain keys', async () => {
    const payload = '{"__proto__":{"x":1},"constructor":2}';
    expect(await valueOf('__proto__.x', { payload })).toBe(1);
    expect(await valueOf('constructor', { payload })).toBe(2);
    const output = await outputOf("SELECT 5 AS __proto__ FROM 'x'");
    expect(Object.hasOwn(output as object, '__proto__')).toBe(true);
  });
});

describe('path.* selects every key of an object', () => {
  const payload = { a: 0, state: { reported: { a: 1, b: { c: 2 } }, list: [1], text: 'x' } };

  test.each<[string, unknown]>([
    ["SELECT state.reported.* FROM 't'", { a: 1, b: { c: 2 } }],
    ["SELECT state.reported.b.*, 'shadow' AS type FROM 't'", { c: 2, type: 'shadow' }],
    ["SELECT *, state.reported.* FROM 't'", { ...payload, a: 1, b: { c: 2 } }],
    ["SELECT state.reported.* AS r FROM 't'", { r: { a: 1, b: { c: 2 } } }],
    ["SELECT get(state, 'reported').* FROM 't'", { a: 1, b: { c: 2 } }],
    ["SELECT state.list.*, state.text.*, nowhere.* FROM 't'", {}],
  ])('%s', async (sql, expected) => {
    expect(await outputOf(sql, { payload })).toEqual(expected);
  });

  test('but not of a value that an operator makes, nor outside a select list', () => {
    expect(errorOf("SELECT 1 + a.* FROM 't'").message).toContain('found "."');
    expect(errorOf("SELECT a FROM 't' WHERE a.* = 1").message).toContain('found "."');
  });
});
