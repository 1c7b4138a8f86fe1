import { describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import { RulesEngine } from '../../../../twin/iot/rules/index.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { publication, QUEUE, RecordedPorts, ROLE, rule, rulesFixture, toQueue } from './rules-fixture.ts';

describe('a publication', () => {
  test.each([
    ['dt/+/telemetry', 'dt/v1/telemetry', true],
    ['dt/+/telemetry', 'dt/v1/event', false],
    ['dt/#', 'dt/v1/telemetry', true],
    ['dt/#', 'dt', false],
    ['$aws/events/presence/+/+', '$aws/events/presence/connected/v1', true],
    ['#', '$aws/events/presence/connected/v1', false],
  ])('for a rule on %s and topic %s: %p', (filter, topic, fires) => {
    const { engine, ports } = rulesFixture();
    engine.createRule('r', rule(`SELECT * FROM '${filter}'`, [toQueue()]));
    engine.ingest(publication(topic, { a: 1 }));
    expect(ports.messages).toHaveLength(fires ? 1 : 0);
  });

  test('that no rule matches needs no waiting', () => {
    const { engine } = rulesFixture();
    expect(engine.ingest(publication('other', {}))).toBeUndefined();
  });

  test('runs every rule that matches', () => {
    const { engine, ports } = rulesFixture();
    for (const name of ['a', 'b']) engine.createRule(name, rule("SELECT * FROM 'dt/#'", [toQueue(`${QUEUE}-${name}`)]));
    engine.ingest(publication('dt/v1', {}));
    expect(ports.messages.map(({ queueUrl }) => queueUrl).sort()).toEqual([`${QUEUE}-a`, `${QUEUE}-b`]);
  });

  test('runs no action unless WHERE is true', () => {
    const { engine, ports } = rulesFixture();
    engine.createRule('r', rule("SELECT speed FROM 'dt/#' WHERE speed > 10", [toQueue()]));
    engine.ingest(publication('dt/v1', { speed: 5 }));
    engine.ingest(publication('dt/v1', { other: 5 }));
    engine.ingest(publication('dt/v1', { speed: 11 }));
    expect(ports.messages.map(({ body }) => body)).toEqual(['{"speed":11}']);
    expect(engine.counters().rules.get('r')).toMatchObject({ topicMatch: 3, fired: 1, success: 1 });
  });

  test('of bytes passes SELECT * unchanged', () => {
    const { engine, ports } = rulesFixture();
    engine.createRule('r', rule("SELECT * FROM 'dt/#'", [toQueue(QUEUE, { useBase64: true })]));
    engine.ingest(publication('dt/v1', Buffer.from([0, 255, 1])));
    expect(ports.messages[0]!.body).toBe(Buffer.from([0, 255, 1]).toString('base64'));
  });
});

describe('Basic Ingest', () => {
  test('runs the named rule alone, without its prefix in topic(), whatever FROM says', () => {
    const { engine, ports } = rulesFixture();
    engine.createRule('telemetry', rule("SELECT topic() AS t, topic(3) AS thing FROM 'nothing/like/it'", [toQueue()]));
    engine.createRule('other', rule("SELECT * FROM 'dt/#'", [toQueue()]));
    engine.ingest(publication('$aws/rules/telemetry/dt/vehicle/V1/telemetry', {}));
    expect(ports.messages.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { t: 'dt/vehicle/V1/telemetry', thing: 'V1' },
    ]);
  });

  test('needs no FROM clause', () => {
    const { engine, ports } = rulesFixture();
    engine.createRule('r', rule('SELECT *', [toQueue()]));
    engine.ingest(publication('$aws/rules/r/x', { a: 1 }));
    engine.ingest(publication('x', { a: 1 }));
    expect(ports.messages).toHaveLength(1);
  });

  test.each([
    ['does not exist', false],
    ['is disabled', true],
  ])('to a rule that %s is logged and counted as RuleNotFound', (reason, exists) => {
    const { engine, log, ports } = rulesFixture();
    if (exists) engine.createRule('gone', rule('SELECT *', [toQueue()], { ruleDisabled: true }));
    expect(engine.ingest(publication('$aws/rules/gone/x', {}))).toBeUndefined();
    expect(engine.counters().ruleNotFound).toBe(1);
    expect(log).toEqual([
      expect.objectContaining({
        eventType: 'RuleNotFound',
        ruleName: 'gone',
        details: expect.stringContaining(reason),
      }),
    ]);
    expect(ports.messages).toEqual([]);
  });
});

