import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import {
  accountNamedIn,
  Authorizer,
  inAccount,
  IOT_ACTIONS,
  parsePolicyDocument,
  type ConnectionFacts,
} from '../../../../twin/iot/policy/index.ts';
import { ACCOUNT, allow, arnOf, ask, client, deny, document, thing } from './fixtures.ts';

function authorizer(facts: ConnectionFacts, ...documents: readonly object[]): Authorizer {
  return new Authorizer(
    documents.map((json, index) => parsePolicyDocument(json, `P${index + 1}`)),
    facts,
    ACCOUNT,
  );
}

describe('several policies', () => {
  test('an allow in any of them suffices, a deny in any of them wins', () => {
    const reads = document(allow('iot:Receive', 'topic/a'));
    const writes = document(allow('iot:Publish', 'topic/a'));
    const denies = document(deny('iot:*', 'topic/a'));
    expect(ask([reads, writes], client('c'), 'iot:Publish', 'a').effect).toBe('allow');
    expect(ask([writes, denies], client('c'), 'iot:Publish', 'a')).toMatchObject({
      kind: 'explicit-deny',
      policyName: 'P2',
      statementNumber: 1,
    });
    expect(ask([], client('c'), 'iot:Publish', 'a')).toMatchObject({ kind: 'implicit-deny' });
  });

  test.each([
    ['an action in another case', allow('IOT:PUBLISH', '*'), true],
    ['an action pattern', allow('iot:Pub*', '*'), true],
    ['every action', allow('*', '*'), true],
    ['a pattern of other actions', allow('iot:Sub*', '*'), false],
    ['NotAction with another action', { Effect: 'Allow', NotAction: 'iot:Connect', Resource: '*' }, true],
    [
      'NotAction with this action',
      { Effect: 'Allow', NotAction: ['iot:Connect', 'iot:Publish'], Resource: '*' },
      false,
    ],
    ['the topicfilter of a publish', allow('iot:Publish', 'topicfilter/a'), false],
    ['another Region', allow('iot:Publish', 'arn:aws:iot:eu-west-1:123456789012:topic/a'), false],
    ['any Region and account', allow('iot:Publish', 'arn:aws:iot:*:*:topic/a'), true],
    ['an ARN that ends after the account', allow('iot:Publish', 'arn:aws:iot:us-east-1:123456789012:*'), true],
    ['an ARN cut short', allow('iot:Publish', 'arn:aws:iot'), true],
    ['a topic in another case', allow('iot:Publish', 'topic/A'), false],
  ])('a publish to "a" under %s: %j', (_, json, allowed) => {
    expect(ask([document(json)], client('c'), 'iot:Publish', 'a').effect).toBe(allowed ? 'allow' : 'deny');
  });
});

describe('a variable without value', () => {
  const NAMED = 'topic/${iot:Connection.Thing.ThingName}';

  test('makes a resource match nothing, in an allow as in a deny', () => {
    expect(
      ask([document(allow('iot:Publish', NAMED))], client('c'), 'iot:Publish', '${iot:Connection.Thing.ThingName}')
        .effect,
    ).toBe('deny');
    expect(
      ask([document(allow('iot:Publish', '*'), deny('iot:Publish', NAMED))], client('c'), 'iot:Publish', 'c').effect,
    ).toBe('allow');
  });

  test('makes a NotResource exclude nothing', () => {
    const all = { Effect: 'Allow', Action: 'iot:Publish', NotResource: arnOf(NAMED) };
    expect(ask([document(all)], client('c'), 'iot:Publish', 'c').effect).toBe('allow');
    expect(ask([document(all)], thing('c'), 'iot:Publish', 'c').effect).toBe('deny');
  });

  test('does not spoil the other resources of its statement', () => {
    expect(ask([document(allow('iot:Publish', [NAMED, 'topic/all']))], client('c'), 'iot:Publish', 'all').effect).toBe(
      'allow',
    );
  });

  test('equals nothing in a condition, so a negated condition holds', () => {
    const when = (operator: string): object => ({
      [operator]: { 'iot:ClientId': '${iot:Connection.Thing.ThingName}' },
    });
    expect(
      ask([document(allow('iot:Publish', '*', when('StringEquals')))], client('c'), 'iot:Publish', 'a').effect,
    ).toBe('deny');
    expect(
      ask([document(allow('iot:Publish', '*', when('StringNotEquals')))], client('c'), 'iot:Publish', 'a').effect,
    ).toBe('allow');
  });

  test('its neighbour with a default takes the default', () => {
    const json = document(allow('iot:Publish', "topic/${iot:Connection.Thing.ThingName, 'nobody'}"));
    expect(ask([json], client('c'), 'iot:Publish', 'nobody').effect).toBe('allow');
  });
});

