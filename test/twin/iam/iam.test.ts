import { describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../twin/account.ts';
import { ManualClock } from '../../../twin/clock.ts';
import type { AwsError, Caller } from '../../../twin/endpoint/service.ts';
import { Iam } from '../../../twin/iam/iam.ts';
import { openStore, type Store } from '../../../twin/state/store.ts';

const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/vehicles';
const LAMBDA_TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};
const ADMINISTRATOR: Caller = { kind: 'administrator', arn: 'arn:aws:iam::000000000000:root' };

type Statements = readonly Readonly<Record<string, unknown>>[];
const policy = (...statements: Statements): unknown => ({ Version: '2012-10-17', Statement: statements });
const allow = (
  Action: string | string[],
  Resource: string | string[] = '*',
  more = {},
): Readonly<Record<string, unknown>> => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});

function iamWith(
  inlinePolicies: Record<string, unknown>,
  more: object = {},
  store: Store = openStore(':memory:'),
): Iam {
  const iam = new Iam({ store, account: DEFAULT_ACCOUNT, clock: new ManualClock() });
  iam.roles.putRole({ name: 'Writer', trustPolicy: LAMBDA_TRUST, inlinePolicies, ...more });
  return iam;
}

function callerOf(iam: Iam, role = 'Writer', session = 'writer-function'): Caller {
  const { accessKeyId } = iam.issueRoleCredentials(`arn:aws:iam::000000000000:role/${role}`, session);
  return iam.sessions.find(accessKeyId)!.caller;
}

function refusal(act: () => unknown): AwsError | undefined {
  try {
    act();
  } catch (error) {
    return error as AwsError;
  }
  return undefined;
}