describe('an action that fails', () => {
  const FAILING = { republish: { roleArn: ROLE, topic: 'a/+/b' } };

  test('hands the message to the error action in AWS’s form, all failures in one', async () => {
    const { engine, ports } = rulesFixture();
    ports.refusedActions.add('iot:Publish');
    const actions = [FAILING, { republish: { roleArn: ROLE, topic: 'x' } }, toQueue(`${QUEUE}-good`)];
    engine.createRule('r', rule("SELECT * FROM 'dt/#'", actions, { errorAction: toQueue() }));
    await engine.ingest(publication('dt/v1', 'raw bytes'));
    const [good, error] = ports.messages;
    expect(good).toEqual({ queueUrl: `${QUEUE}-good`, body: 'raw bytes' });
    expect(JSON.parse(error!.body)).toEqual({
      ruleName: 'r',
      topic: 'dt/v1',
      cloudwatchTraceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      clientId: 'V1',
      base64OriginalPayload: Buffer.from('raw bytes').toString('base64'),
      failures: [
        {
          failedAction: 'RepublishAction',
          failedResource: 'a/+/b',
          errorMessage: expect.stringContaining('is not a topic'),
        },
        { failedAction: 'RepublishAction', failedResource: 'x', errorMessage: 'iot:Publish is not allowed' },
      ],
    });
    expect(engine.counters().rules.get('r')).toMatchObject({ success: 1, failure: 2, errorActionSuccess: 1 });
  });

  test('is logged with the action, its resource and the reason', async () => {
    const { engine, log } = rulesFixture();
    engine.createRule('r', rule("SELECT * FROM 'dt/#'", [FAILING]));
    await engine.ingest(publication('dt/v1', {}));
    expect(log[0]).toMatchObject({
      eventType: 'RuleExecution',
      status: 'Failure',
      ruleName: 'r',
      ruleAction: 'RepublishAction',
      topicName: 'dt/v1',
      clientId: 'V1',
    });
  });

  test('whose error action fails too is logged as lost and never rejects', async () => {
    const { engine, log } = rulesFixture();
    engine.createRule('r', rule("SELECT * FROM 'dt/#'", [FAILING], { errorAction: FAILING }));
    await expect(engine.ingest(publication('dt/v1', {}))).resolves.toBeUndefined();
    expect(log.at(-1)).toMatchObject({ details: expect.stringContaining('the message is lost') });
    expect(engine.counters().rules.get('r')).toMatchObject({ errorActionFailure: 1 });
  });

  test('in SQL ends the rule: no action, no error action, a log entry', async () => {
    const { engine, ports, log } = rulesFixture({});
    ports.secretText = 'not json';
    const sql = `SELECT get_secret('s', 'SecretString', 'k', '${ROLE}') AS k FROM 'dt/#'`;
    engine.createRule('r', rule(sql, [toQueue()], { errorAction: toQueue() }));
    await engine.ingest(publication('dt/v1', {}));
    expect(ports.messages).toEqual([]);
    expect(log).toEqual([
      expect.objectContaining({ status: 'Failure', details: expect.stringContaining('no member "k"') }),
    ]);
    expect(engine.counters().rules.get('r')).toMatchObject({ sqlFailure: 1, fired: 0 });
  });
});

describe('get_secret', () => {
  const SQL = `SELECT get_secret('s', 'SecretString', 'username', '${ROLE}') AS u FROM 'dt/#'`;

  test('is cached for 15 minutes', async () => {
    const { engine, ports, clock } = rulesFixture();
    engine.createRule('r', rule(SQL, [toQueue()]));
    await engine.ingest(publication('dt/v1', {}));
    await engine.ingest(publication('dt/v1', {}));
    expect(ports.secretReads).toBe(1);
    await clock.advance(15 * 60_000);
    ports.secretText = '{"username":"rotated"}';
    await engine.ingest(publication('dt/v1', {}));
    expect(ports.messages.map(({ body }) => body)).toEqual(['{"u":"iot"}', '{"u":"iot"}', '{"u":"rotated"}']);
  });

  test('needs a role that may read the secret', async () => {
    const { engine, ports, log } = rulesFixture();
    ports.refusedActions.add('secretsmanager:GetSecretValue');
    engine.createRule('r', rule(SQL, [toQueue()]));
    await engine.ingest(publication('dt/v1', {}));
    expect(ports.messages).toEqual([]);
    expect(log[0]!.details).toContain('is not allowed');
  });
});