describe('values that a device chooses', () => {
  test('a client ID of * or ? is no wildcard', () => {
    const json = document(allow('iot:Subscribe', 'topicfilter/${iot:ClientId}/x'));
    expect(ask([json], client('*'), 'iot:Subscribe', 'other/x').effect).toBe('deny');
    expect(ask([json], client('?'), 'iot:Subscribe', 'o/x').effect).toBe('deny');
    expect(ask([json], client('*'), 'iot:Subscribe', '*/x').effect).toBe('allow');
  });

  test('a client ID that looks like a variable is text', () => {
    const json = document(allow('iot:Publish', 'topic/${iot:ClientId}'));
    expect(ask([json], client('${aws:SourceIp}', { sourceIp: 'x' }), 'iot:Publish', 'x').effect).toBe('deny');
  });

  test('a topic that looks like an ARN is still a topic', () => {
    const json = document(allow('iot:Publish', 'topic/allowed'));
    expect(ask([json], client('c'), 'iot:Publish', arnOf('topic/allowed')).effect).toBe('deny');
  });

  test('a topic may hold colons and line breaks', () => {
    const json = document(allow('iot:Publish', 'topic/a*'));
    expect(ask([json], client('c'), 'iot:Publish', 'a:b\nc').effect).toBe('allow');
  });
});

describe('publishing with the retain flag', () => {
  test('needs iot:RetainPublish besides iot:Publish', () => {
    const both = authorizer(client('c'), document(allow(['iot:Publish', 'iot:RetainPublish'], 'topic/a')));
    const plain = authorizer(client('c'), document(allow('iot:Publish', 'topic/a')));
    const only = authorizer(client('c'), document(allow('iot:RetainPublish', 'topic/a')));
    expect([both.mayPublish('a', true), both.mayPublish('a', false)]).toEqual([true, true]);
    expect([plain.mayPublish('a', true), plain.mayPublish('a', false)]).toEqual([false, true]);
    expect([only.mayPublish('a', true), only.mayPublish('a', false)]).toEqual([false, false]);
  });
});

describe('many topics on one connection', () => {
  test('are answered alike before and after the remembered answers were dropped', () => {
    const facts = client('c');
    const subject = authorizer(facts, document(allow('iot:Publish', 'topic/even/*')));
    for (const round of [1, 2]) {
      for (let index = 0; index < 1000; index++) {
        const topic = `${index % 2 === 0 ? 'even' : 'odd'}/${index}`;
        expect([round, topic, subject.isAllowed('iot:Publish', topic)]).toEqual([round, topic, index % 2 === 0]);
      }
    }
  });
});

describe('reasons', () => {
  const policy = document(
    { ...allow('iot:Connect', 'client/c'), Sid: 'Connects' },
    allow('iot:Publish', ['topic/a/b/c', 'topic/x']),
    allow('iot:Publish', 'topic/secret', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }),
    deny('iot:Publish', 'topic/forbidden'),
    allow('iot:Receive', 'topic/${iot:Connection.Thing.ThingName}'),
  );
  test.each([
    [
      'iot:Connect',
      'c',
      'Allowed by statement 1 ("Connects") of policy P1: Allow iot:Connect on arn:aws:iot:us-east-1:123456789012:client/c.',
    ],
    [
      'iot:Publish',
      'forbidden',
      'Denied by statement 4 of policy P1: Deny iot:Publish on arn:aws:iot:us-east-1:123456789012:topic/forbidden.',
    ],
    [
      'iot:Publish',
      'a/b/d',
      'nearest, statement 2 of policy P1, does not match: its resource arn:aws:iot:us-east-1:123456789012:topic/a/b/c does not match arn:aws:iot:us-east-1:123456789012:topic/a/b/d.',
    ],
    [
      'iot:Publish',
      'secret',
      'nearest, statement 3 of policy P1, does not match: its condition IpAddress aws:SourceIp ["10.0.0.0/8"] does not hold: aws:SourceIp is "192.168.0.1" here.',
    ],
    ['iot:Receive', 'c', 'the variable iot:Connection.Thing.ThingName has no value here'],
    ['iot:Subscribe', 'a', 'no Allow statement names the action iot:Subscribe.'],
  ] as const)('%s %s: %s', (action, resource, because) => {
    expect(ask([policy], client('c', { sourceIp: '192.168.0.1' }), action, resource).because).toContain(because);
  });
});

