import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';

import { describe, expect, test } from '@jest/globals';

import { answerJsonLines } from '../../cli/json-lines.ts';
import { answerSqlQuestion } from '../../cli/sql-json-lines.ts';
import { report } from '../../cli/sql-report.ts';
import { parseJsonValue } from '../../twin/iot/sql/index.ts';

async function answerLine(line: string): Promise<string> {
  const output = new PassThrough();
  await answerJsonLines(Readable.from([`${line}\n`]), output, answerSqlQuestion, parseJsonValue);
  return String(output.read()).trimEnd();
}

async function answer(question: unknown): Promise<unknown> {
  return JSON.parse(await answerLine(typeof question === 'string' ? question : JSON.stringify(question)));
}

async function reportOf(sql: string, topic: string, payload: string): Promise<string> {
  return report(sql, '2016-03-23', { topic, payload: Buffer.from(payload) });
}

describe('iov sql --json answers each line', () => {
  test.each<[string, unknown, unknown]>([
    [
      'with the output where the rule fires',
      { id: 1, sql: "SELECT color AS rgb FROM 'a/+' WHERE t > 50", topic: 'a/b', payload: { color: 'red', t: 60 } },
      { id: 1, fires: true, output: { rgb: 'red' } },
    ],
    [
      'without output where its WHERE is not true',
      { id: 'x', sql: "SELECT * FROM 'a/+' WHERE t > 50", topic: 'a/b', payload: { t: 40 } },
      { id: 'x', fires: false },
    ],
    [
      'as not firing where the topic does not match',
      { id: 2, sql: "SELECT * FROM 'a/#'", topic: 'a', payload: {} },
      { id: 2, fires: false },
    ],
    [
      'without looking at FROM for a Basic Ingest publish',
      { id: 3, sql: "SELECT topic() AS t, topic(2) AS u FROM 'other'", topic: '$aws/rules/mine/a/b', payload: {} },
      { id: 3, fires: true, output: { t: 'a/b', u: 'b' } },
    ],
    ['without FROM', { id: 4, sql: 'SELECT VALUE 1 + 1', topic: 'a', payload: {} }, { id: 4, fires: true, output: 2 }],
    [
      'with bytes as base64',
      { id: 5, sql: "SELECT * FROM 'a'", topic: 'a', payload: { base64: '/wAQ' } },
      { id: 5, fires: true, output: { base64: '/wAQ' } },
    ],
    [
      'with JSON where the bytes are JSON',
      { id: 6, sql: "SELECT * FROM 'a'", topic: 'a', payload: { base64: 'eyJhIjoxfQ==' } },
      { id: 6, fires: true, output: { a: 1 } },
    ],
    [
      'with scalars',
      { id: 7, sql: "SELECT VALUE a FROM 'a'", topic: 'a', payload: { a: 'red' } },
      { id: 7, fires: true, output: 'red' },
    ],
    [
      'with null',
      { id: 8, sql: "SELECT VALUE a FROM 'a'", topic: 'a', payload: { a: null } },
      { id: 8, fires: true, output: null },
    ],
    [
      'with nothing where the output is Undefined',
      { id: 9, sql: "SELECT VALUE a FROM 'a'", topic: 'a', payload: {} },
      { id: 9, fires: true, output: { base64: '' } },
    ],
    [
      'as failed where a table does not exist',
      {
        id: 10,
        sql: "SELECT get_dynamodb('t', 'k', 1, 'arn:aws:iam::1:role/r') AS v FROM 'a'",
        topic: 'a',
        payload: {},
      },
      { id: 10, fires: false },
    ],
    [
      'with a default where a table does not exist',
      {
        id: 11,
        sql: "SELECT get_or_default(get_dynamodb('t', 'k', 1, 'r'), 'none') AS v FROM 'a'",
        topic: 'a',
        payload: {},
      },
      { id: 11, fires: true, output: { v: 'none' } },
    ],
    [
      'with what it was told of the sender',
      {
        id: 12,
        sql: "SELECT clientid() AS c, principal() AS p, sourceip() AS s FROM 'a'",
        topic: 'a',
        payload: {},
        clientId: 'c1',
        principal: 'p1',
        sourceIp: '2001:db8::1',
      },
      { id: 12, fires: true, output: { c: 'c1', p: 'p1', s: '2001:db8::1' } },
    ],
    [
      'of a message over HTTP',
      {
        id: 13,
        sql: "SELECT clientid() AS c, traceid() AS t FROM 'a'",
        topic: 'a',
        payload: {},
        clientId: 'c1',
        protocol: 'http',
      },
      { id: 13, fires: true, output: { c: 'n/a' } },
    ],
    [
      'with MQTT 5 properties',
      {
        id: 14,
        sql: `SELECT get_mqtt_property('content_type') AS ct, get_mqtt_property('format_indicator') AS fi, get_mqtt_property('response_topic') AS rt,
          get_mqtt_property('correlation_data') AS cd, get_user_properties('k') AS up FROM 'a'`,
        topic: 'a',
        payload: {},
        mqtt: {
          contentType: 'text/plain',
          payloadFormatIndicator: 1,
          responseTopic: 'r',
          correlationData: 'cnVsZQ==',
          userProperties: [
            ['k', 'v'],
            ['k', 'w'],
          ],
        },
      },
      { id: 14, fires: true, output: { ct: 'text/plain', fi: 'UTF8_DATA', rt: 'r', cd: 'cnVsZQ==', up: ['v', 'w'] } },
    ],
    [
      'by the version it names',
      { id: 15, sql: "SELECT VALUE sql_version() FROM 'a'", topic: 'a', payload: {}, sqlVersion: '2015-10-08' },
      { id: 15, fires: true, output: '2015-10-08' },
    ],
    [
      'with null as the id where there is none',
      { sql: "SELECT * FROM 'a'", topic: 'a', payload: 1 },
      { id: null, fires: true, output: 1 },
    ],
    [
      'without a payload',
      { id: 16, sql: "SELECT *, 1 AS x FROM 'a'", topic: 'a' },
      { id: 16, fires: true, output: { x: 1 } },
    ],
  ])('%s', async (_what, question, expected) => {
    expect(await answer(question)).toEqual(expected);
  });

  test.each<[string, unknown, unknown, string]>([
    ['a line that is not JSON', 'SELECT', null, 'this is not JSON'],
    ['a line that is not an object', '[1]', null, 'must be a JSON object'],
    ['a statement that is not IoT SQL', { id: 1, sql: 'SELECT', topic: 'a' }, 1, 'line 1, column 7'],
    ['no statement', { id: 2, topic: 'a' }, 2, '"sql" is missing'],
    ['no topic', { id: 3, sql: "SELECT * FROM 'a'" }, 3, '"topic" is missing'],
    ['a topic that is a number', { id: 4, sql: "SELECT * FROM 'a'", topic: 5 }, 4, '"topic" is not a string'],
    [
      'an unknown version',
      { id: 5, sql: "SELECT * FROM 'a'", topic: 'a', sqlVersion: '2020-01-01' },
      5,
      '"sqlVersion"',
    ],
    ['an unknown protocol', { id: 6, sql: "SELECT * FROM 'a'", topic: 'a', protocol: 'coap' }, 6, '"protocol"'],
    [
      'user properties that are no pairs',
      { id: 7, sql: "SELECT * FROM 'a'", topic: 'a', mqtt: { userProperties: { k: 'v' } } },
      7,
      '[key, value]',
    ],
    ['a line nested without end', '['.repeat(100_000), null, 'this is not JSON'],
  ])('%s is an error', async (_what, question, id, message) => {
    expect(await answer(question)).toEqual({ id, error: expect.stringContaining(message) });
  });

  test.each([
    ['cnVsZQ==', 'cnVsZQ=='],
    [{ base64: 'cnVsZQ==' }, 'cnVsZQ=='],
    ['order 7', 'b3JkZXIgNw=='],
  ])('correlation data %j reads as %s', async (correlationData, expected) => {
    const sql = "SELECT VALUE get_mqtt_property('correlation_data') FROM 'a'";
    expect(await answer({ id: 1, sql, topic: 'a', payload: 1, mqtt: { correlationData } })).toMatchObject({
      output: expected,
    });
  });

  test('numbers keep their digits on the way in and out', async () => {
    const line = `{"id":1,"sql":"SELECT a, a + 1 AS b FROM 'a'","topic":"a","payload":{"a":12345678901234567890}}`;
    expect(await answerLine(line)).toBe(
      '{"id":1,"fires":true,"output":{"a":12345678901234567890,"b":12345678901234567891}}',
    );
  });
});

