import { describe, expect, test } from '@jest/globals';

import { publication, ROLE, rule, rulesFixture, toQueue, type Fixture } from './rules-fixture.ts';

type Actions = Record<string, Record<string, unknown>>[];

async function fire(
  actions: Actions,
  payload: unknown,
  sql = "SELECT * FROM 'dt/#'",
  prepare?: (fixture: Fixture) => void,
): Promise<Fixture> {
  const fixture = rulesFixture();
  prepare?.(fixture);
  fixture.engine.createRule('r', rule(sql, actions, { errorAction: toQueue() }));
  await fixture.engine.ingest(publication('dt/vehicle/V1', payload));
  return fixture;
}

const failuresOf = ({ ports }: Fixture): { errorMessage: string }[] =>
  ports.messages.flatMap(({ body }) => (JSON.parse(body) as { failures: { errorMessage: string }[] }).failures);

describe('the sqs action', () => {
  test('sends with the rights of its role on that queue', async () => {
    const { ports } = await fire([toQueue('http://127.0.0.1:4566/000000000000/telemetry')], { a: 1 });
    expect(ports.authorizations).toEqual([`${ROLE} sqs:SendMessage arn:aws:sqs:us-east-1:000000000000:telemetry`]);
    expect(ports.messages[0]!.body).toBe('{"a":1}');
  });
});

