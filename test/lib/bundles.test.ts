import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildBundles } from '../../lib/bundling/bundle-lambdas.ts';
import { prunableSchemas } from '../../lib/bundling/esbuild-plugins.ts';
import { FUNCTIONS, type FunctionName } from '../../lib/bundling/lambda-code.ts';

/** Bytes; what Lambda loads and parses at each cold start. */
const LARGEST = 250_000;

const run = promisify(execFile);
let folder: string;
let outputs: Readonly<Record<string, { bytes: number; imports: { path: string; external?: boolean }[] }>>;
let aws: Server;
/** How the AWS that the bundles see answers a call, by path or by target header. */
const answers: Record<string, { status: number; type: string }> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iov-bundles-'));
  outputs = (await buildBundles(folder)).metafile.outputs;
  aws = createServer((request, response) => {
    const { status, type } = answers[String(request.headers['x-amz-target'] ?? request.url)] ?? {
      status: 200,
      type: '',
    };
    response.writeHead(status, type ? { 'x-amzn-errortype': type } : {});
    request.resume().on('end', () => response.end(JSON.stringify(type ? { __type: type, message: 'm' } : {})));
  });
  await new Promise<void>((resolve) => aws.listen(0, '127.0.0.1', resolve));
  // Every function is bundled, on a machine that may be busy.
}, 30_000);

afterAll(async () => {
  await rm(folder, { recursive: true });
  aws.closeAllConnections();
  await new Promise((resolve) => aws.close(resolve));
});

/** Calls a bundle as Lambda does, in a process of its own; gives what the handler returned. */
async function invoke(name: FunctionName, event: unknown): Promise<unknown> {
  const call = `const { handler } = await import(process.argv[1]);
    const result = await handler(JSON.parse(process.argv[2])).catch((error) => ({ error: error.name }));
    console.log('RESULT ' + JSON.stringify(result ?? 'nothing'));`;
  const { stdout } = await run(
    process.execPath,
    ['--input-type=module', '-e', call, join(folder, name, 'index.mjs'), JSON.stringify(event)],
    {
      env: {
        ...{ AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
        ...{
          COMMANDS_TABLE: 'commands',
          DEVICES_TABLE: 'devices',
          TIMERS_QUEUE_URL: 'http://q',
          IOT_DATA_ENDPOINT: 'd',
        },
        ...{ AWS_ENDPOINT_URL: `http://127.0.0.1:${(aws.address() as AddressInfo).port}`, AWS_MAX_ATTEMPTS: '1' },
      },
    },
  );
  return JSON.parse(stdout.split('RESULT ')[1]!);
}

describe('bundles', () => {
  test.each(FUNCTIONS)('%s is small enough and needs nothing from outside but Node', (name) => {
    const [, output] = Object.entries(outputs).find(([path]) => path.endsWith(`${name}/index.mjs`))!;
    expect(output.bytes).toBeLessThan(LARGEST);
    const outside = output.imports.filter(({ external }) => external).map(({ path }) => path);
    const packages = outside.filter((path) => !/^(node:)?[a-z_/]+$/.test(path));
    // Of the AWS SDK, where there is any; it is never loaded (bundle-lambdas.ts).
    expect(packages.filter((path) => path !== '@smithy/core/event-streams')).toEqual([]);
  });

  test('know errors of AWS by name, though the classes are left out (REST)', async () => {
    const ask = { parameters: { ThingName: 'V1', SerialNumber: 'S1' } };
    answers['/things/V1'] = { status: 404, type: 'ResourceNotFoundException' };
    expect(await invoke('provisioning-hook', ask)).toEqual({ allowProvisioning: true });
    answers['/things/V1'] = { status: 403, type: 'UnauthorizedException' };
    expect(await invoke('provisioning-hook', ask)).toEqual({ error: 'UnauthorizedException' });
  });

  test('know errors of AWS by name, though the classes are left out (JSON-RPC)', async () => {
    const event = { clientId: 'V1', thingName: 'V1', eventType: 'disconnected', timestamp: 1 };
    answers['DynamoDB_20120810.UpdateItem'] = { status: 400, type: 'ConditionalCheckFailedException' };
    // Older than what is known: taken note of, no error.
    expect(await invoke('presence', event)).toBe('nothing');
    answers['DynamoDB_20120810.UpdateItem'] = { status: 400, type: 'AccessDeniedException' };
    expect(await invoke('presence', event)).toEqual({ error: 'AccessDeniedException' });
  });
});

describe('the API in its bundle', () => {
  const post = (body: string, thing = 'V1', claims: object = { client_id: 'operations' }) =>
    invoke('commands-api', {
      routeKey: 'POST /v1/vehicles/{thing}/commands',
      rawPath: `/v1/vehicles/${thing}/commands`,
      pathParameters: { thing },
      headers: {},
      requestContext: { authorizer: { jwt: { claims } } },
      body: Buffer.from(body).toString('base64'),
      isBase64Encoded: true,
    }) as Promise<{ statusCode: number; headers: Record<string, string>; body: string }>;

  test('answers a bad request, an unknown vehicle and a failing AWS with problem documents', async () => {
    answers['/things/V404'] = { status: 404, type: 'ResourceNotFoundException' };
    answers['/things/V500'] = { status: 429, type: 'ThrottlingException' };
    const responses = await Promise.all([
      post('{"command":"engine.explode"}'),
      post('{"command":"horn.honk"}', 'V404'),
      post('{"command":"horn.honk"}', 'V500'),
      post('{"command":"horn.honk"}', 'V1', {}),
    ]);
    expect(responses.map(({ statusCode }) => statusCode)).toEqual([400, 404, 503, 403]);
    for (const { headers, body } of responses) {
      expect(headers['content-type']).toBe('application/problem+json');
      expect(JSON.parse(body)).toMatchObject({ instance: expect.stringMatching(/^\/v1\/vehicles\//) });
    }
  });
});

test('shapes become prunable, and modelled errors lose their registration but the base exception keeps it', () => {
  const source = [
    'const _s_registry = new TypeRegistry(_s);',
    '_s_registry.registerError(Base$, Base);',
    'n0_registry.registerError(Other$, Other);',
    'export var Shape$ = [3, n0, _S,',
    '    { [_e]: _c },',
    '    [_m]',
    '];',
  ].join('\n');
  expect(prunableSchemas(source)).toBe(
    [
      'const _s_registry = new TypeRegistry(_s);',
      '_s_registry.registerError(Base$, Base);',
      '',
      'export var Shape$ = /* @__PURE__ */ (() => ([3, n0, _S,',
      '    { [_e]: _c },',
      '    [_m]',
      ']))();',
    ].join('\n'),
  );
});