describe('authorizing a role session', () => {
  test('what no policy allows is denied in the words of AWS', () => {
    const iam = iamWith({ Reads: policy(allow('dynamodb:GetItem', TABLE)) });
    const error = refusal(() => iam.authorize(callerOf(iam), { action: 'dynamodb:PutItem', resource: TABLE }));
    expect(error?.code).toBe('AccessDeniedException');
    expect(error?.message).toBe(
      'User: arn:aws:sts::000000000000:assumed-role/Writer/writer-function is not authorized to perform: dynamodb:PutItem ' +
        `on resource: ${TABLE} because no identity-based policy allows the dynamodb:PutItem action`,
    );
  });

  test('an explicit deny wins over any allow and is named as such', () => {
    const iam = iamWith({ All: policy(allow('*'), { Effect: 'Deny', Action: 'dynamodb:Delete*', Resource: '*' }) });
    const error = refusal(() => iam.authorize(callerOf(iam), { action: 'dynamodb:DeleteItem', resource: TABLE }));
    expect(error?.message).toBe(
      'User: arn:aws:sts::000000000000:assumed-role/Writer/writer-function is not authorized to perform: dynamodb:DeleteItem ' +
        `on resource: ${TABLE} with an explicit deny in an identity-based policy`,
    );
  });

  test('a deny in a managed policy names its ARN', () => {
    const iam = iamWith({ All: policy(allow('*')) });
    const { arn } = iam.roles.putManagedPolicy(
      'NoDelete',
      '/',
      policy({ Effect: 'Deny', Action: '*', Resource: TABLE }),
    );
    iam.roles.attachManagedPolicy('Writer', arn);
    expect(
      refusal(() => iam.authorize(callerOf(iam), { action: 'dynamodb:PutItem', resource: TABLE }))?.message,
    ).toMatch(/with an explicit deny in an identity-based policy: arn:aws:iam::000000000000:policy\/NoDelete$/);
  });

  test.each<[string, Statements, string, string, Record<string, string>, boolean]>([
    ['the very action and resource', [allow('dynamodb:PutItem', TABLE)], 'dynamodb:PutItem', TABLE, {}, true],
    ['actions in any case', [allow('DynamoDB:putitem', TABLE)], 'dynamodb:PutItem', TABLE, {}, true],
    ['a wildcard action', [allow('dynamodb:*Item', TABLE)], 'dynamodb:PutItem', TABLE, {}, true],
    ['another table', [allow('dynamodb:PutItem', TABLE)], 'dynamodb:PutItem', `${TABLE}2`, {}, false],
    [
      'a resource without name for which only * fits',
      [allow('dynamodb:ListTables')],
      'dynamodb:ListTables',
      '*',
      {},
      true,
    ],
    [
      'an ARN pattern for an action that knows no resource',
      [allow('dynamodb:ListTables', TABLE)],
      'dynamodb:ListTables',
      '*',
      {},
      false,
    ],
    [
      'an index under a table with a wildcard',
      [allow('dynamodb:Query', `${TABLE}/index/*`)],
      'dynamodb:Query',
      `${TABLE}/index/by-vin`,
      {},
      true,
    ],
    ['an incomplete ARN', [allow('dynamodb:PutItem', 'arn:aws:dynamodb')], 'dynamodb:PutItem', TABLE, {}, true],
    [
      'NotAction, for what it does not name',
      [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
      'dynamodb:PutItem',
      TABLE,
      {},
      true,
    ],
    [
      'NotAction, for what it names',
      [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
      'iam:CreateRole',
      '*',
      {},
      false,
    ],
    [
      'NotResource, for what it does not name',
      [{ Effect: 'Allow', Action: '*', NotResource: TABLE }],
      'dynamodb:PutItem',
      `${TABLE}2`,
      {},
      true,
    ],
    [
      'NotResource, for what it names',
      [{ Effect: 'Allow', Action: '*', NotResource: TABLE }],
      'dynamodb:PutItem',
      TABLE,
      {},
      false,
    ],
    [
      'a service condition key that holds',
      [
        allow('dynamodb:GetItem', TABLE, {
          Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'fleet-1#*' } },
        }),
      ],
      'dynamodb:GetItem',
      TABLE,
      { 'dynamodb:LeadingKeys': 'fleet-1#vin' },
      true,
    ],
    [
      'a service condition key that does not hold',
      [
        allow('dynamodb:GetItem', TABLE, {
          Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'fleet-1#*' } },
        }),
      ],
      'dynamodb:GetItem',
      TABLE,
      { 'dynamodb:LeadingKeys': 'fleet-2#vin' },
      false,
    ],
    [
      'the tag of the role as a variable',
      [allow('s3:GetObject', 'arn:aws:s3:::${aws:PrincipalTag/fleet}/*')],
      's3:GetObject',
      'arn:aws:s3:::north/a',
      {},
      true,
    ],
    [
      'a tag that the role lacks',
      [allow('s3:GetObject', 'arn:aws:s3:::${aws:PrincipalTag/depot}/*')],
      's3:GetObject',
      'arn:aws:s3:::north/a',
      {},
      false,
    ],
    [
      'a default for the tag',
      [allow('s3:GetObject', "arn:aws:s3:::${aws:PrincipalTag/depot, 'all'}/*")],
      's3:GetObject',
      'arn:aws:s3:::all/a',
      {},
      true,
    ],
    [
      'a date that has come',
      [allow('*', '*', { Condition: { DateGreaterThan: { 'aws:CurrentTime': '2025-12-31T23:59:59Z' } } })],
      's3:GetObject',
      '*',
      {},
      true,
    ],
    [
      'a date that has not come',
      [allow('*', '*', { Condition: { DateGreaterThan: { 'aws:CurrentTime': '2026-01-02' } } })],
      's3:GetObject',
      '*',
      {},
      false,
    ],
    [
      'the Region of the twin',
      [allow('*', '*', { Condition: { StringEquals: { 'aws:RequestedRegion': 'us-east-1' } } })],
      's3:GetObject',
      '*',
      {},
      true,
    ],
  ])('%s', (_, statements, action, resource, conditionKeys, allowed) => {
    const iam = iamWith({ Policy: policy(...statements) }, { tags: { fleet: 'north' } });
    const error = refusal(() => iam.authorize(callerOf(iam), { action, resource, conditionKeys }));
    expect(error === undefined).toBe(allowed);
    const caller = callerOf(iam) as Extract<Caller, { kind: 'role' }>;
    expect(iam.explain(caller, { action, resource, conditionKeys }).effect).toBe(allowed ? 'allow' : 'deny');
  });

  test('the administrator may do anything', () => {
    expect(() => iamWith({}).authorize(ADMINISTRATOR, { action: 'iam:DeleteAccount', resource: '*' })).not.toThrow();
  });

  test('policies of AWS are known by their ARN', () => {
    const iam = iamWith(
      {},
      { managedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'] },
    );
    const caller = callerOf(iam);
    expect(() => iam.authorize(caller, { action: 'logs:PutLogEvents', resource: '*' })).not.toThrow();
    expect(refusal(() => iam.authorize(caller, { action: 'logs:DeleteLogGroup', resource: '*' }))).toBeDefined();
  });

  test('a policy of AWS that the twin does not ship grants nothing and is named', () => {
    const policyArn = 'arn:aws:iam::aws:policy/AmazonBraketFullAccess';
    const iam = iamWith({}, { managedPolicyArns: [policyArn] });
    expect(refusal(() => iam.authorize(callerOf(iam), { action: 'braket:GetDevice', resource: '*' }))).toBeDefined();
    expect(iam.roles.unknownAwsPolicies()).toEqual([{ role: 'Writer', policyArn }]);
  });

  test('a permissions boundary must allow too', () => {
    const iam = iamWith({ All: policy(allow('*')) });
    const { arn } = iam.roles.putManagedPolicy('Boundary', '/', policy(allow('dynamodb:*')));
    iam.roles.putRole({ ...iam.roles.role('Writer')!, permissionsBoundary: arn });
    const caller = callerOf(iam);
    expect(() => iam.authorize(caller, { action: 'dynamodb:PutItem', resource: TABLE })).not.toThrow();
    expect(refusal(() => iam.authorize(caller, { action: 'sqs:SendMessage', resource: '*' }))?.message).toMatch(
      /because no permissions boundary allows the sqs:SendMessage action$/,
    );
  });

  test('a change of a policy takes effect at once', () => {
    const iam = iamWith({});
    const caller = callerOf(iam);
    const request = { action: 'dynamodb:PutItem', resource: TABLE };
    expect(refusal(() => iam.authorize(caller, request))).toBeDefined();
    iam.roles.putInlinePolicy('Writer', 'Writes', policy(allow('dynamodb:PutItem', TABLE)));
    expect(() => iam.authorize(caller, request)).not.toThrow();
    iam.roles.deleteInlinePolicy('Writer', 'Writes');
    expect(refusal(() => iam.authorize(caller, request))).toBeDefined();
  });

  test.each([
    ['a statement without effect', { Version: '2012-10-17', Statement: [{ Action: '*', Resource: '*' }] }],
    ['a principal in an identity policy', policy(allow('*', '*', { Principal: '*' }))],
    ['text that is not JSON', '{'],
  ])('%s is refused as malformed', (_, document) => {
    const iam = iamWith({});
    expect(refusal(() => iam.roles.putInlinePolicy('Writer', 'Bad', document))?.code).toBe('MalformedPolicyDocument');
  });
});

