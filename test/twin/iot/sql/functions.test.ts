import { describe, expect, test } from '@jest/globals';

import { functionNames } from '../../../../twin/iot/sql/index.ts';
import { textOf, valueOf } from './evaluation.ts';

const PAYLOAD = {
  n: null,
  t: true,
  i: 5,
  d: 2.5,
  neg: -2.5,
  s: 'text',
  num: '7.9',
  arr: [1, 'x'],
  obj: { k: 'v', 'a-b': 1 },
  spaced: '\t pad \t',
};

describe('the language', () => {
  test('has the 82 functions of the developer guide', () => {
    expect(functionNames()).toHaveLength(82);
  });

  test.each(['ABS(-1)', 'Abs(-1)', 'abs(-1)'])('ignores case in %s', async (expression) => {
    expect(await valueOf(expression)).toBe(1);
  });
});

const UNARY_NUMERIC = [
  'abs',
  'acos',
  'asin',
  'atan',
  'ceil',
  'cos',
  'cosh',
  'exp',
  'floor',
  'ln',
  'log',
  'round',
  'sign',
  'sin',
  'sinh',
  'sqrt',
  'tan',
  'tanh',
];

describe.each(UNARY_NUMERIC)('%s()', (name) => {
  test.each(['t', 'arr', 'obj', 'n', 'missing', 's', "''"])('of %s is Undefined', async (argument) => {
    expect(await valueOf(`${name}(${argument})`, { payload: PAYLOAD })).toBeUndefined();
  });

  test('takes a String that reads as a number', async () => {
    expect(await valueOf(`${name}('0.5')`)).toBe(await valueOf(`${name}(0.5)`));
    expect(await valueOf(`${name}('0.5')`)).not.toBeUndefined();
  });

  test.each(['', '1, 2'])('of the wrong number of arguments (%s) is Undefined', async (args) => {
    expect(await valueOf(`${name}(${args})`)).toBeUndefined();
  });
});

describe('functions of numbers', () => {
  test.each<[string, unknown]>([
    ['abs(neg)', 2.5],
    ['abs(-9007199254740993) = 9007199254740993', true],
    ['acos(2)', undefined],
    ['asin(-1.5)', undefined],
    ['sqrt(-1)', undefined],
    ['ln(-1)', undefined],
    ['ln(0)', undefined],
    ['log(0)', undefined],
    ['log(-5)', undefined],
    ['log(1000)', 3],
    ['exp(1000)', undefined],
    ['power(2, 0.5)', Math.SQRT2],
    ["power('2', '3')", 8],
    ["power('x', 3)", undefined],
    ['power(t, 3)', undefined],
    ['power(10, 400)', undefined],
    ['ceil(num)', 8],
    ['floor(num)', 7],
    ['floor(neg)', -3],
    ['ceil(neg)', -2],
    ['round(0.5)', 1],
    ['round(2.5)', 3],
    ['round(-2.5)', -3],
    ['round(0.49999999999999994)', 0],
    ["round('1.5')", 2],
    ['sign(neg)', -1],
    ["sign('-0.0')", 0],
    ['trunc(2.999, 1)', 2.9],
    ['trunc(-2.999, 1)', -2.9],
    ['trunc(2.999, -4)', 2],
    ['trunc(2.999, 99)', 2.999],
    ['trunc(2.999, 1.9)', 2.9],
    ["trunc('2.999', 2)", 2.99],
    ["trunc(2.999, '2')", undefined],
    ['trunc(t, 2)', undefined],
    ['mod(-8, 3)', -2],
    ['mod(8.5, 3)', 2.5],
    ["mod('8', '3')", 2],
    ['mod(8, 0)', undefined],
    ['mod(arr, 3)', undefined],
    ['remainder(7, -4)', 3],
    ['atan2(0, -1)', Math.PI],
    ["atan2('1', 0)", Math.PI / 2],
    ['atan2(t, 1)', undefined],
    ['nanvl(missing, 3)', 3],
    ['nanvl(n, 3)', 3],
    ['nanvl(s, 3)', 'text'],
    ['bitand(13.9, 5)', 5],
    ["bitand('13', 5)", 5],
    ["bitand('x', 5)", undefined],
    ['bitand(t, 5)', undefined],
    ['bitor(arr, 5)', undefined],
    ['bitxor(6, 3)', 5],
    ['bitand(-1, 255)', 255],
    ['bitand(9007199254740993, 1)', 1],
    ['bitnot(0)', 1],
    ['bitnot(-3)', 2],
    ["bitnot('13')", 2],
    ["bitnot('x')", undefined],
    ['bitnot(t)', true],
    ['bitnot(13.9)', 2],
  ])('%s is %j', async (expression, expected) => {
    expect(await valueOf(expression, { payload: PAYLOAD })).toEqual(expected);
  });
});