describe('any document and any request', () => {
  const text = fc.oneof(
    fc.constantFrom(
      'a',
      'a/b',
      '*',
      '?',
      '${iot:ClientId}',
      '${*}',
      '${',
      '$aws',
      '+/#',
      'iot:Connect',
      'arn:aws:iot:*',
      '',
    ),
    fc.string({ maxLength: 8 }),
  );
  const resource = fc.oneof(
    fc.constant('*'),
    text.map((tail) => arnOf(`topic/${tail}`)),
  );
  const operator = fc.constantFrom(
    'StringLike',
    'StringNotEquals',
    'ForAllValues:StringLike',
    'ForAnyValue:ArnLike',
    'IpAddress',
    'NumericLessThan',
    'Null',
    'Bool',
    'DateLessThan',
  );
  const condition = fc.dictionary(
    operator,
    fc.dictionary(fc.constantFrom('iot:ClientId', 'aws:SourceIp', 'iot:None'), fc.array(text, { maxLength: 3 })),
  );
  const statement = fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.array(fc.constantFrom('iot:Publish', 'iot:*', 'iot:Con?ect', '*'), { minLength: 1, maxLength: 2 }),
    Resource: fc.array(resource, { minLength: 1, maxLength: 3 }),
    Condition: condition,
  });

  test('the fast path and the explained decision agree', () => {
    const property = fc.property(
      fc.array(statement, { minLength: 1, maxLength: 4 }),
      text,
      fc.constantFrom(...IOT_ACTIONS),
      text,
      (statements, clientId, action, name) => {
        const decision = ask([document(...statements)], client(clientId, { sourceIp: clientId }), action, name);
        expect(decision.because).not.toBe('');
      },
    );
    fc.assert(property, { numRuns: 3000 });
  });

  test.each([
    ['opens many variables and closes none', '${'.repeat(100_000)],
    ['opens many variables and closes one', `${'${a, '.repeat(30_000)}}`],
    ['is a run of dollars', '$'.repeat(200_000)],
    ['is a run of stars', '*'.repeat(200_000)],
    ['is a run of colons', ':'.repeat(200_000)],
  ])('a resource that %s is read in linear time', (_, tail) => {
    const started = performance.now();
    parsePolicyDocument(document(allow('iot:Publish', `arn:aws:iot:${tail}`)));
    expect(performance.now() - started).toBeLessThan(500);
  });

  test('a document that nests without end is malformed, however deep', () => {
    const nested = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(() => parsePolicyDocument(`{"Version":"2012-10-17","Statement":${nested}}`)).toThrow(
      'Statement[0] must be an object',
    );
    expect(accountNamedIn([inAccount(JSON.parse(nested), ACCOUNT)])).toEqual(DEFAULT_ACCOUNT);
  });

  test('nothing but MalformedPolicy is ever thrown', () => {
    const property = fc.property(fc.oneof(fc.jsonValue(), fc.json(), fc.string(), statement), (json) => {
      for (const candidate of [json, { Statement: json }, { Version: '2012-10-17', Statement: [json] }]) {
        try {
          parsePolicyDocument(candidate);
        } catch (error) {
          expect(error).toHaveProperty('name', 'MalformedPolicy');
        }
      }
    });
    fc.assert(property, { numRuns: 3000 });
  });
});
