import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT, arn } from '../../../twin/account.ts';
import { ManualClock, SystemClock, type Clock } from '../../../twin/clock.ts';
import { Functions, type FunctionsOptions } from '../../../twin/lambda/functions.ts';
import { openStore, type Store } from '../../../twin/state/store.ts';

describe('Lambda functions in worker threads', () => {
  let folder: string;
  let store: Store;
  let functions: Functions;
  let logged: string[];
  let delivered: { destination: string; body: string }[];

  function start(clock: Clock, more: Partial<FunctionsOptions> = {}): Functions {
    return new Functions({
      account: DEFAULT_ACCOUNT,
      clock,
      store,
      awsEndpoint: () => 'http://127.0.0.1:1',
      issueCredentials: (roleArn, sessionName) => ({
        accessKeyId: 'ASIATEST',
        secretAccessKey: 'secret',
        sessionToken: `${roleArn}/${sessionName}`,
      }),
      log: (_name, line) => logged.push(line),
      deliver: async (destination, body) => void delivered.push({ destination, body }),
      ...more,
    });
  }

  function define(
    name: string,
    source: string,
    options: {
      file?: string;
      timeoutSeconds?: number;
      environment?: Record<string, string>;
      reservedConcurrency?: number;
    } = {},
  ): void {
    const codeFolder = join(folder, name);
    mkdirSync(codeFolder, { recursive: true });
    writeFileSync(join(codeFolder, options.file ?? 'index.mjs'), source);
    functions.define({
      name,
      arn: arn(DEFAULT_ACCOUNT, 'lambda', `function:${name}`),
      runtime: 'nodejs24.x',
      handler: 'index.handler',
      codeFolder,
      codeHash: String(Math.random()),
      environment: options.environment ?? {},
      timeoutSeconds: options.timeoutSeconds ?? 3,
      memoryMegabytes: 128,
      roleArn: 'arn:aws:iam::000000000000:role/r',
      architecture: 'arm64',
      reservedConcurrency: options.reservedConcurrency,
      lastModified: '',
    });
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'iov-lambda-'));
    store = openStore(':memory:');
    logged = [];
    delivered = [];
    functions = start(new SystemClock());
  });
  afterEach(async () => {
    await functions.close();
    store.close();
    rmSync(folder, { recursive: true });
  });

  test('an ES module answers with its result, its environment and its context', async () => {
    define(
      'echo',
      `export const handler = async (event, context) => ({ event, name: context.functionName, arn: context.invokedFunctionArn,
         left: context.getRemainingTimeInMillis() > 0, mine: process.env.MINE, endpoint: process.env.AWS_ENDPOINT_URL, key: process.env.AWS_ACCESS_KEY_ID });`,
      { environment: { MINE: 'yes', AWS_ENDPOINT_URL: 'https://elsewhere' } },
    );
    const { payload, functionError } = await functions.invoke('echo', { a: 1 });
    expect(functionError).toBeUndefined();
    expect(JSON.parse(payload)).toEqual({
      event: { a: 1 },
      name: 'echo',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:echo',
      left: true,
      mine: 'yes',
      endpoint: 'http://127.0.0.1:1',
      key: 'ASIATEST',
    });
  });

  test('a CommonJS file with a callback answers, whatever the project around it says of its modules', async () => {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    define(
      'callback',
      `const path = require('node:path'); exports.handler = (event, context, callback) => callback(null, path.basename(event));`,
      { file: 'index.js' },
    );
    expect((await functions.invoke('callback', '/a/b')).payload).toBe('"b"');
  });

  test('the AWS SDK is there as it is in the Lambda runtime, without a node_modules of its own', async () => {
    define(
      'sdk',
      `import { SQSClient } from '@aws-sdk/client-sqs'; export const handler = async () => typeof SQSClient;`,
    );
    expect((await functions.invoke('sdk', {})).payload).toBe('"function"');
  });

  test('the AWS SDK is there for CommonJS code as well', async () => {
    define(
      'sdk-cjs',
      `const { SQSClient } = require('@aws-sdk/client-sqs'); exports.handler = async () => typeof SQSClient;`,
      {
        file: 'index.js',
      },
    );
    expect((await functions.invoke('sdk-cjs', {})).payload).toBe('"function"');
  });

  test('an error that is thrown comes back as a function error with its type and message', async () => {
    define('broken', `export const handler = async () => { throw new RangeError('too far'); };`);
    const { payload, functionError } = await functions.invoke('broken', {});
    expect(functionError).toBe('Unhandled');
    expect(JSON.parse(payload)).toMatchObject({ errorType: 'RangeError', errorMessage: 'too far' });
    while (!logged.some((line) => line.includes('Invoke Error'))) await new Promise((resolve) => setImmediate(resolve));
  });

  test('a handler that cannot be loaded says what is missing', async () => {
    define('nothing', `export const other = 1;`);
    const { payload } = await functions.invoke('nothing', {});
    expect(JSON.parse(payload).errorMessage).toBe('index.handler is undefined or not exported');
  });

  test('a function that ends its process answers with an exit error and the next call works', async () => {
    define('exit', `export const handler = async (event) => { if (event.die) process.exit(3); return 'alive'; };`);
    expect(JSON.parse((await functions.invoke('exit', { die: true })).payload).errorType).toBe('Runtime.ExitError');
    expect((await functions.invoke('exit', {})).payload).toBe('"alive"');
  });

  test('an invocation past its timeout is ended and says so', async () => {
    define('slow', `export const handler = () => new Promise(() => {});`, { timeoutSeconds: 0.05 });
    const { payload, functionError } = await functions.invoke('slow', {});
    expect(functionError).toBe('Unhandled');
    expect(JSON.parse(payload).errorMessage).toMatch(/Task timed out after 0.05 seconds/);
  });

  test('an environment is reused while idle and another one is started while it is busy', async () => {
    define(
      'counter',
      `let calls = 0; export const handler = async (ms) => { await new Promise((r) => setTimeout(r, ms)); return ++calls; };`,
    );
    expect((await functions.invoke('counter', 0)).payload).toBe('1');
    expect((await functions.invoke('counter', 0)).payload).toBe('2');
    const both = await Promise.all([functions.invoke('counter', 20), functions.invoke('counter', 20)]);
    expect(both.map(({ payload }) => payload).sort()).toEqual(['1', '3']);
  });

  test('with one reserved environment calls wait for each other and all are answered', async () => {
    define(
      'single',
      `let running = 0; export const handler = async (n) => { if (++running > 1) throw new Error('two at once'); await null; running--; return n; };`,
      {
        reservedConcurrency: 1,
      },
    );
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => functions.invoke('single', n)));
    expect(answers.map(({ payload }) => payload)).toEqual(Array.from({ length: 20 }, (_, n) => String(n)));
  });

  test('a new definition is what the next call runs', async () => {
    define('changing', `export const handler = async () => 'old';`);
    await functions.invoke('changing', {});
    define('changing', `export const handler = async () => 'new';`, { file: 'index.mjs' });
    expect((await functions.invoke('changing', {})).payload).toBe('"new"');
  });

  test('a service is refused until the resource policy names it with that source', async () => {
    define('guarded', `export const handler = async () => 'in';`);
    const caller = { service: 'iot.amazonaws.com', sourceArn: 'arn:aws:iot:us-east-1:000000000000:rule/presence' };
    await expect(functions.invoke('guarded', {}, caller)).rejects.toThrow(
      /not authorized to perform: lambda:InvokeFunction/,
    );
    functions.permit({
      statementId: 'other',
      functionName: 'guarded',
      action: 'lambda:InvokeFunction',
      principal: 'iot.amazonaws.com',
      sourceArn: 'arn:aws:iot:us-east-1:000000000000:rule/other',
    });
    await expect(functions.invoke('guarded', {}, caller)).rejects.toThrow(/not authorized/);
    functions.permit({
      statementId: 'right',
      functionName: 'guarded',
      action: 'lambda:InvokeFunction',
      principal: 'iot.amazonaws.com',
      sourceArn: 'arn:aws:iot:*:000000000000:rule/pres*',
    });
    expect((await functions.invoke('guarded', {}, caller)).payload).toBe('"in"');
  });

  test('an unknown function is not found', async () => {
    await expect(functions.invoke('nobody', {})).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      statusCode: 404,
    });
  });

  test('an asynchronous event that fails is tried twice more and then goes to its failure destination', async () => {
    const clock = new ManualClock();
    functions = start(clock);
    define('failing', `export const handler = async () => { console.log('tried'); throw new Error('no'); };`);
    functions.configureAsync('failing', { onFailureArn: 'arn:aws:sqs:us-east-1:000000000000:dead' });
    await functions.invokeAsync('failing', { order: 7 });
    const queue = store.collection<{ attempts: number }>('lambda:queued-events');
    const attempts = async (count: number): Promise<void> => {
      while ([...queue.values()][0]?.attempts !== count) await new Promise((resolve) => setImmediate(resolve));
    };
    await attempts(1);
    await clock.advance(60_000);
    await attempts(2);
    await clock.advance(120_000);
    while (delivered.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(logged.filter((line) => line.includes('tried'))).toHaveLength(3);
    expect(delivered[0]!.destination).toBe('arn:aws:sqs:us-east-1:000000000000:dead');
    expect(JSON.parse(delivered[0]!.body)).toMatchObject({
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
      requestPayload: { order: 7 },
      responsePayload: { errorMessage: 'no' },
    });
  });

  test('asynchronous events that find no room are tried again and count as no attempt', async () => {
    const clock = new ManualClock();
    functions = start(clock);
    define('closed', `export const handler = async () => 'open';`, { reservedConcurrency: 0 });
    await functions.invokeAsync('closed', {});
    const queue = store.collection<{ attempts: number }>('lambda:queued-events');
    for (let second = 0; second < 10; second++) await clock.advance(1_000);
    expect([...queue.values()].map(({ attempts }) => attempts)).toEqual([0]);
    define('closed', `export const handler = async () => 'open';`, { reservedConcurrency: 1 });
    await clock.advance(1_000);
    while (queue.size > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(delivered).toEqual([]);
  });

  test('an asynchronous event that was queued before a stop is executed after the next start', async () => {
    const stopped = new ManualClock();
    functions = start(stopped);
    define(
      'later',
      `import { appendFileSync } from 'node:fs'; export const handler = async ({ file }) => appendFileSync(file, 'done');`,
    );
    store.collection('lambda:queued-events').set('x', {
      id: 'x',
      functionName: 'later',
      event: JSON.stringify({ file: join(folder, 'out') }),
      queuedAt: stopped.now(),
      attempts: 0,
    });
    functions.resume();
    const queue = store.collection('lambda:queued-events');
    while (queue.size > 0) await new Promise((resolve) => setImmediate(resolve));
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('done');
  });
});
