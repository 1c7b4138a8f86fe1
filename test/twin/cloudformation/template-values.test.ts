import { describe, expect, test } from '@jest/globals';

import { conditionEvaluator } from '../../../twin/cloudformation/conditions.ts';
import {
  hasDynamicReference,
  type ReferenceSource,
  resolveDynamicReferences,
} from '../../../twin/cloudformation/dynamic-references.ts';
import { NO_VALUE, type Scope } from '../../../twin/cloudformation/evaluation.ts';
import { expandForEach } from '../../../twin/cloudformation/for-each.ts';
import { resolveParameters } from '../../../twin/cloudformation/parameters.ts';
import { referencesOf } from '../../../twin/cloudformation/references.ts';
import type { ParameterDefinition, Template } from '../../../twin/cloudformation/template.ts';

const source: ReferenceSource = {
  ssmParameter: (name, version) => ({ '/app/size': version === '2' ? 'large' : 'small', '/app/zones': 'a,b' })[name],
  secretString: (secretId, { stage, id }) =>
    ({
      db: '{"user":"u","port":5432}',
      plain: stage === 'AWSPREVIOUS' ? 'old' : id === 'v1' ? 'first' : 'new',
      'arn:aws:secretsmanager:eu-central-1:111111111111:secret:db-AbCdEf': '{"user":"by-arn"}',
    })[secretId],
};