describe('the lambda action', () => {
  const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:f';

  test('invokes as IoT on behalf of the rule', async () => {
    const { ports } = await fire([{ lambda: { functionArn: ARN } }], { a: 1 });
    const caller = { service: 'iot.amazonaws.com', sourceArn: 'arn:aws:iot:us-east-1:000000000000:rule/r' };
    expect(ports.invocations).toEqual([{ functionName: ARN, event: { a: 1 }, caller }]);
  });

  test('hands on what is not JSON as base64', async () => {
    const { ports } = await fire([{ lambda: { functionArn: ARN } }], Buffer.from([1, 2, 255]));
    expect(ports.invocations[0]!.event).toBe('AQL/');
  });

  test('that the resource policy refuses goes to the error action', async () => {
    const fixture = await fire(
      [{ lambda: { functionArn: ARN } }],
      {},
      undefined,
      ({ ports }) => (ports.lambdaRefuses = true),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(failuresOf(fixture)).toEqual([
      { failedAction: 'LambdaAction', failedResource: ARN, errorMessage: 'The resource policy does not permit it.' },
    ]);
  });

  test('does not keep the device waiting for the function', async () => {
    const fixture = rulesFixture();
    let finish: (value: { payload: string }) => void = () => undefined;
    fixture.ports.lambda.invoke = () => new Promise((resolve) => (finish = resolve));
    fixture.engine.createRule('r', rule("SELECT * FROM 'dt/#'", [{ lambda: { functionArn: ARN } }]));
    await fixture.engine.ingest(publication('dt/v1', {}));
    expect(fixture.engine.counters().rules.get('r')).toMatchObject({ success: 0 });
    finish({ payload: 'null' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(fixture.engine.counters().rules.get('r')).toMatchObject({ success: 1 });
  });
});

describe('the republish action', () => {
  test('publishes the output with its templates, quality and properties', async () => {
    const headers = {
      ...{ payloadFormatIndicator: 'UTF8_DATA', contentType: 'application/json', responseTopic: 'r/${topic(3)}' },
      ...{ correlationData: Buffer.from('c').toString('base64'), messageExpiry: '60' },
      userProperties: [{ key: 'thing', value: '${topic(3)}' }],
    };
    const { ports } = await fire([{ republish: { roleArn: ROLE, topic: 'bc/${area}', qos: 1, headers } }], {
      area: 'u33d',
    });
    expect(ports.authorizations).toEqual([`${ROLE} iot:Publish arn:aws:iot:us-east-1:000000000000:topic/bc/u33d`]);
    expect(ports.published[0]).toMatchObject({
      ...{ topic: 'bc/u33d', qos: 1, retain: false, source: { protocol: 'service' } },
      properties: {
        ...{
          payloadFormatIndicator: true,
          contentType: 'application/json',
          responseTopic: 'r/V1',
          messageExpiryInterval: 60,
        },
        ...{ correlationData: Buffer.from('c'), userProperties: [['thing', 'V1']] },
      },
    });
    expect(ports.published[0]!.payload.toString()).toBe('{"area":"u33d"}');
  });

  test('reaches reserved topics by $$', async () => {
    const { ports } = await fire(
      [{ republish: { roleArn: ROLE, topic: '$$aws/things/${topic(3)}/shadow/update' } }],
      {},
    );
    expect(ports.published[0]!.topic).toBe('$aws/things/V1/shadow/update');
  });

  test('ends a loop of rules', async () => {
    const fixture = rulesFixture();
    const { engine, ports } = fixture;
    let rounds = 0;
    Object.assign(ports, { publish: async (again: never) => (rounds++, engine.ingest(again)) });
    engine.createRule(
      'loop',
      rule("SELECT * FROM 'a'", [{ republish: { roleArn: ROLE, topic: 'a' } }], { errorAction: toQueue() }),
    );
    await engine.ingest(publication('a', {}));
    expect(rounds).toBe(10);
    expect(failuresOf(fixture)[0]!.errorMessage).toContain('rules form a loop');
  });
});

describe('the DynamoDB actions', () => {
  test('write the payload under the keys of the templates', async () => {
    const action = {
      tableName: 't',
      roleArn: ROLE,
      hashKeyField: 'vin',
      hashKeyValue: '${topic(3)}',
      rangeKeyField: 'at',
      rangeKeyType: 'NUMBER',
      rangeKeyValue: '${at}',
    };
    const { ports } = await fire([{ dynamoDB: action }], { at: 5 });
    const Item = { vin: { S: 'V1' }, at: { N: '5' }, payload: { S: '{"at":5}' } };
    expect(ports.requests).toEqual([{ operation: 'PutItem', input: { TableName: 't', Item } }]);
  });

  test('write each member as an attribute', async () => {
    const { ports } = await fire([{ dynamoDBv2: { roleArn: ROLE, putItem: { tableName: 't' } } }], {
      vin: 'V1',
      n: 1.5,
      on: true,
      none: null,
      list: [1, 'a'],
      map: { x: 'y' },
    });
    const list = { L: [{ N: '1' }, { S: 'a' }] };
    const Item = {
      vin: { S: 'V1' },
      n: { N: '1.5' },
      on: { BOOL: true },
      none: { NULL: true },
      list,
      map: { M: { x: { S: 'y' } } },
    };
    expect(ports.requests[0]!.input).toEqual({ TableName: 't', Item });
  });

  test('fail on an output without members', async () => {
    const fixture = await fire([{ dynamoDBv2: { roleArn: ROLE, putItem: { tableName: 't' } } }], 'text');
    expect(failuresOf(fixture)[0]!.errorMessage).toContain('not a JSON object');
  });
});

describe('the http action', () => {
  const answering = (statuses: number[], calls: { url: string; headers: unknown }[]) =>
    (async (url: string, init: { headers: unknown }) => {
      calls.push({ url, headers: init.headers });
      return new Response(null, { status: statuses[Math.min(calls.length, statuses.length) - 1] });
    }) as unknown as typeof fetch;

  test.each([
    ['a success', [200], 1, 0],
    ['two errors of the server and a success', [500, 429, 204], 3, 0],
    ['three errors of the server', [503], 3, 1],
    ['a refusal', [403], 1, 1],
  ])('with %s', async (_, statuses, tries, failures) => {
    const calls: { url: string; headers: unknown }[] = [];
    const action = {
      http: { url: 'https://example.com/${topic(3)}', headers: [{ key: 'X-Thing', value: '${topic(3)}' }] },
    };
    const fixture = await fire([action], {}, undefined, ({ ports }) =>
      Object.assign(ports, { fetch: answering(statuses, calls) }),
    );
    expect(calls).toHaveLength(tries);
    expect(calls[0]).toEqual({
      url: 'https://example.com/V1',
      headers: { 'content-type': 'application/json', 'x-thing': 'V1' },
    });
    expect(failuresOf(fixture)).toHaveLength(failures);
  });
});

describe('actions on further services', () => {
  const recorded = (name: string, method: string) => {
    const calls: unknown[][] = [];
    return { calls, port: { [name]: { [method]: (...args: unknown[]) => void calls.push(args) } } };
  };

  test('sns publishes', async () => {
    const { calls, port } = recorded('sns', 'publish');
    await fire(
      [{ sns: { targetArn: 'arn:t', roleArn: ROLE, messageFormat: 'JSON' } }],
      { a: 1 },
      undefined,
      ({ ports }) => Object.assign(ports, port),
    );
    expect(calls).toEqual([['arn:t', '{"a":1}', 'json']]);
  });

  test('s3 puts an object under the key of the template', async () => {
    const { calls, port } = recorded('s3', 'putObject');
    await fire(
      [{ s3: { bucketName: 'b', key: '${topic()}/${timestamp()}', roleArn: ROLE } }],
      'x',
      undefined,
      ({ ports }) => Object.assign(ports, port),
    );
    expect(calls).toEqual([['b', 'dt/vehicle/V1/1700000000000', Buffer.from('x'), undefined]]);
  });

  test('firehose puts each element of a batch with the separator', async () => {
    const { calls, port } = recorded('firehose', 'putRecord');
    await fire(
      [{ firehose: { deliveryStreamName: 's', roleArn: ROLE, separator: '\n', batchMode: true } }],
      [{ a: 1 }, 2],
      undefined,
      ({ ports }) => Object.assign(ports, port),
    );
    expect(calls.map(([, data]) => String(data))).toEqual(['{"a":1}\n', '2\n']);
  });

  test('CloudWatch gets logs and metrics', async () => {
    const logs = recorded('logs', 'putLogEvents');
    const metrics = recorded('metrics', 'putMetric');
    const metric = {
      roleArn: ROLE,
      metricNamespace: 'n',
      metricName: 'speed',
      metricValue: '${speed}',
      metricUnit: 'None',
      metricTimestamp: '10',
    };
    await fire(
      [{ cloudwatchLogs: { roleArn: ROLE, logGroupName: 'g' } }, { cloudwatchMetric: metric }],
      { speed: 5 },
      undefined,
      ({ ports }) => Object.assign(ports, logs.port, metrics.port),
    );
    expect(logs.calls).toEqual([['g', [{ timestamp: expect.any(Number), message: '{"speed":5}' }]]]);
    expect(metrics.calls).toEqual([[{ namespace: 'n', name: 'speed', value: 5, unit: 'None', timestamp: 10_000 }]]);
  });
});
