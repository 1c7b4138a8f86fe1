import { describe, expect, test } from '@jest/globals';

import { contextOf } from '../../../twin/policy-language/context.ts';
import { parseTemplate, plainText, resolveTemplate } from '../../../twin/policy-language/template.ts';
import { Pattern } from '../../../twin/policy-language/wildcard.ts';

const context = contextOf({
  'iot:ClientId': 'c1',
  'aws:Star': '*',
  'iot:Many': ['a', 'b'],
  'iot:Attributes[a,b]': 'comma',
});

describe('policy variables', () => {
  test.each([
    ['a/${iot:ClientId}/b', 'a/c1/b'],
    ['${IOT:clientid}', 'c1'],
    ['${ iot:ClientId }', 'c1'],
    ['${iot:ClientId}${iot:ClientId}', 'c1c1'],
    ['$aws/things/${iot:ClientId}', '$aws/things/c1'],
    ['${iot:Attributes[a,b]}', 'comma'],
    ["${iot:None, 'x'}", 'x'],
    ["${iot:None, ''}", ''],
    ["${iot:ClientId, 'x'}", 'c1'],
    ['${*}${?}${$}', '*?$'],
    ['$(*)$(?)$($)', '*?$'],
    ['${$}{iot:ClientId}', '${iot:ClientId}'],
    ['${', '${'],
    ['${}', '${}'],
    ['${iot:ClientId', '${iot:ClientId'],
    ['$', '$'],
    ['$$', '$$'],
    ['', ''],
  ])('%j becomes %j', (source, expected) => {
    const { parts } = resolveTemplate(parseTemplate(source, true), context);
    expect(parts && plainText(parts)).toBe(expected);
  });

  test.each([
    ['${iot:None}', 'iot:None'],
    ['x/${iot:ClientId}/${iot:None}/${iot:Other}', 'iot:None'],
    ['${iot:Many}', 'iot:Many'],
  ])('%j has no value for %j', (source, unresolved) => {
    expect(resolveTemplate(parseTemplate(source, true), context)).toEqual({ unresolved });
  });

  test('are plain text in documents of version 2008-10-17', () => {
    expect(resolveTemplate(parseTemplate('${iot:ClientId}', false), context).parts).toEqual([
      { kind: 'literal', text: '${iot:ClientId}' },
    ]);
  });

  test('a value never acts as a wildcard', () => {
    const { parts } = resolveTemplate(parseTemplate('a/${aws:Star}/*', true), context);
    const pattern = new Pattern(parts!);
    expect([pattern.matches('a/*/x'), pattern.matches('a/b/x')]).toEqual([true, false]);
  });
});
