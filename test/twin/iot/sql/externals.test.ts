import { describe, expect, test } from '@jest/globals';

import { compileStatement, type Externals } from '../../../../twin/iot/sql/index.ts';
import { messageWith, outputOf, run } from './evaluation.ts';

const ROLE = 'arn:aws:iam::123456789012:role/r';
const LAMBDA = 'arn:aws:lambda:us-east-1:123456789012:function:f';

/** Answers every call with the request itself, so that a test sees what was asked. */
const ECHO: Externals = {
  getSecret: async (request) => ({ ...request }),
  getDynamoDb: async ({ sortKey, ...request }) => ({ ...request, ...(sortKey && { sortKey: { ...sortKey } }) }),
  getThingShadow: async (request) => ({ ...request }),
  getRegistryData: async (request) => ({ ...request }),
  invokeLambda: async ({ functionArn, payload }) => ({ functionArn, payload: payload.toString() }),
  machineLearningPredict: async (request) => ({ ...request }),
};

describe('functions that fetch data ask for what the statement says', () => {
  test.each<[string, unknown]>([
    [`get_secret('s', 'SecretString', '${ROLE}')`, { secretId: 's', secretType: 'SecretString', roleArn: ROLE }],
    [
      `get_secret('s', 'SecretString', 'k', '${ROLE}')`,
      { secretId: 's', secretType: 'SecretString', key: 'k', roleArn: ROLE },
    ],
    [`get_secret(id, 'SecretBinary', '${ROLE}')`, { secretId: 'd-1', secretType: 'SecretBinary', roleArn: ROLE }],
    [
      `get_dynamodb('t', 'deviceId', id, '${ROLE}')`,
      { tableName: 't', partitionKey: { name: 'deviceId', value: 'd-1' }, roleArn: ROLE },
    ],
    [
      `get_dynamodb('t', 'deviceId', id, 'at', at, '${ROLE}')`,
      {
        tableName: 't',
        partitionKey: { name: 'deviceId', value: 'd-1' },
        sortKey: { name: 'at', value: 7 },
        roleArn: ROLE,
      },
    ],
    [`get_thing_shadow(id, '${ROLE}')`, { thingName: 'd-1', roleArn: ROLE }],
    [`get_thing_shadow(id, 'config', '${ROLE}')`, { thingName: 'd-1', shadowName: 'config', roleArn: ROLE }],
    [
      `get_registry_data('DescribeThing', clientid(), '${ROLE}')`,
      { operation: 'DescribeThing', thingName: 'client-1', roleArn: ROLE },
    ],
    [
      `get_registry_data("ListThingGroupsForThing", id, '${ROLE}')`,
      { operation: 'ListThingGroupsForThing', thingName: 'd-1', roleArn: ROLE },
    ],
    [`aws_lambda('${LAMBDA}', {'payload': id})`, { functionArn: LAMBDA, payload: '{"payload":"d-1"}' }],
    [`aws_lambda('${LAMBDA}', *)`, { functionArn: LAMBDA, payload: '{"id":"d-1","at":7,"inner":{"k":1}}' }],
    [
      `machinelearning_predict('m', '${ROLE}', *)`,
      { modelId: 'm', roleArn: ROLE, record: { id: 'd-1', at: 7, inner: '{"k":1}' } },
    ],
  ])('%s', async (expression, expected) => {
    const payload = { id: 'd-1', at: 7, inner: { k: 1 } };
    const output = await outputOf(`SELECT VALUE ${expression} FROM 'a'`, { payload, externals: ECHO });
    expect(output).toEqual(expected);
  });

  test('drills into the answer', async () => {
    const externals: Externals = { getThingShadow: async () => ({ state: { reported: { alarm: 'ON' } } }) };
    const sql = `SELECT * from 'a' WHERE get_thing_shadow("MyThing","${ROLE}").state.reported.alarm = 'ON'`;
    expect(await run(sql, { externals })).toMatchObject({ fires: true });
  });
});

