import { describe, expect, test } from '@jest/globals';

import { compileStatement } from '../../../../twin/iot/sql/index.ts';
import { outputOf, textOf, valueOf } from './evaluation.ts';

const ORIGINAL = { version: '2015-10-08' } as const;

describe('SQL version 2016-03-23 takes whole Decimals for Ints, 2015-10-08 keeps them', () => {
  test.each([
    ['10.0', '10', '10.0'],
    ['10', '10', '10'],
    ['7.0 / 2', '3', '3.5'],
    ['7 / 2', '3', '3'],
    ['0.5 + 0.5', '1', '1.0'],
    ['2.5 * 2', '5', '5.0'],
    ['1E3', '1000', '1000.0'],
    ["'6' * 1", '6', '6.0'],
    ['sqrt(9)', '3', '3.0'],
    ['log(100)', '2', '2.0'],
    ['power(2, 5)', '32', '32.0'],
    ['abs(-2.0)', '2', '2.0'],
    ['abs(-2)', '2', '2'],
    ['mod(8.0, 3)', '2', '2.0'],
    ['mod(8, 3)', '2', '2'],
    ['cast(true AS Double)', '1', '1.0'],
    ['floor(2.5)', '2', '2'],
    ['whole', '3', '3.0'],
    ['whole + int', '5', '5.0'],
    ['int + int', '4', '4'],
  ])('%s is %s, or %s', async (expression, current, original) => {
    const payload = '{"whole":3.0,"int":2}';
    expect(await textOf(expression, { payload })).toBe(current);
    expect(await textOf(expression, { payload, ...ORIGINAL })).toBe(original);
  });
});

describe('SQL version 2015-10-08', () => {
  test('cannot put out an array as a whole', async () => {
    const payload = { arr: [1], o: { a: [1] } };
    expect(await outputOf("SELECT VALUE arr FROM 'a'", { payload })).toEqual([1]);
    expect(await outputOf("SELECT VALUE arr FROM 'a'", { payload, ...ORIGINAL })).toBe('');
    expect(await outputOf("SELECT VALUE o FROM 'a'", { payload, ...ORIGINAL })).toEqual({ a: [1] });
    expect(await outputOf("SELECT arr FROM 'a'", { payload, ...ORIGINAL })).toEqual({ arr: [1] });
  });

  test.each([
    ['[1]', 'array literals'],
    ["{'a': 1}", 'object literals'],
    ['(SELECT VALUE a FROM b)', 'nested queries'],
    ["cast('1' AS Decimal)", 'cast() to decimal'],
    ['cast(1 AS Bool)', 'cast() to bool'],
    ["indexof('a', 'b')", 'indexof()'],
    ["length('a')", 'length()'],
    ["numbytes('a')", 'numbytes()'],
    ['isNull(a)', 'isnull()'],
    ['isUndefined(a)', 'isundefined()'],
    ["encode(*, 'base64')", 'encode()'],
    ["decode(a, 'base64')", 'decode()'],
    ["transform('enrichArray', a, b)", 'transform()'],
    ["parse_time('y', 1)", 'parse_time()'],
    ["time_to_epoch('1', 'y')", 'time_to_epoch()'],
    ["get_mqtt_property('content_type')", 'get_mqtt_property()'],
    ['get_user_properties()', 'get_user_properties()'],
    ['get_or_default(a)', 'get_or_default()'],
    ["get_thing_shadow('t', 'r')", 'get_thing_shadow()'],
    ["get_dynamodb('t', 'k', 1, 'r')", 'get_dynamodb()'],
    ["get_registry_data('DescribeThing', 't', 'r')", 'get_registry_data()'],
    ['sourceip()', 'sourceip()'],
  ])('refuses %s', (expression, what) => {
    const sql = `SELECT ${expression} AS v FROM 'a'`;
    expect(() => compileStatement(sql, '2015-10-08')).toThrow(what);
    expect(() => compileStatement(sql, '2016-03-23')).not.toThrow();
    expect(() => compileStatement(sql, 'beta')).not.toThrow();
  });

  test.each(['2015-10-08', '2016-03-23', 'beta'] as const)('sql_version() says %s', async (version) => {
    expect(await valueOf('sql_version()', { version })).toBe(version);
  });
});
