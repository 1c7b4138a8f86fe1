import { describe, expect, test } from '@jest/globals';

import {
  accountNamedIn,
  fitsPolicyLimit,
  inAccount,
  MalformedPolicy,
  parsePolicyDocument,
  requireConnectAttributes,
} from '../../../../twin/iot/policy/index.ts';
import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ACCOUNT, allow, client, document } from './fixtures.ts';
import { decide } from '../../../../twin/iot/policy/index.ts';

const base = { Effect: 'Allow', Action: 'iot:Connect', Resource: '*' };
const one = (statement: unknown): unknown => ({ Version: '2012-10-17', Statement: [statement] });

describe('a document that CreatePolicy would refuse', () => {
  test.each<[string, unknown, string, string]>([
    ['text that is not JSON', '{"Version":', '', 'is not JSON'],
    ['a list', [], '', 'must be an object'],
    ['null', null, '', 'must be an object'],
    ['a number', 7, '', 'must be an object'],
    ['an unknown version', { Version: '2020-01-01', Statement: [base] }, 'Version', '2012-10-17'],
    ['no statement', { Version: '2012-10-17' }, '', 'has no Statement'],
    ['an empty list of statements', { Version: '2012-10-17', Statement: [] }, 'Statement', 'must not be empty'],
    ['an unknown element', { Version: '2012-10-17', Statement: [base], Rules: [] }, 'Rules', 'not an element'],
    ['a statement that is text', one('Allow'), 'Statement[0]', 'must be an object'],
    ['an unknown element of a statement', one({ ...base, Resources: '*' }), 'Statement[0].Resources', 'not an element'],
    ['no effect', one({ Action: 'iot:Connect', Resource: '*' }), 'Statement[0].Effect', '"Allow" or "Deny"'],
    ['an effect in lower case', one({ ...base, Effect: 'allow' }), 'Statement[0].Effect', '"Allow" or "Deny"'],
    ['no action', one({ Effect: 'Allow', Resource: '*' }), 'Statement[0]', 'needs an Action'],
    ['both actions', one({ ...base, NotAction: 'iot:*' }), 'Statement[0]', 'both Action and NotAction'],
    ['an action without service', one({ ...base, Action: 'Connect' }), 'Statement[0].Action', '"service:action"'],
    [
      'an action that is a number',
      one({ ...base, Action: ['iot:Connect', 1] }),
      'Statement[0].Action[1]',
      'must be a string',
    ],
    ['an empty list of actions', one({ ...base, Action: [] }), 'Statement[0].Action', 'must not be empty'],
    ['no resource', one({ Effect: 'Allow', Action: 'iot:*' }), 'Statement[0]', 'needs a Resource'],
    ['both resources', one({ ...base, NotResource: '*' }), 'Statement[0]', 'both Resource and NotResource'],
    ['a resource that is no ARN', one({ ...base, Resource: 'topic/x' }), 'Statement[0].Resource', 'must be an ARN'],
    ['a principal', one({ ...base, Principal: '*' }), 'Statement[0].Principal', 'not allowed'],
    [
      'an unknown operator',
      one({ ...base, Condition: { StringIs: { 'iot:ClientId': 'a' } } }),
      'Statement[0].Condition.StringIs',
      'not a condition operator',
    ],
    [
      'a condition without key',
      one({ ...base, Condition: { StringEquals: 'a' } }),
      'Statement[0].Condition.StringEquals',
      'must be an object',
    ],
    [
      'a condition value that is an object',
      one({ ...base, Condition: { Bool: { k: {} } } }),
      'Statement[0].Condition.Bool.k',
      'must be a string',
    ],
    ['a Sid that is a number', one({ ...base, Sid: 1 }), 'Statement[0].Sid', 'must be a string'],
  ])('%s', (_, json, where, what) => {
    let error: unknown;
    try {
      parsePolicyDocument(json);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(MalformedPolicy);
    expect(error).toMatchObject({ where, message: expect.stringContaining(what) });
  });
});

describe('a document that is accepted', () => {
  test.each<[string, unknown]>([
    ['as JSON text', JSON.stringify(one(base))],
    ['with one statement without list', { Version: '2012-10-17', Statement: base }],
    ['without Version', { Statement: [base] }],
    ['with Id and Sid', { Version: '2008-10-17', Id: 'x', Statement: [{ ...base, Sid: 'One' }] }],
    [
      'with an empty list of condition values',
      one({ ...base, Condition: { 'ForAllValues:StringEquals': { 'iot:ConnectAttributes': [] } } }),
    ],
    [
      'with condition values that are no strings',
      one({ ...base, Condition: { Bool: { a: true }, NumericEquals: { b: 1 } } }),
    ],
  ])('%s', (_, json) => {
    expect(parsePolicyDocument(json, 'Name')).toMatchObject({
      name: 'Name',
      statements: [{ effect: 'Allow', number: 1 }],
    });
  });

  test('variables are plain text unless the version is 2012-10-17', () => {
    const own = (Version?: string) => ({
      ...(Version && { Version }),
      Statement: [allow('iot:Connect', 'client/${iot:ClientId}')],
    });
    const effect = (version?: string): string => {
      const policy = parsePolicyDocument(own(version));
      return decide(
        [policy],
        { action: 'iot:Connect', resource: 'arn:aws:iot:us-east-1:123456789012:client/c' },
        client('c'),
        ACCOUNT,
      ).effect;
    };
    expect([effect('2012-10-17'), effect('2008-10-17'), effect()]).toEqual(['allow', 'deny', 'deny']);
  });
});

describe('the size limit', () => {
  test('counts 2048 characters without white space', () => {
    const padding = (length: number): string => `{"Version":"2012-10-17",\n\t "Id":"${'x'.repeat(length)}"}`;
    const free = 2048 - padding(0).replace(/\s/g, '').length;
    expect([fitsPolicyLimit(padding(free)), fitsPolicyLimit(padding(free + 1))]).toEqual([true, false]);
  });
});

describe('policies of another account', () => {
  test('are read in the first account that they name', () => {
    const json = document(
      allow('iot:Publish', ['*', 'arn:aws:iot:*:*:topic/a', 'arn:aws-cn:iot:cn-north-1:111122223333:topic/b']),
    );
    expect(accountNamedIn([json])).toEqual({ partition: 'aws-cn', region: 'cn-north-1', accountId: '111122223333' });
    expect(accountNamedIn([document(allow('iot:*', '*'))])).toEqual(DEFAULT_ACCOUNT);
  });

  test('literal accounts and Regions move, wildcards and other services stay', () => {
    expect(
      inAccount(
        {
          a: ['arn:aws:iot:eu-west-1:111122223333:topic/x', 'arn:aws:iot:*:111122223333:topic/x', 'arn:aws:s3:::b'],
          b: 1,
        },
        ACCOUNT,
      ),
    ).toEqual({
      a: ['arn:aws:iot:us-east-1:123456789012:topic/x', 'arn:aws:iot:*:123456789012:topic/x', 'arn:aws:s3:::b'],
      b: 1,
    });
  });
});

describe('the strict reading of connect attributes', () => {
  const connect = (policyJson: object, connectAttributes: string[]): string => {
    const policy = requireConnectAttributes(parsePolicyDocument(policyJson));
    const resource = 'arn:aws:iot:us-east-1:123456789012:client/c';
    return decide([policy], { action: 'iot:Connect', resource }, client('c', { connectAttributes }), ACCOUNT).effect;
  };

  test('a persistent session needs a statement that names it', () => {
    const plain = document(allow('iot:*', '*'));
    const naming = document(
      allow('iot:Connect', '*', { 'ForAllValues:StringEquals': { 'iot:ConnectAttributes': ['PersistentConnect'] } }),
    );
    expect([connect(plain, []), connect(plain, ['PersistentConnect'])]).toEqual(['allow', 'deny']);
    expect([connect(naming, ['PersistentConnect']), connect(naming, ['LastWill'])]).toEqual(['allow', 'deny']);
  });
});