describe('iov sql explains', () => {
  test('each part of a WHERE that is not true', async () => {
    const text = await reportOf(
      "SELECT * FROM 'a/+' WHERE temp > 50 AND colour <> 'red'",
      'a/b',
      '{"temp":60,"Colour":"red"}',
    );
    expect(text).toContain('The rule does not fire: its WHERE is not true.');
    expect(text).toMatch(/temp > 50 {2}=> {2}true\n\s+temp {2}=> {2}60/);
    expect(text).toMatch(/colour <> 'red' {2}=> {2}Undefined {2}\(colour is Undefined\)/);
    expect(text).toContain('the payload has no key "colour", but "Colour": case counts');
  });

  test.each([
    ["SELECT * FROM 'a' WHERE upper(1, 2) = 'A'", '{}', 'upper() was not given what it takes'],
    ["SELECT * FROM 'a' WHERE o.x = 1", '{"o":{}}', 'there is no key "x" in it'],
    ["SELECT * FROM 'a' WHERE @v = 1", '{}', '@v is not set'],
    ["SELECT * FROM 'a' WHERE x = 1", 'binary', 'the payload is not JSON'],
    ["SELECT * FROM 'a' WHERE x = 1", '[1]', 'the payload is not a JSON object'],
    ["SELECT * FROM 'a' WHERE s > 1", '{"s":"abc"}', 'its operands are not of types that it takes'],
    ["SELECT * FROM 'a' WHERE CASE x WHEN 1 THEN true END", '{"x":2}', 'x  =>  2'],
    ["SET @v = temp * 2 SELECT * FROM 'a' WHERE @v > 100", '{"temp":4}', '@v = 8'],
    ["SELECT * FROM 'a' WHERE get_thing_shadow('t', 'r').x = 1", '{}', 'fails: the shadow of t is not reachable here'],
  ])('%s of %s: %s', async (sql, payload, expected) => {
    expect(await reportOf(sql, 'a', payload)).toContain(expected);
  });

  test('a topic that does not match', async () => {
    expect(await reportOf("SELECT * FROM 'a/#'", 'b', '{}')).toBe(
      "The rule does not fire: the topic b does not match FROM 'a/#'.",
    );
  });

  test('what a rule that fires hands over', async () => {
    expect(await reportOf("SELECT a FROM 'a'", 'a', '{"a":1}')).toBe('The rule fires.\nOutput: {\n  "a": 1\n}');
    expect(await reportOf("SELECT * FROM 'a'", 'a', 'x')).toBe('The rule fires.\nOutput: 1 raw bytes, base64 eA==');
    expect(await reportOf("SELECT VALUE a FROM 'a'", 'a', '{}')).toBe('The rule fires.\nOutput: nothing (Undefined)');
  });
});