describe('a rule', () => {
  test.each([
    ['with a hyphen in its name', 'a-b', rule('SELECT *', []), 'InvalidRequestException', /not a rule name/],
    ['without SQL', 'r', rule('', []), 'InvalidRequestException', /needs an SQL statement/],
    ['whose SQL cannot be parsed', 'r', rule('SELECT FROM', []), 'SqlParseException', /line 1/],
    [
      'of an unknown SQL version',
      'r',
      rule('SELECT *', [], { awsIotSqlVersion: '2020-01-01' }),
      'InvalidRequestException',
      /2020-01-01/,
    ],
    [
      'with eleven actions',
      'r',
      rule('SELECT *', Array<ReturnType<typeof toQueue>>(11).fill(toQueue())),
      'InvalidRequestException',
      /at most 10/,
    ],
    [
      'with an unknown action',
      'r',
      rule('SELECT *', [{ timestream: {} }]),
      'InvalidRequestException',
      /does not run timestream/,
    ],
    [
      'with a template that cannot be parsed',
      'r',
      rule('SELECT *', [{ republish: { roleArn: ROLE, topic: 'x/${' } }]),
      'InvalidRequestException',
      /republish action/,
    ],
    [
      'with an action of two kinds',
      'r',
      rule('SELECT *', [{ ...toQueue(), lambda: {} }]),
      'InvalidRequestException',
      /exactly one kind/,
    ],
    [
      'for a service that is not there',
      'r',
      rule('SELECT *', [{ sns: { targetArn: 'a', roleArn: ROLE } }]),
      'InvalidRequestException',
      /not part of it/,
    ],
  ])('%s is refused', (_, name, payload, code, message) => {
    const { engine } = rulesFixture();
    expect(() => engine.createRule(name, payload)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
    expect(engine.listRules()).toEqual([]);
  });

  test('exists once', () => {
    const { engine } = rulesFixture();
    engine.createRule('r', rule('SELECT *', []));
    expect(() => engine.createRule('r', rule('SELECT *', []))).toThrow(
      expect.objectContaining({ code: 'ResourceAlreadyExistsException' }),
    );
  });

  test('that is missing is answered as one that may not be seen', () => {
    const { engine } = rulesFixture();
    expect(() => engine.getRule('r')).toThrow(
      expect.objectContaining({ code: 'UnauthorizedException', statusCode: 401 }),
    );
  });

  test('that is replaced takes messages by its new statement only, and keeps its old one when the new is refused', () => {
    const { engine, ports } = rulesFixture();
    engine.createRule('r', rule("SELECT * FROM 'a'", [toQueue()]));
    engine.replaceRule('r', rule("SELECT * FROM 'b'", [toQueue()]));
    expect(() => engine.replaceRule('r', rule('SELECT FROM', []))).toThrow();
    engine.ingest(publication('a', {}));
    engine.ingest(publication('b', {}));
    expect(ports.messages).toHaveLength(1);
  });

  test('that is disabled, enabled and deleted follows', () => {
    const { engine, ports } = rulesFixture();
    engine.createRule('r', rule("SELECT * FROM 'a'", [toQueue()]));
    engine.disableRule('r');
    engine.ingest(publication('a', {}));
    expect(ports.messages).toHaveLength(0);
    engine.enableRule('r');
    engine.ingest(publication('a', {}));
    expect(ports.messages).toHaveLength(1);
    engine.deleteRule('r');
    engine.ingest(publication('a', {}));
    expect(ports.messages).toHaveLength(1);
  });

  test('survives a restart; one that cannot run any more is named', () => {
    const store = openStore(':memory:');
    const ports = new RecordedPorts();
    const options = { store, clock: new ManualClock(), account: DEFAULT_ACCOUNT, ports };
    const first = new RulesEngine(options);
    first.createRule('kept', rule("SELECT * FROM 'a'", [toQueue()]));
    first.createRule('broken', rule("SELECT * FROM 'a'", [{ republish: { roleArn: ROLE, topic: 'b' } }]));
    const second = new RulesEngine({ ...options, ports: { sqs: ports.sqs } });
    expect(second.load()).toEqual([{ ruleName: 'broken', reason: expect.stringContaining('not part of it') }]);
    second.ingest(publication('a', {}));
    expect(ports.messages).toHaveLength(1);
  });
});
