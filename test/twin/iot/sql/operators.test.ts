import { describe, expect, test } from '@jest/globals';

import { run, textOf, valueOf } from './evaluation.ts';

const PAYLOAD = {
  n: null,
  t: true,
  f: false,
  i: 5,
  d: 2.5,
  s: 'text',
  num: '7',
  arr: [1, { a: 2 }],
  obj: { x: 1, y: [2] },
  yes: 'TRUE',
  no: 'False',
};

describe('operators follow the tables of the developer guide', () => {
  test.each<[string, unknown]>([
    // AND, OR, NOT: Booleans, and "true" and "false" in any case
    ['t AND t', true],
    ['t AND f', false],
    ["t AND 'TRUE'", true],
    ['yes AND no', false],
    ['t AND 1', undefined],
    ["t AND 'yes'", undefined],
    ['t AND missing', undefined],
    ['f AND missing', undefined],
    ['t AND n', undefined],
    ['f OR t', true],
    ['f OR f', false],
    ["f OR 'true'", true],
    ['t OR missing', undefined],
    ['t OR 0', undefined],
    ['NOT t', false],
    ["NOT 'false'", true],
    ['NOT 1', undefined],
    ['NOT missing', undefined],
    ['NOT n', undefined],
    ['not t and f', false],
    ['NOT (t AND f)', true],
    // precedence
    ['t OR f AND f', true],
    ['2 + 3 * 4', 14],
    ['(2 + 3) * 4', 20],
    ['10 - 2 - 3', 5],
    ['2 * 3 % 4', 2],
    ['-2 * -3', 6],
    ['- i', -5],
    ['-num', -7],
    ['-arr', undefined],
    ['1 + 1 = 2 AND 2 > 1', true],
    // comparison as Decimals
    ['5 > 3', true],
    ['5 > 5', false],
    ['5 >= 5', true],
    ['2.5 < 2.51', true],
    ['5 <= 4.9', false],
    ["'10' > 9", true],
    ["'10' > '9'", true],
    ["'abc' > 1", undefined],
    ["'' < 1", undefined],
    ['t > 0', undefined],
    ['n < 1', undefined],
    ['missing >= 1', undefined],
    ['arr > 1', undefined],
    ['12345678901234567891 > 12345678901234567890', true],
    // equality
    ['5 = 5', true],
    ['5 = 5.0', true],
    ['5 = i', true],
    ["'7' = 7", false],
    ["'a' = 'a'", true],
    ["'a' = 'A'", false],
    ['t = true', true],
    ["t = 'true'", false],
    ['n = NULL', true],
    ['n = 0', false],
    ['missing = 1', undefined],
    ['1 = missing', undefined],
    ['missing = missing', undefined],
    ['missing = n', undefined],
    ["arr = [1, {'a': 2}]", true],
    ["arr = [{'a': 2}, 1]", false],
    ["obj = {'y': [2], 'x': 1}", true],
    ["obj = {'x': 1}", false],
    ["obj = {'x': 1, 'y': [3]}", false],
    ['arr = 1', false],
    ['5 <> 5', false],
    ['5 <> 6', true],
    ["'7' <> 7", true],
    ['n <> NULL', false],
    ['n <> 1', true],
    ['missing <> 1', undefined],
    ['arr <> [1]', true],
    ["obj <> {'y': [2], 'x': 1}", false],
    // +
    ['1 + 2', 3],
    ['1 + 2.5', 3.5],
    ["'a' + 'b'", 'ab'],
    ["'a' + 1", 'a1'],
    ["1 + 'a'", '1a'],
    ["'1' + 2", '12'],
    ["'a' + t", 'atrue'],
    ["'a' + arr", 'a[1,{"a":2}]'],
    ["'a' + d", 'a2.5'],
    ["'a' + n", undefined],
    ["'a' + missing", undefined],
    ['1 + t', undefined],
    ['1 + n', undefined],
    ['arr + arr', undefined],
    // - * / %
    ['5 - 7', -2],
    ["'5.5' - 1", 4.5],
    ["'x' - 1", undefined],
    ['t - 1', undefined],
    ['3 * 4', 12],
    ["'3' * '4'", 12],
    ['3 * 1.5', 4.5],
    ['7 / 2', 3],
    ['-7 / 2', -3],
    ['7 / 2.5', 2.8],
    ["'7.5' / 2", 3.75],
    ['1 / 0', undefined],
    ['1.5 / 0', undefined],
    ['7 % 3', 1],
    ['-7 % 3', -1],
    ['7.5 % 2', 1.5],
    ["'8' % 3", 2],
    ['7 % 0', undefined],
    ['arr * 2', undefined],
    // IN
    ['3 in [1, 2, 3]', true],
    ["'3' in [1, 2, 3]", false],
    ["{'a': 2} IN arr", true],
    ['[1] IN [[1], 2]', true],
    ['5.0 IN [5]', true],
    ['4 IN []', false],
    ["'a' IN 'abc'", undefined],
    ['missing IN [1]', undefined],
    ['1 IN missing', undefined],
    ['NOT (9 IN [1])', true],
    // EXISTS
    ['exists (select * from arr as a where a = 1)', true],
    ['exists (select * from arr as a where a = 9)', false],
    ['EXISTS (SELECT * FROM missing)', false],
    ['exists (select x from obj where x = 1)', true],
    ['exists (select x from obj where x = 2)', false],
    // member access
    ['obj.x', 1],
    ['obj.y', [2]],
    ['obj.z', undefined],
    ['s.length', undefined],
    ['arr.length', undefined],
    ['missing.x.y', undefined],
    ['toString', undefined],
    ['obj.constructor', undefined],
  ])('%s is %j', async (expression, expected) => {
    expect(await valueOf(expression, { payload: PAYLOAD })).toEqual(expected);
  });

  test.each([
    ['0.1 + 0.2', '0.3'],
    ['1.1 * 1.1', '1.21'],
    ['0.3 - 0.1', '0.2'],
    ['4.35 * 100', '435'],
    ['1.005 * 1000', '1005'],
    ['9007199254740991 + 2', '9007199254740993'],
    ['9007199254740993 * 3', '27021597764222979'],
    ['12345678901234567890123456789012 + 1', '12345678901234567890123456789013'],
    ['12345678901234567890 / 7', '1763668414462081127'],
    ['12345678901234567890 % 7', '1'],
    ['1.0 / 3.5', '0.2857142857142857142857142857142857'],
    ['2.5 / 3', '0.8333333333333333333333333333333333'],
    ['1E300 * 1E300', '1E+600'],
    ['1E-500 * 1.5', '1.5E-500'],
    ['0.1 + 12345678901234567890', '12345678901234567890.1'],
    ['-9007199254740993', '-9007199254740993'],
    ['1e3', '1000'],
    ['1.5e-10', '1.5e-10'],
  ])('%s is exactly %s', async (expression, expected) => {
    expect(await textOf(expression)).toBe(expected);
  });

  test('numbers beyond 9.99E999 are Undefined', async () => {
    expect(await valueOf('1E999 * 10')).toBeUndefined();
  });
});

describe('a WHERE that is not true', () => {
  test.each(['missing > 5', 'missing', '1', "'true'", 'NULL', 'obj', 'false', '1 = 2'])(
    '%s keeps the rule from firing',
    async (where) => {
      expect(await run(`SELECT * FROM 'a' WHERE ${where}`, { payload: PAYLOAD })).toEqual({ fires: false });
    },
  );

  test.each(['true', 't', 'i > 4', "s = 'text'", 'NOT f'])('%s lets it fire', async (where) => {
    expect(await run(`SELECT * FROM 'a' WHERE ${where}`, { payload: PAYLOAD })).toMatchObject({ fires: true });
  });
});
