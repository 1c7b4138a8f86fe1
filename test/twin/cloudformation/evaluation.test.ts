import { describe, expect, test } from '@jest/globals';

import { evaluate, NO_VALUE, type Scope } from '../../../twin/cloudformation/evaluation.ts';
import { IovError } from '../../../twin/errors.ts';

const refs: Record<string, unknown> = {
  Bucket: 'my-bucket',
  Names: ['a', 'b'],
  Count: '3',
  'AWS::Region': 'eu-central-1',
  'AWS::AccountId': '111111111111',
  'AWS::NoValue': NO_VALUE,
};

const scope: Scope = {
  stackName: 'Demo',
  account: { partition: 'aws', accountId: '111111111111', region: 'eu-central-1' },
  ref: (name) => refs[name],
  attribute(logicalId, attribute) {
    if (logicalId === 'Bucket' && attribute === 'Arn') return 'arn:aws:s3:::my-bucket';
    if (logicalId === 'Nested' && attribute === 'Outputs.Key') return 'k';
    throw new Error(`the resource "${logicalId}" has no attribute "${attribute}"`);
  },
  mapping: (map, top, second) => (map === 'Sizes' && top === 'dev' && second === 'brokers' ? 3 : undefined),
  condition: (name) => ({ Yes: true, No: false })[name],
  exportedValue: (name) => (name === 'Shared' ? 'shared-value' : undefined),
  stackOutput: (stack, region, output) =>
    stack === 'Other' && region === undefined && output === 'Key' ? 'other-key' : undefined,
};