describe('a parameter', () => {
  const valueOf = async (definition: ParameterDefinition, given: Record<string, unknown> = {}) =>
    (await resolveParameters('S', { Parameters: { P: definition } }, given, source)).get('P');

  test.each<[string, ParameterDefinition, Record<string, unknown>, unknown]>([
    ['has its default', { Type: 'String', Default: 'x' }, {}, 'x'],
    ['has what is given', { Type: 'String', Default: 'x' }, { P: 'y' }, 'y'],
    ['that is a number is text, as Ref gives it', { Type: 'Number', Default: 3 }, {}, '3'],
    ['that is a list is split', { Type: 'CommaDelimitedList', Default: 'a, b' }, {}, ['a', 'b']],
    ['that is a list of ids is split', { Type: 'List<AWS::EC2::Subnet::Id>' }, { P: ['s-1', 's-2'] }, ['s-1', 's-2']],
    [
      'of an SSM type has what the SSM parameter holds',
      { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/app/size' },
      {},
      'small',
    ],
    [
      'of an SSM list type is split',
      { Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: '/app/zones' },
      {},
      ['a', 'b'],
    ],
    [
      'for the bootstrap version satisfies every app',
      { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/hnb659fds/version' },
      {},
      '1000',
    ],
    [
      'for a public machine image is a well-formed id',
      {
        Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
        Default: '/aws/service/ami-amazon-linux-latest/al2023',
      },
      {},
      expect.stringMatching(/^ami-[0-9a-f]{17}$/),
    ],
  ])('%s', async (_, definition, given, value) => {
    expect(await valueOf(definition, given)).toEqual(value);
  });

  test.each<[ParameterDefinition, string]>([
    [{ Type: 'String' }, 'has no default, and no value was given'],
    [{ Type: 'String', Default: 'c', AllowedValues: ['a', 'b'] }, '"c" is not one of a, b'],
    [{ Type: 'String', Default: 'abc', AllowedPattern: '[a-b]+' }, '"abc" does not match [a-b]+'],
    [
      { Type: 'String', Default: 'abc', AllowedPattern: '[a-b]+', ConstraintDescription: 'only a and b' },
      'only a and b',
    ],
    [{ Type: 'Number', Default: 'many' }, '"many" is not a number'],
    [{ Type: 'AWS::SSM::Parameter::Value<String>', Default: '/none' }, 'there is no SSM parameter "/none"'],
  ])('%j is refused', async (definition, reason) => {
    await expect(valueOf(definition)).rejects.toThrow(`Stack S, Parameters.P: ${reason}.`);
  });
});

describe('a condition', () => {
  const scope = {
    stackName: 'S',
    ref: (name: string) => ({ Env: 'prod', None: NO_VALUE })[name],
    condition: () => undefined,
  } as unknown as Scope;
  const isProd = { 'Fn::Equals': [{ Ref: 'Env' }, 'prod'] };
  const isDev = { 'Fn::Equals': [{ Ref: 'Env' }, 'dev'] };
  const valueOf = (definition: unknown, others: Record<string, unknown> = {}) =>
    conditionEvaluator(
      () => ({ C: definition, ...others }),
      () => scope,
    )('C');

  test.each<[unknown, boolean]>([
    [isProd, true],
    [isDev, false],
    [{ 'Fn::Not': [isProd] }, false],
    [{ 'Fn::And': [isProd, isProd] }, true],
    [{ 'Fn::And': [isProd, isDev] }, false],
    [{ 'Fn::Or': [isDev, isProd] }, true],
    [{ 'Fn::Or': [isDev, isDev] }, false],
    [{ Condition: 'Other' }, true],
    [{ 'Fn::And': [{ Condition: 'Other' }, { 'Fn::Not': [isDev] }] }, true],
    [{ 'Fn::Equals': [3, '3'] }, true],
    [{ 'Fn::Equals': [true, 'true'] }, true],
  ])('%j is %s', (definition, value) => {
    expect(valueOf(definition, { Other: isProd })).toBe(value);
  });

  test('that is not defined has no value', () => {
    expect(
      conditionEvaluator(
        () => ({}),
        () => scope,
      )('C'),
    ).toBeUndefined();
  });

  test.each<[unknown, string]>([
    [{ Condition: 'Nowhere' }, 'Stack S, Conditions.C: there is no condition "Nowhere".'],
    [{ Condition: 'Other' }, 'Stack S, Conditions.C: conditions refer to each other in a circle: C -> Other -> C.'],
    [{ 'Fn::And': [isProd] }, 'Stack S, Conditions.C: Fn::And takes two to ten conditions.'],
    [{ 'Fn::Not': [] }, 'Stack S, Conditions.C: Fn::Not takes one condition.'],
    [{ 'Fn::Not': ['maybe'] }, 'Stack S, Conditions.C.Fn::Not[0]: is not a condition.'],
    [{ 'Fn::Join': ['', []] }, 'Stack S, Conditions.C: Fn::Join is not a condition function.'],
  ])('%j is refused', (definition, message) => {
    expect(() => valueOf(definition, { Other: { Condition: 'C' } })).toThrow(message);
  });
});

describe('a dynamic reference', () => {
  test.each<[string, unknown]>([
    ['{{resolve:ssm:/app/size}}', 'small'],
    ['{{resolve:ssm:/app/size:2}}', 'large'],
    ['{{resolve:ssm-secure:/app/size}}', 'small'],
    ['{{resolve:secretsmanager:plain}}', 'new'],
    ['{{resolve:secretsmanager:plain:SecretString}}', 'new'],
    ['{{resolve:secretsmanager:plain:SecretString::AWSPREVIOUS}}', 'old'],
    ['{{resolve:secretsmanager:plain:SecretString:::v1}}', 'first'],
    ['{{resolve:secretsmanager:db:SecretString:port::}}', '5432'],
    [
      '{{resolve:secretsmanager:arn:aws:secretsmanager:eu-central-1:111111111111:secret:db-AbCdEf:SecretString:user::}}',
      'by-arn',
    ],
    [
      'postgres://{{resolve:secretsmanager:db:SecretString:user}}@h:{{resolve:secretsmanager:db:SecretString:port}}/',
      'postgres://u@h:5432/',
    ],
  ])('%s is %s', async (text, value) => {
    expect(await resolveDynamicReferences({ deep: [text] }, source)).toEqual({ deep: [value] });
  });

  test.each([
    '{{resolve:ssm:/none}}',
    '{{resolve:secretsmanager:none}}',
    '{{resolve:secretsmanager:db:SecretString:none}}',
    '{{resolve:secretsmanager:plain:SecretString:key}}',
  ])('%s without a value is named', async (text) => {
    await expect(resolveDynamicReferences(text, source)).rejects.toThrow(`the dynamic reference ${text} has no value`);
  });

  test('is found anywhere in a value', () => {
    expect(hasDynamicReference({ a: ['x', { b: '{{resolve:ssm:y}}' }] })).toBe(true);
    expect(hasDynamicReference({ a: ['x', 1, null] })).toBe(false);
  });
});

describe('references of a resource', () => {
  test.each<[string, unknown, string[]]>([
    ['Ref', { Ref: 'A' }, ['A']],
    ['Fn::GetAtt', [{ 'Fn::GetAtt': 'A.Arn' }, { 'Fn::GetAtt': ['B', 'Arn'] }], ['A', 'B']],
    ['Fn::Sub', { 'Fn::Sub': '${A} ${B.Arn} ${!C}' }, ['A', 'B']],
    ['Fn::Sub with variables', { 'Fn::Sub': ['${A} ${X}', { X: { Ref: 'B' } }] }, ['A', 'B']],
    ['the branch taken', { 'Fn::If': ['Yes', { Ref: 'A' }, { Ref: 'B' }] }, ['A']],
    ['the other branch', { 'Fn::If': ['No', { Ref: 'A' }, { Ref: 'B' }] }, ['B']],
  ])('by %s', (_, value, names) => {
    expect([...referencesOf({ Type: 'T', Properties: { value } }, (name) => name === 'Yes')]).toEqual(names);
  });
});

describe('Fn::ForEach', () => {
  const expand = (template: unknown) => expandForEach(template as Template, (collection) => collection, 'S');

  test('unrolls in nested places, with both forms of its variable', () => {
    expect(
      expand({
        Resources: {
          'Fn::ForEach::L': [
            'X',
            ['a.b', 'c'],
            { 'R&{X}': { Type: 'T', Properties: { Raw: '${X}', Own: { Ref: 'X' }, Other: { Ref: 'R' } } } },
          ],
        },
      }),
    ).toEqual({
      Resources: {
        Rab: { Type: 'T', Properties: { Raw: 'a.b', Own: 'a.b', Other: { Ref: 'R' } } },
        Rc: { Type: 'T', Properties: { Raw: 'c', Own: 'c', Other: { Ref: 'R' } } },
      },
    });
  });

  test('unrolls loops within loops', () => {
    const inner = { 'Fn::ForEach::In': ['Y', ['1', '2'], { '${X}${Y}': { Value: '${X}-${Y}' } }] };
    expect(expand({ Outputs: { 'Fn::ForEach::Out': ['X', ['a', 'b'], inner] } })).toEqual({
      Outputs: { a1: { Value: 'a-1' }, a2: { Value: 'a-2' }, b1: { Value: 'b-1' }, b2: { Value: 'b-2' } },
    });
  });

  test.each([
    [['X', ['a']], 'Fn::ForEach takes [identifier, collection, {key: value}]'],
    [['X', 'a', {}], 'the collection of Fn::ForEach is not a list'],
  ])('%j is refused', (loop, reason) => {
    expect(() => expand({ Resources: { 'Fn::ForEach::L': loop } })).toThrow(
      `Stack S, Resources.Fn::ForEach::L: ${reason}.`,
    );
  });
});