describe('credentials of role sessions', () => {
  test('look like those of AWS and lead back to the session', () => {
    const iam = iamWith({});
    const issued = iam.issueRoleCredentials('arn:aws:iam::000000000000:role/Writer', 'f');
    expect(issued.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(issued.secretAccessKey).toHaveLength(40);
    expect(iam.sessions.find(issued.accessKeyId)).toMatchObject({
      secretAccessKey: issued.secretAccessKey,
      sessionToken: issued.sessionToken,
      caller: {
        kind: 'role',
        roleName: 'Writer',
        sessionName: 'f',
        arn: 'arn:aws:sts::000000000000:assumed-role/Writer/f',
      },
    });
    expect(iam.sessions.find('ASIAUNKNOWN')).toBeUndefined();
  });

  test('with a lifetime survive a restart, without one they end with the run', () => {
    const store = openStore(':memory:');
    const iam = iamWith({}, {}, store);
    const lasting = iam.issueRoleCredentials('arn:aws:iam::000000000000:role/Writer', 'f', 3600);
    const passing = iam.issueRoleCredentials('arn:aws:iam::000000000000:role/Writer', 'f');
    const restarted = new Iam({ store, account: DEFAULT_ACCOUNT, clock: new ManualClock() });
    expect(restarted.sessions.find(lasting.accessKeyId)?.expiration).toBe(lasting.expiration);
    expect(restarted.sessions.find(passing.accessKeyId)).toBeUndefined();
  });

  test('expired ones do not pile up', async () => {
    const store = openStore(':memory:');
    const clock = new ManualClock();
    const iam = new Iam({ store, account: DEFAULT_ACCOUNT, clock });
    iam.roles.putRole({ name: 'Writer', trustPolicy: LAMBDA_TRUST });
    const first = iam.issueRoleCredentials('arn:aws:iam::000000000000:role/Writer', 'f', 900);
    await clock.advance(2 * 86_400_000);
    iam.issueRoleCredentials('arn:aws:iam::000000000000:role/Writer', 'f', 900);
    expect(iam.sessions.find(first.accessKeyId)).toBeUndefined();
  });

  test('are not issued for a role that does not exist', () => {
    expect(refusal(() => iamWith({}).issueRoleCredentials('arn:aws:iam::000000000000:role/Nobody', 'f'))?.code).toBe(
      'NoSuchEntity',
    );
  });
});

describe('trust', () => {
  const trusting = (Principal: unknown, more: object = {}): unknown => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole', ...more }],
  });
  const TARGET = 'arn:aws:iam::000000000000:role/Target';

  test('a service may assume a role whose trust policy names it', () => {
    const iam = iamWith({});
    const role = 'arn:aws:iam::000000000000:role/Writer';
    expect(iam.serviceMayAssume(role, 'lambda.amazonaws.com')).toBe(true);
    expect(iam.serviceMayAssume(role, 'iot.amazonaws.com')).toBe(false);
    expect(iam.serviceMayAssume(`${role}2`, 'lambda.amazonaws.com')).toBe(false);
  });

  test('its conditions see who the service acts for', () => {
    const iam = iamWith({});
    const trustPolicy = trusting(
      { Service: 'iot.amazonaws.com' },
      { Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:iot:*:*:rule/telemetry' } } },
    );
    const { arn } = iam.roles.putRole({ name: 'Target', trustPolicy });
    const from = (rule: string) => ({ 'aws:SourceArn': `arn:aws:iot:us-east-1:000000000000:rule/${rule}` });
    expect(iam.serviceMayAssume(arn, 'iot.amazonaws.com', from('telemetry'))).toBe(true);
    expect(iam.serviceMayAssume(arn, 'iot.amazonaws.com', from('other'))).toBe(false);
    expect(iam.serviceMayAssume(arn, 'iot.amazonaws.com')).toBe(false);
  });

  test.each<[string, unknown, Record<string, unknown>, boolean]>([
    ['names the role of the caller', trusting({ AWS: 'arn:aws:iam::000000000000:role/Writer' }), {}, true],
    ['names another role', trusting({ AWS: 'arn:aws:iam::000000000000:role/Reader' }), {}, false],
    ['names everybody', trusting('*'), {}, true],
    [
      'names the account, and the caller has a grant',
      trusting({ AWS: '000000000000' }),
      { Assumes: policy(allow('sts:AssumeRole', TARGET)) },
      true,
    ],
    ['names the account, and the caller has no grant', trusting({ AWS: 'arn:aws:iam::000000000000:root' }), {}, false],
    [
      'names another account',
      trusting({ AWS: '111122223333' }),
      { Assumes: policy(allow('sts:AssumeRole', TARGET)) },
      false,
    ],
    ['names a service', LAMBDA_TRUST, { Assumes: policy(allow('sts:AssumeRole', TARGET)) }, false],
  ])('AssumeRole by a role when the trust policy %s', (_, trustPolicy, inline, allowed) => {
    const iam = iamWith(inline);
    iam.roles.putRole({ name: 'Target', trustPolicy });
    const error = refusal(() => iam.assumeRole(callerOf(iam), TARGET, 'session'));
    expect(error?.code).toBe(allowed ? undefined : 'AccessDenied');
  });

  test('AssumeRole answers a session of the role', () => {
    const iam = iamWith({});
    const { id } = iam.roles.putRole({ name: 'Target', trustPolicy: trusting({ AWS: ADMINISTRATOR.arn }) });
    const assumed = iam.assumeRole(ADMINISTRATOR, TARGET, 'me');
    expect(assumed).toMatchObject({
      arn: 'arn:aws:sts::000000000000:assumed-role/Target/me',
      assumedRoleId: `${id}:me`,
    });
    expect(iam.sessions.find(assumed.credentials.accessKeyId)?.caller).toMatchObject({ roleName: 'Target' });
  });

  test('AssumeRole says the same of a role that refuses and of one that does not exist', () => {
    const iam = iamWith({});
    iam.roles.putRole({ name: 'Target', trustPolicy: LAMBDA_TRUST });
    const text = (arn: string): string | undefined => refusal(() => iam.assumeRole(ADMINISTRATOR, arn, 'me'))?.message;
    expect(text(TARGET)).toBe(
      `User: ${ADMINISTRATOR.arn} is not authorized to perform: sts:AssumeRole on resource: ${TARGET} because no role trust policy allows the sts:AssumeRole action`,
    );
    expect(text(`${TARGET}2`)).toBe(text(TARGET)?.replace(TARGET, `${TARGET}2`));
  });

  test.each([
    ['a session name with a space', 'my session', 3600, 'ValidationError'],
    ['a lifetime below 15 minutes', 'me', 60, 'ValidationError'],
    ['a lifetime above the role’s', 'me', 7200, 'ValidationError'],
  ])('AssumeRole refuses %s', (_, sessionName, seconds, code) => {
    const iam = iamWith({});
    iam.roles.putRole({ name: 'Target', trustPolicy: trusting('*') });
    expect(refusal(() => iam.assumeRole(ADMINISTRATOR, TARGET, sessionName, seconds))?.code).toBe(code);
  });
});