const TEXT_FUNCTIONS = [
  'length',
  'lower',
  'ltrim',
  'numbytes',
  'rtrim',
  'trim',
  'upper',
  'md2',
  'md5',
  'sha1',
  'sha224',
  'sha256',
  'sha384',
  'sha512',
];

describe.each(TEXT_FUNCTIONS)('%s()', (name) => {
  test.each(['n', 'missing'])('of %s is Undefined, as it has no string form', async (argument) => {
    expect(await valueOf(`${name}(${argument})`, { payload: PAYLOAD })).toBeUndefined();
  });

  test.each([
    ['i', '5'],
    ['d', '2.5'],
    ['t', 'true'],
    ['arr', '[1,"x"]'],
    ['obj', '{"k":"v","a-b":1}'],
  ])('takes %s as its text', async (argument, text) => {
    const payload = { ...PAYLOAD, text };
    expect(await valueOf(`${name}(${argument})`, { payload })).toEqual(await valueOf(`${name}(text)`, { payload }));
  });
});

describe('functions of text', () => {
  test.each<[string, unknown]>([
    ['chr(65.9)', 'A'],
    ["chr('66')", 'B'],
    ['chr(128)', undefined],
    ['chr(-1)', undefined],
    ['chr(t)', undefined],
    ["chr('x')", undefined],
    ['concat(arr)', [1, 'x']],
    ['concat(n)', null],
    ["concat('a', n)", undefined],
    ["concat('a', t, 1.5)", 'atrue1.5'],
    ['concat(1, 2)', undefined],
    ['concat([1], [[2]])', [1, [2]]],
    ['concat([1], n)', [1, null]],
    ['concat([1], missing)', [1]],
    ["concat('a', obj)", 'a{"k":"v","a-b":1}'],
    ['startswith(123, 1)', true],
    ["startswith('a', n)", undefined],
    ["endswith(missing, 'a')", undefined],
    ["endswith(true, 'ue')", true],
    ["endswith('abc', '')", true],
    ["indexof('abcd', 'x')", -1],
    ['indexof(12345, 34)', 2],
    ["indexof('a', n)", undefined],
    ['trim(spaced)', 'pad'],
    ['ltrim(spaced)', 'pad \t'],
    ['rtrim(spaced)', '\t pad'],
    ["lpad('a', -3)", 'a'],
    ["lpad('a', 2.9)", '  a'],
    ["lpad('a', '2')", '  a'],
    ["lpad('a', 'x')", undefined],
    ["lpad('a', t)", undefined],
    ['lpad(n, 2)', undefined],
    ["length(lpad('a', 5000))", 1001],
    ["length(rpad('a', 5000))", 1001],
    ['rpad(t, 1)', 'true '],
    ["replace('aaa', 'a', 'bb')", 'bbbbbb'],
    ["replace('a.b', '.', '$1')", 'a$1b'],
    ['replace(1221, 2, 3)', '1331'],
    ["replace('abc', n, 'x')", undefined],
    ["replace('abc', 'x', 'y')", 'abc'],
    ["substring('012345', 9)", ''],
    ["substring('012345', '2')", '2345'],
    ["substring('012345', 'x')", undefined],
    ['substring(n, 1)', undefined],
    ["substring('012345', 1, t)", undefined],
    ["substring('012345', 2, 2)", ''],
    ["substring('012345')", undefined],
    ["length('')", 0],
    ["length('€')", 1],
    ["numbytes('ü€')", 5],
    ["regexp_matches(12345, '^[0-9]+$')", true],
    ["regexp_matches('a', '(')", undefined],
    ["regexp_matches(n, 'a')", undefined],
    ["regexp_matches('a', n)", undefined],
    ["regexp_matches('abc', '')", true],
    ["regexp_substr('hihihello', 'x')", undefined],
    ["regexp_substr('VIN-0042-X', '[0-9]+')", '0042'],
    ["regexp_substr('a', '[')", undefined],
    ["regexp_replace('a1b22', '[0-9]+', '#')", 'a#b#'],
    ["regexp_replace('ab', '(a)(b)', '$2$1')", 'ba'],
    ["regexp_replace('abc', '', '-')", '-a-b-c-'],
    ["regexp_replace('2026-11', '(?<y>\\d+)-(?<m>\\d+)', '${m}/${y}')", '11/2026'],
    ["regexp_replace('abc', 'b', '$1')", undefined],
    ["regexp_replace('abc', 'b', '$')", undefined],
    ["regexp_replace('a$c', '\\$', '\\$\\$')", 'a$$c'],
    ["regexp_replace('abc', '(', 'x')", undefined],
    ["regexp_replace('abc', 'b', n)", undefined],
    ["regexp_replace(topic(), '^[^/]*/[^/]*/', '')", 'thingOne'],
    ["sha1('hello')", 'aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d'],
    ["sha256('hello')", '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'],
    ["sha224('')", 'd14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f'],
    ["length(sha384('x'))", 96],
    ["length(sha512('x'))", 128],
    // RFC 1319, appendix A.5
    ["md2('')", '8350e5a3e24c153df2275c9f80692773'],
    ["md2('a')", '32ec01ec4a6dac72c0ab96fb34c0b5d1'],
    ["md2('abcdefghijklmnopqrstuvwxyz')", '4e8ddff3650292ab5a4108c3aa47940b'],
    [
      "md2('12345678901234567890123456789012345678901234567890123456789012345678901234567890')",
      'd5976f79d83d3a0dc9806c3c66f3efd8',
    ],
  ])('%s is %j', async (expression, expected) => {
    expect(await valueOf(expression, { payload: PAYLOAD })).toEqual(expected);
  });
});