describe('a function that fails', () => {
  const failing: Externals = {
    getDynamoDb: async () => {
      throw new Error('AccessDeniedException: role r may not read table t');
    },
  };
  const call = `get_dynamodb('t', 'k', id, '${ROLE}')`;

  test('ends the rule', async () => {
    const sql = `SELECT ${call} AS config FROM 'a'`;
    expect(await run(sql, { payload: { id: 1 }, externals: failing })).toEqual({
      failed: 'AccessDeniedException: role r may not read table t',
    });
    expect(await run(sql, { payload: { id: 1 } })).toEqual({ failed: 'the table t is not reachable here' });
    expect(await run(`SELECT * FROM 'a' WHERE ${call}.x = 1`, { payload: { id: 1 } })).toHaveProperty('failed');
  });

  test('gives way to the default of get_or_default()', async () => {
    const withDefault = `SELECT get_or_default(${call}, {"mode": "standard"}) AS config FROM 'a'`;
    expect(await outputOf(withDefault, { payload: { id: 1 }, externals: failing })).toEqual({
      config: { mode: 'standard' },
    });
    const without = `SELECT get_or_default(${call}) AS config FROM 'a'`;
    expect(await outputOf(without, { payload: { id: 1 }, externals: failing })).toEqual({});
  });

  test.each([
    [`get_dynamodb('t', 'k', missing, '${ROLE}')`, 'a key of get_dynamodb() is Null or Undefined'],
    [`get_secret('s', 'Plain', '${ROLE}')`, "neither 'SecretString' nor 'SecretBinary'"],
    [`get_secret('s', 'SecretBinary', 'k', '${ROLE}')`, 'no key with SecretBinary'],
    [`get_registry_data('DeleteThing', 't', '${ROLE}')`, "'DescribeThing' and 'ListThingGroupsForThing'"],
    [`aws_lambda('${LAMBDA}', missing)`, 'input of aws_lambda() is Undefined'],
    [`machinelearning_predict('m', '${ROLE}', 5)`, 'not an object'],
    [`decode('x!', 'proto', 'b', 'k', 'f', 'm')`, 'not base64'],
    [`decode('AA==', 'proto', 'b', 'k', 'f', 'm')`, 'no object k in a bucket b'],
  ])('%s fails', async (expression, reason) => {
    const outcome = await run(`SELECT ${expression} AS v FROM 'a'`, { externals: ECHO });
    expect(outcome).toEqual({ failed: expect.stringContaining(reason) });
  });

  test.each(["get_dynamodb('t')", 'get_secret()', "aws_lambda('x')", "get_thing_shadow('x')"])(
    '%s has the wrong number of arguments, so it is Undefined',
    async (expression) => {
      expect(await outputOf(`SELECT ${expression} AS v FROM 'a'`)).toEqual({});
    },
  );
});

describe('limits of calls', () => {
  test.each([
    [`get_dynamodb('t', 'k', 1, '${ROLE}') AS a, get_dynamodb('t', 'k', 2, '${ROLE}') AS b`, 'once'],
    [
      `get_registry_data('DescribeThing', 'a', '${ROLE}') AS a, get_registry_data('DescribeThing', 'b', '${ROLE}') AS b`,
      'once',
    ],
    [
      "decode('AA==', 'proto', 'b', 'k', 'f', 'm') AS a, decode('AA==', 'proto', 'b', 'k', 'f', 'm') AS b, decode('AA==', 'proto', 'b', 'k', 'f', 'm') AS c",
      '2 times',
    ],
  ])('%s ends the rule', async (items, limit) => {
    expect(await run(`SELECT ${items} FROM 'a'`, { externals: ECHO })).toEqual({
      failed: expect.stringContaining(limit),
    });
  });

  test('a function may be called once for each row of a nested query', async () => {
    const asked: string[] = [];
    const externals: Externals = {
      invokeLambda: async ({ payload }) => {
        asked.push(payload.toString());
        return { doubled: 2 * Number(payload.toString()) };
      },
    };
    const sql = `SELECT (SELECT VALUE aws_lambda('${LAMBDA}', k).doubled FROM list) AS v, rand() AS r, newuuid() AS u FROM 'a'`;
    const payload = { list: [{ k: 1 }, { k: 2 }, { k: 3 }] };
    expect(await outputOf(sql, { payload, externals })).toMatchObject({ v: [2, 4, 6] });
    expect(asked).toEqual(['1', '2', '3']);
  });
});

describe('waiting', () => {
  test('a statement without external functions answers at once', () => {
    const outcome = compileStatement("SELECT a FROM 'x' WHERE a > 1").evaluate(messageWith({ a: 2 }), {});
    expect(outcome).not.toBeInstanceOf(Promise);
  });

  test('so does one whose answers are at hand', () => {
    const sql = `SELECT get_secret('s', 'SecretString', '${ROLE}') AS s FROM 'x'`;
    const outcome = compileStatement(sql).evaluate(messageWith({}), { getSecret: () => 'cached' });
    expect(outcome).toMatchObject({ fires: true });
  });

  test('random values stay the same while the evaluation starts again', async () => {
    const externals: Externals = {
      getThingShadow: async () => ({ v: 1 }),
      invokeLambda: async ({ payload }) => JSON.parse(payload.toString()),
    };
    const sql = `SET @u = newuuid() SELECT @u AS u, aws_lambda('${LAMBDA}', {'u': @u}).u AS echoed, get_thing_shadow('t', '${ROLE}').v AS v FROM 'a'`;
    const output = (await outputOf(sql, { externals })) as { u: string; echoed: string; v: number };
    expect(output.echoed).toBe(output.u);
    expect(output.v).toBe(1);
  });
});