describe('the report of grants', () => {
  test('tells used from never used, action by action', () => {
    const iam = iamWith({
      Table: policy(allow(['dynamodb:PutItem', 'dynamodb:DeleteItem'], TABLE, { Sid: 'Write' }), allow('sqs:*')),
    });
    iam.authorize(callerOf(iam), { action: 'dynamodb:PutItem', resource: TABLE });
    const report = iam.grantsReport();
    expect(report).toEqual([
      {
        role: 'Writer',
        policy: 'Table',
        statement: 'Write',
        action: 'dynamodb:PutItem',
        resources: [TABLE],
        used: true,
      },
      {
        role: 'Writer',
        policy: 'Table',
        statement: 'Write',
        action: 'dynamodb:DeleteItem',
        resources: [TABLE],
        used: false,
      },
      { role: 'Writer', policy: 'Table', statement: '2', action: 'sqs:*', resources: ['*'], used: false },
    ]);
  });

  test('a refused request uses nothing, and use survives a restart until it is forgotten', () => {
    const store = openStore(':memory:');
    const iam = iamWith({ Table: policy(allow('dynamodb:PutItem', TABLE)) }, {}, store);
    refusal(() => iam.authorize(callerOf(iam), { action: 'dynamodb:PutItem', resource: `${TABLE}2` }));
    expect(iam.grantsReport().map(({ used }) => used)).toEqual([false]);
    iam.authorize(callerOf(iam), { action: 'dynamodb:PutItem', resource: TABLE });
    const restarted = new Iam({ store, account: DEFAULT_ACCOUNT, clock: new ManualClock() });
    expect(restarted.grantsReport().map(({ used }) => used)).toEqual([true]);
    restarted.forgetUsedGrants();
    expect(restarted.grantsReport().map(({ used }) => used)).toEqual([false]);
  });
});