describe('functions of collections and missing values', () => {
  test.each<[string, unknown]>([
    ['get(arr, 0)', 1],
    ["get(arr, '1')", 'x'],
    ['get(arr, 1.9)', 'x'],
    ['get(arr, 2)', undefined],
    ['get(arr, -1)', undefined],
    ["get(arr, 'x')", undefined],
    ['get(arr, t)', undefined],
    ['get(s, 3)', 't'],
    ['get(s, 4)', undefined],
    ["get(obj, 'a-b')", 1],
    ["get(obj, 'toString')", undefined],
    ["get({'1': 2}, 1)", undefined],
    ['get(i, 0)', undefined],
    ['get(n, 0)', undefined],
    ["get(*, 's')", 'text'],
    ['isNull(missing)', false],
    ['isUndefined(n)', false],
    ['isUndefined(missing)', true],
    ['isNull()', undefined],
    ['get_or_default(i, 9)', 5],
    ['get_or_default(missing, 9)', 9],
    ['get_or_default(n, 9)', 9],
    ['get_or_default(n)', undefined],
    ['get_or_default(missing, n)', null],
    ['get_or_default(false, true)', false],
    ["get_or_default(CASE s WHEN 'a' THEN 1 END, 'UNKNOWN')", 'UNKNOWN'],
    ["transform('enrichArray', obj, [{'k': 1}])", [{ k: 'v', 'a-b': 1 }]],
    ["transform('other', obj, [{'k': 1}])", undefined],
    ["transform('enrichArray', obj, [1])", undefined],
    ["transform('enrichArray', obj, obj)", undefined],
    ["transform('enrichArray', arr, [])", undefined],
    ["transform('enrichArray', obj, [])", []],
    ['transform(s, obj, [])', undefined],
    ["encode(s, 'base64')", 'dGV4dA=='],
    ["encode(5, 'base64')", 'NQ=='],
    ["encode(obj, 'base64')", 'eyJrIjoidiIsImEtYiI6MX0='],
    ["encode(n, 'base64')", undefined],
    ["encode(s, 'hex')", undefined],
    ['encode(s, s)', undefined],
    ["decode('dGV4dA==', 'base64')", 'text'],
    ["decode('dGV4dA', 'base64')", 'text'],
    ["decode('NQ==', 'base64')", 5],
    ["decode('WzEsMl0=', 'base64')", [1, 2]],
    ["decode('!!!', 'base64')", null],
    ["decode(missing, 'base64')", undefined],
    ["decode('dGV4dA==', 'gzip')", undefined],
    ["decode(encode(obj, 'base64'), 'base64').k", 'v'],
    ['topic(0)', undefined],
    ['topic(4)', undefined],
    ["topic('2')", 'myThings'],
    ['topic(2.9)', 'myThings'],
    ["topic('x')", undefined],
    ['topic(missing)', undefined],
  ])('%s is %j', async (expression, expected) => {
    expect(await valueOf(expression, { payload: PAYLOAD })).toEqual(expected);
  });

  test.each([
    ['clientid()', 'n/a'],
    ['traceid()', undefined],
    ['sourceip()', undefined],
    ['principal()', undefined],
  ])('%s of a message that came over HTTP without credentials is %j', async (expression, expected) => {
    expect(await valueOf(expression, { message: { source: { protocol: 'http' } } })).toBe(expected);
  });
});

