import { describe, expect, test } from '@jest/globals';

import { AwsError } from '../../../../twin/endpoint/service.ts';
import { compileFilterPattern } from '../../../../twin/services/logs/filter-pattern.ts';

const json = JSON.stringify({
  level: 'ERROR',
  status: 404,
  ok: false,
  cause: null,
  user: { id: 'u-1', roles: ['admin', 'dev'] },
  path: '/a?b',
});

describe('a message fits', () => {
  test.each<[string, string, string, boolean]>([
    ['the empty pattern', '', 'anything', true],
    ['a term that it contains', 'ERROR', 'an ERROR here', true],
    ['but not one in another case', 'error', 'an ERROR here', false],
    ['all of several terms', 'ERROR disk', 'disk ERROR', true],
    ['but not when one is missing', 'ERROR disk', 'ERROR', false],
    ['a quoted phrase', '"not found"', 'file not found', true],
    ['but not its words apart', '"not found"', 'found not', false],
    ['an escaped quote', '"a \\"b\\""', 'say a "b"', true],
    ['one of the alternatives', '?ERROR ?WARN', 'a WARN', true],
    ['but none', '?ERROR ?WARN', 'INFO', false],
    ['without the excluded term', 'ERROR -retry', 'ERROR once', true],
    ['but not with it', 'ERROR -retry', 'ERROR retry', false],
    ['a regular expression', '%status=[45]\\d\\d%', 'x status=503', true],
    ['but not another', '%^ERROR%', 'an ERROR', false],
    ['JSON by text', '{ $.level = "ERROR" }', json, true],
    ['JSON by text without quotes', '{ $.level = ERROR }', json, true],
    ['JSON by a wildcard', '{ $.user.id = "u-*" }', json, true],
    ['where a question mark is none', '{ $.path = "/a?*" }', json, true],
    ['JSON by difference', '{ $.level != "INFO" }', json, true],
    ['but not of what is missing', '{ $.missing != "INFO" }', json, false],
    ['JSON by number', '{ $.status >= 400 && $.status < 500 }', json, true],
    ['but text is no number', '{ $.level > 1 }', json, false],
    ['JSON by an element of a list', '{ $.user.roles[1] = "dev" }', json, true],
    ['JSON by any element of a list', '{ $.user.roles[*] = "admin" }', json, true],
    ['JSON by null', '{ $.cause IS NULL }', json, true],
    ['JSON by truth', '{ $.ok IS FALSE }', json, true],
    ['JSON by absence', '{ $.missing NOT EXISTS }', json, true],
    ['JSON by either', '{ ($.status = 1) || ($.level = %^ERR%) }', json, true],
    ['but the braces bind', '{ ($.status = 1 || $.status = 404) && $.ok IS TRUE }', json, false],
    ['but text that is no JSON never does', '{ $.level = "ERROR" }', 'level ERROR', false],
  ])('%s', (_name, pattern, message, expected) => {
    expect(compileFilterPattern(pattern)(message)).toBe(expected);
  });
});

describe('a pattern is refused', () => {
  test.each([
    ['that is too long', 'x'.repeat(1025)],
    ['of space-delimited fields', '[ip, user]'],
    ['with an unclosed quote', '"abc'],
    ['with a group in its regular expression', '%(a+)+$%'],
    ['with an unclosed brace', '{ $.a = 1'],
    ['with something behind the brace', '{ $.a = 1 } x'],
    ['without a selector', '{ a = 1 }'],
    ['without a value', '{ $.a = }'],
    ['that orders text', '{ $.a > "x" }'],
    ['that nests without end', `{ ${'('.repeat(100)}$.a = 1${')'.repeat(100)} }`],
  ])('%s', (_name, pattern) => {
    expect(() => compileFilterPattern(pattern)).toThrow(AwsError);
  });
});