describe('the command', () => {
  const root = join(import.meta.dirname, '..', '..');
  const directory = mkdtempSync(join(tmpdir(), 'iov-sql-'));
  const program = join(directory, 'program.ts');
  writeFileSync(
    program,
    `import { sqlCommand } from ${JSON.stringify(join(root, 'cli', 'sql.ts'))};\nawait sqlCommand().parseAsync(process.argv);\n`,
  );

  function iovSql(args: readonly string[], input = ''): { status: number | null; stdout: string; stderr: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { input, encoding: 'utf8' });
    return { status, stdout, stderr };
  }

  test('reads a payload from a file, from base64 and from the command line', () => {
    const file = join(directory, 'payload.json');
    writeFileSync(file, '{"a":1}');
    for (const payload of [
      ['--payload-file', file],
      ['--payload-base64', 'eyJhIjoxfQ=='],
      ['--payload', '{"a":1}'],
    ]) {
      const { stdout, status } = iovSql([
        "SELECT a, clientid() AS c FROM 'x/#'",
        '--topic',
        'x/y',
        '--client-id',
        'c1',
        ...payload,
      ]);
      expect([JSON.parse(stdout.replace(/^[^{]*/, '')), status]).toEqual([{ a: 1, c: 'c1' }, 0]);
    }
  });

  test('points at what is wrong in a statement', () => {
    const { status, stderr } = iovSql(["SELECT a FROM 'x' WHERE a >> 1", '--topic', 'x']);
    expect(status).toBe(1);
    expect(stderr).toContain(`  SELECT a FROM 'x' WHERE a >> 1\n${' '.repeat(2 + 27)}^`);
  });

  test('answers lines in their order', () => {
    const lines = [1, 2, 3].map((id) =>
      JSON.stringify({ id, sql: "SELECT VALUE a FROM 'x'", topic: 'x', payload: { a: id } }),
    );
    const { stdout } = iovSql(['--json'], ['not JSON', ...lines].join('\n'));
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(answers).toEqual([
      { id: null, error: 'this is not JSON' },
      ...[1, 2, 3].map((id) => ({ id, fires: true, output: id })),
    ]);
  });
});