describe('cast()', () => {
  test.each<[string, unknown]>([
    ['cast(5 AS Decimal)', 5],
    ['cast(2.5 AS Decimal)', 2.5],
    ['cast(true AS Decimal)', 1],
    ['cast(false AS Double)', 0],
    ["cast('-1.2' AS Decimal)", -1.2],
    ["cast('5E-12' AS Decimal)", 5e-12],
    ["cast('5e3' AS Decimal)", 5000],
    ["cast('+5' AS Decimal)", undefined],
    ["cast(' 5' AS Decimal)", undefined],
    ["cast('.5' AS Decimal)", undefined],
    ["cast('5.' AS Decimal)", undefined],
    ["cast('5E+3' AS Decimal)", undefined],
    ["cast('0x10' AS Decimal)", undefined],
    ["cast('' AS Decimal)", undefined],
    ['cast(arr AS Decimal)', undefined],
    ['cast(obj AS Decimal)', undefined],
    ['cast(n AS Decimal)', undefined],
    ['cast(missing AS Decimal)', undefined],
    ['cast(5 AS Int)', 5],
    ['cast(2.9 AS Int)', 2],
    ['cast(-2.9 AS Int)', -2],
    ['cast(true AS Integer)', 1],
    ["cast('2.9' AS Int)", 2],
    ["cast('x' AS Int)", undefined],
    ['cast(arr AS Int)', undefined],
    ['cast(n AS Int)', undefined],
    ['cast(0 AS Bool)', false],
    ['cast(0.1 AS Boolean)', true],
    ['cast(-3 AS Boolean)', true],
    ["cast('TRUE' AS Boolean)", true],
    ["cast('False' AS Bool)", false],
    ["cast('yes' AS Boolean)", undefined],
    ["cast('1' AS Boolean)", undefined],
    ['cast(arr AS Boolean)', undefined],
    ['cast(n AS Boolean)', undefined],
    ['cast(5 AS String)', '5'],
    ['cast(2.50 AS Nvarchar)', '2.5'],
    ['cast(true AS Text)', 'true'],
    ["cast('s' AS Ntext)", 's'],
    ['cast(arr AS varchar)', '[1,"x"]'],
    ["cast({'a': null, 'b': 'c'} AS String)", '{"a":null,"b":"c"}'],
    ['cast(n AS String)', undefined],
    ['cast(missing AS String)', undefined],
    ['cast(12345678901234567890 AS String)', '12345678901234567890'],
    ['cast(1E50 AS String)', '1E+50'],
    ['cast(0.00000001 AS String)', '1E-8'],
    ['cast(* AS String)', JSON.stringify(PAYLOAD)],
  ])('%s is %j', async (expression, expected) => {
    expect(await valueOf(expression, { payload: PAYLOAD })).toEqual(expected);
  });

  test('Double rounds to double precision, Decimal keeps 34 digits', async () => {
    expect(await textOf("cast('0.12345678901234567890123' AS Decimal)")).toBe('0.12345678901234567890123');
    expect(await textOf("cast('0.12345678901234567890123' AS Double)")).toBe('0.12345678901234568');
  });
});
