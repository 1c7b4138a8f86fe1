import {
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  LabelParameterVersionCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import type { Endpoint } from '../../../../twin/endpoint/endpoint.ts';
import { Keys } from '../../../../twin/services/kms/keys.ts';
import { ssmService } from '../../../../twin/services/ssm/operations.ts';
import { Parameters } from '../../../../twin/services/ssm/parameters.ts';
import { ssmProviders } from '../../../../twin/services/ssm/providers.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { clientConfiguration, startEndpoint } from '../../endpoint/test-endpoint.ts';

const clock = new ManualClock();
const store = openStore(':memory:');
const keys = new Keys({ account: DEFAULT_ACCOUNT, clock, store });
const parameters = new Parameters({ account: DEFAULT_ACCOUNT, clock, store, keys });
let endpoint: Endpoint;
let client: SSMClient;

beforeAll(async () => {
  endpoint = await startEndpoint([ssmService(parameters)]);
  client = new SSMClient(clientConfiguration(endpoint));
});

afterAll(async () => {
  client.destroy();
  await endpoint.close();
});

const put = (
  Name: string,
  Value: string,
  options: { Type?: 'String' | 'SecureString'; Overwrite?: boolean; AllowedPattern?: string } = {},
) => client.send(new PutParameterCommand({ Name, Value, Type: 'String', ...options }));
const value = async (Name: string, WithDecryption = false) =>
  (await client.send(new GetParameterCommand({ Name, WithDecryption }))).Parameter!.Value;

describe('a parameter', () => {
  test('is found by name, by ARN, by version and by label', async () => {
    await put('/iov/endpoint', 'one');
    await put('/iov/endpoint', 'two', { Overwrite: true });
    await client.send(
      new LabelParameterVersionCommand({ Name: '/iov/endpoint', ParameterVersion: 1, Labels: ['stable'] }),
    );
    expect(await value('/iov/endpoint')).toBe('two');
    expect(await value('arn:aws:ssm:us-east-1:000000000000:parameter/iov/endpoint')).toBe('two');
    expect(await value('/iov/endpoint:1')).toBe('one');
    expect(await value('/iov/endpoint:stable')).toBe('one');
    const { Parameters: history } = await client.send(new GetParameterHistoryCommand({ Name: '/iov/endpoint' }));
    expect(history!.map(({ Value, Labels }) => [Value, Labels])).toEqual([
      ['one', ['stable']],
      ['two', []],
    ]);
  });

  test('that is secure shows its value only when decryption is asked for', async () => {
    await put('/iov/secret', 'hidden', { Type: 'SecureString' });
    expect(await value('/iov/secret', true)).toBe('hidden');
    const closed = await value('/iov/secret');
    expect(Buffer.from(closed!, 'base64').toString('latin1')).not.toContain('hidden');
  });

  test.each([
    ['written again without Overwrite', () => put('/iov/endpoint', 'three'), 'ParameterAlreadyExists'],
    [
      'that does not match its pattern',
      () => put('/iov/pattern', 'abc', { AllowedPattern: '^[0-9]+$' }),
      'ParameterPatternMismatchException',
    ],
    ['with a reserved name', () => put('/aws/mine', 'x'), 'AccessDeniedException'],
    ['that does not exist', () => value('/iov/nowhere'), 'ParameterNotFound'],
    ['in a version that does not exist', () => value('/iov/endpoint:99'), 'ParameterVersionNotFound'],
  ])('%s is refused', async (_name, attempt, code) => {
    await expect(attempt()).rejects.toMatchObject({ name: code });
  });
});

test('parameters are read by path, one level or all, in pages', async () => {
  for (const name of ['/tree/a', '/tree/b', '/tree/sub/c']) await put(name, name);
  const names = async (Recursive: boolean) =>
    (await client.send(new GetParametersByPathCommand({ Path: '/tree', Recursive }))).Parameters!.map(
      ({ Name }) => Name,
    );
  expect(await names(false)).toEqual(['/tree/a', '/tree/b']);
  expect(await names(true)).toEqual(['/tree/a', '/tree/b', '/tree/sub/c']);
  const first = await client.send(new GetParametersByPathCommand({ Path: '/tree', Recursive: true, MaxResults: 2 }));
  const second = await client.send(
    new GetParametersByPathCommand({ Path: '/tree', Recursive: true, MaxResults: 2, NextToken: first.NextToken }),
  );
  expect(second.Parameters!.map(({ Name }) => Name)).toEqual(['/tree/sub/c']);
});

test('several parameters are read and deleted at once, the unknown ones named', async () => {
  await put('plain', '1');
  const { Parameters: found, InvalidParameters: invalid } = await client.send(
    new GetParametersCommand({ Names: ['plain', 'unknown'] }),
  );
  expect([found!.map(({ Value }) => Value), invalid]).toEqual([['1'], ['unknown']]);
  const deleted = await client.send(new DeleteParametersCommand({ Names: ['plain', 'unknown'] }));
  expect([deleted.DeletedParameters, deleted.InvalidParameters]).toEqual([['plain'], ['unknown']]);
});

test('parameters are described by filter, without their values', async () => {
  await put('/filtered/x', 'value-not-shown');
  const { Parameters: described } = await client.send(
    new DescribeParametersCommand({ ParameterFilters: [{ Key: 'Name', Option: 'BeginsWith', Values: ['/filtered'] }] }),
  );
  expect(described!.map(({ Name }) => Name)).toEqual(['/filtered/x']);
  expect(JSON.stringify(described)).not.toContain('value-not-shown');
});

test('a template’s parameter is changed in place and deleted', async () => {
  const [provider] = ssmProviders(parameters);
  const request = (Value: string) => ({
    stackName: 'stack',
    stackId: 'arn:stack',
    logicalId: 'Parameter',
    type: provider!.type,
    properties: { Name: '/stack/parameter', Type: 'String', Value },
    account: DEFAULT_ACCOUNT,
    assemblyFolder: '/',
  });
  const { physicalId } = await provider!.create(request('1'));
  await provider!.update({ ...request('2'), physicalId, previousProperties: request('1').properties });
  expect(await value('/stack/parameter')).toBe('2');
  await provider!.delete({ ...request('2'), physicalId, previousProperties: {} });
  await expect(value('/stack/parameter')).rejects.toMatchObject({ name: 'ParameterNotFound' });
});