describe('the value of a template expression', () => {
  test.each<[string, unknown, unknown]>([
    ['text is itself', 'plain', 'plain'],
    ['numbers and booleans are themselves', { a: 1, b: false, c: null }, { a: 1, b: false, c: null }],
    ['Ref of a resource', { Ref: 'Bucket' }, 'my-bucket'],
    ['Ref of a list parameter', { Ref: 'Names' }, ['a', 'b']],
    ['an object that has a Ref among other members is no function', { Ref: 'x', Other: 'y' }, { Ref: 'x', Other: 'y' }],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Bucket', 'Arn'] }, 'arn:aws:s3:::my-bucket'],
    ['Fn::GetAtt as text', { 'Fn::GetAtt': 'Bucket.Arn' }, 'arn:aws:s3:::my-bucket'],
    ['Fn::GetAtt of a name with dots', { 'Fn::GetAtt': 'Nested.Outputs.Key' }, 'k'],
    ['Fn::GetAtt of a name with dots as a list', { 'Fn::GetAtt': ['Nested', 'Outputs.Key'] }, 'k'],
    ['Fn::Sub of a pseudo parameter', { 'Fn::Sub': 'in ${AWS::Region}' }, 'in eu-central-1'],
    ['Fn::Sub of an attribute', { 'Fn::Sub': '${Bucket.Arn}/*' }, 'arn:aws:s3:::my-bucket/*'],
    ['Fn::Sub with variables of its own', { 'Fn::Sub': ['${X}-${Bucket}', { X: { Ref: 'Count' } }] }, '3-my-bucket'],
    [
      'Fn::Sub leaves literals to whoever reads the text',
      { 'Fn::Sub': '${!topic(3)} of ${Bucket}' },
      '${topic(3)} of my-bucket',
    ],
    [
      'Fn::Sub leaves a secret of IoT unexpanded',
      { 'Fn::Sub': "${!get_secret('s','SecretString','username')}" },
      "${get_secret('s','SecretString','username')}",
    ],
    ['plain text is not substituted in', "${get_secret('s')}", "${get_secret('s')}"],
    [
      'Fn::Sub ends a literal at the first brace',
      { 'Fn::Sub': "${!get_secret('${Bucket}')}" },
      "${get_secret('${Bucket}')}",
    ],
    ['Fn::Sub does not look into what it inserted', { 'Fn::Sub': ['${X}', { X: '${Bucket}' }] }, '${Bucket}'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Bucket' }, 3, true]] }, 'a-my-bucket-3-true'],
    ['Fn::Join of a list parameter', { 'Fn::Join': [',', { Ref: 'Names' }] }, 'a,b'],
    ['Fn::Join without AWS::NoValue', { 'Fn::Join': [',', ['a', { Ref: 'AWS::NoValue' }, 'b']] }, 'a,b'],
    ['Fn::Split', { 'Fn::Split': ['/', 'a/b/c'] }, ['a', 'b', 'c']],
    ['Fn::Select', { 'Fn::Select': ['1', { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
    ['Fn::Select in a list parameter', { 'Fn::Select': [0, { Ref: 'Names' }] }, 'a'],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', 'dev', 'brokers'] }, 3],
    [
      'Fn::FindInMap with a default',
      { 'Fn::FindInMap': ['Sizes', 'prod', 'brokers', { DefaultValue: { Ref: 'Count' } }] },
      '3',
    ],
    [
      'Fn::If takes a branch',
      [{ 'Fn::If': ['Yes', 'a', { Ref: 'Nowhere' }] }, { 'Fn::If': ['No', { Ref: 'Nowhere' }, 'b'] }],
      ['a', 'b'],
    ],
    [
      'Fn::If to AWS::NoValue removes the member',
      { keep: 1, drop: { 'Fn::If': ['No', 1, { Ref: 'AWS::NoValue' }] } },
      { keep: 1 },
    ],
    ['AWS::NoValue removes the element', ['a', { Ref: 'AWS::NoValue' }, 'b'], ['a', 'b']],
    ['Fn::ImportValue', { 'Fn::ImportValue': { 'Fn::Sub': 'Shared' } }, 'shared-value'],
    ['Fn::GetStackOutput', { 'Fn::GetStackOutput': { StackName: 'Other', OutputName: 'Key' } }, 'other-key'],
    ['Fn::Base64', { 'Fn::Base64': 'retention.ms=1' }, 'cmV0ZW50aW9uLm1zPTE='],
    ['Fn::Cidr', { 'Fn::Cidr': ['10.0.0.0/16', 2, '8'] }, ['10.0.0.0/24', '10.0.1.0/24']],
    ['Fn::GetAZs of the own Region', { 'Fn::GetAZs': '' }, ['eu-central-1a', 'eu-central-1b', 'eu-central-1c']],
    ['Fn::GetAZs of another Region', { 'Fn::GetAZs': 'us-west-2' }, ['us-west-2a', 'us-west-2b', 'us-west-2c']],
    ['Fn::Length', { 'Fn::Length': { Ref: 'Names' } }, 2],
    ['Fn::ToJsonString', { 'Fn::ToJsonString': { a: { Ref: 'Bucket' }, b: [1] } }, '{"a":"my-bucket","b":[1]}'],
  ])('%s', (_, expression, value) => {
    expect(evaluate(expression, scope, 'Resources.R.Properties')).toEqual(value);
  });

  test('an expression that is AWS::NoValue as a whole says so', () => {
    expect(evaluate({ Ref: 'AWS::NoValue' }, scope, 'p')).toBe(NO_VALUE);
  });
});

describe('an expression that cannot be resolved names stack, path and reason', () => {
  test.each<[unknown, string]>([
    [{ Ref: 'Nowhere' }, 'Stack Demo, P.A.Ref: there is no parameter or resource "Nowhere".'],
    [{ Ref: ['x'] }, 'Stack Demo, P.A.Ref: Ref takes the name of a parameter or resource.'],
    [
      [{ 'Fn::GetAtt': ['Bucket', 'Size'] }],
      'Stack Demo, P.A[0].Fn::GetAtt: the resource "Bucket" has no attribute "Size".',
    ],
    [{ 'Fn::GetAtt': 'Bucket' }, 'Stack Demo, P.A.Fn::GetAtt: takes [resource, attribute] or "resource.attribute".'],
    [
      { 'Fn::Sub': '${Nowhere}' },
      'Stack Demo, P.A.Fn::Sub: ${Nowhere} names no parameter or resource; write ${!Nowhere} for the text itself.',
    ],
    [
      { 'Fn::Sub': '${topic(3)}' },
      'Stack Demo, P.A.Fn::Sub: "${topic(3)}" is not a name (letters, digits, underscores, periods and colons); write ${!topic(3)} for the text itself.',
    ],
    [{ 'Fn::Sub': '${Names}' }, 'Stack Demo, P.A.Fn::Sub: ${Names} is a list, not text.'],
    [{ 'Fn::Join': [',', 'text'] }, 'Stack Demo, P.A.Fn::Join: expected a list at [1], got "text".'],
    [{ 'Fn::Join': [',', [{ a: 1 }]] }, 'Stack Demo, P.A.Fn::Join: expected text at [1][0], got an object.'],
    [{ 'Fn::Select': [2, ['a', 'b']] }, 'Stack Demo, P.A.Fn::Select: index 2 is outside a list of 2.'],
    [
      { 'Fn::FindInMap': ['Sizes', 'prod', 'brokers'] },
      'Stack Demo, P.A.Fn::FindInMap: the mapping Sizes has no value for prod / brokers.',
    ],
    [{ 'Fn::If': ['Maybe', 1, 2] }, 'Stack Demo, P.A.Fn::If: there is no condition "Maybe".'],
    [{ 'Fn::If': ['Yes', { Ref: 'X' }, 2] }, 'Stack Demo, P.A.Fn::If[1].Ref: there is no parameter or resource "X".'],
    [{ 'Fn::If': ['No', 1, { Ref: 'X' }] }, 'Stack Demo, P.A.Fn::If[2].Ref: there is no parameter or resource "X".'],
    [{ 'Fn::ImportValue': 'Missing' }, 'Stack Demo, P.A.Fn::ImportValue: no stack exports "Missing".'],
    [
      { 'Fn::GetStackOutput': { StackName: 'Other', OutputName: 'x' } },
      'Stack Demo, P.A.Fn::GetStackOutput: the stack Other has no output "x".',
    ],
    [
      { 'Fn::Cidr': ['10.0.0.0/24', 2, 8] },
      'Stack Demo, P.A.Fn::Cidr: 10.0.0.0/24 has no room for 2 blocks of 8 host bits.',
    ],
    [
      { 'Fn::Transform': { Name: 'AWS::Include' } },
      'Stack Demo, P.A.Fn::Transform: Fn::Transform is not a function of CloudFormation that the twin knows.',
    ],
  ])('%j', (expression, message) => {
    expect(() => evaluate({ A: expression }, scope, 'P')).toThrow(IovError);
    expect(() => evaluate({ A: expression }, scope, 'P')).toThrow(message);
  });
});
