import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import type { ResourceRequest } from '../../../../twin/cloudformation/provider.ts';
import type { Endpoint } from '../../../../twin/endpoint/endpoint.ts';
import { secretsManagerService } from '../../../../twin/services/secretsmanager/operations.ts';
import { secretsManagerProviders } from '../../../../twin/services/secretsmanager/providers.ts';
import { randomPassword } from '../../../../twin/services/secretsmanager/random-password.ts';
import { Secrets } from '../../../../twin/services/secretsmanager/secrets.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { clientConfiguration, startEndpoint } from '../../endpoint/test-endpoint.ts';

const clock = new ManualClock();
const secrets = new Secrets({ account: DEFAULT_ACCOUNT, clock, store: openStore(':memory:') });
let endpoint: Endpoint;
let client: SecretsManagerClient;

beforeAll(async () => {
  endpoint = await startEndpoint([secretsManagerService(secrets)]);
  client = new SecretsManagerClient(clientConfiguration(endpoint));
});

afterAll(async () => {
  client.destroy();
  await endpoint.close();
});

const value = async (SecretId: string, VersionStage?: string) =>
  (await client.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString;

describe('a secret', () => {
  test('is found by name, by ARN, and by ARN without its suffix', async () => {
    const { ARN: arn } = await client.send(new CreateSecretCommand({ Name: 'team/db', SecretString: 'one' }));
    expect(arn).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:team\/db-[A-Za-z0-9]{6}$/);
    for (const id of ['team/db', arn!, arn!.slice(0, -7)]) expect(await value(id)).toBe('one');
  });

  test('keeps its previous value one step back, and drops the one before', async () => {
    await client.send(new CreateSecretCommand({ Name: 'rotated', SecretString: 'one' }));
    for (const SecretString of ['two', 'three'])
      await client.send(new PutSecretValueCommand({ SecretId: 'rotated', SecretString }));
    expect([await value('rotated'), await value('rotated', 'AWSPREVIOUS')]).toEqual(['three', 'two']);
    const { VersionIdsToStages: stages } = await client.send(new DescribeSecretCommand({ SecretId: 'rotated' }));
    expect(Object.values(stages!).flat().sort()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
  });

  test('moves to a pending version when the stage is moved', async () => {
    const { VersionId: first } = await client.send(new CreateSecretCommand({ Name: 'staged', SecretString: 'old' }));
    const { VersionId: pending } = await client.send(
      new PutSecretValueCommand({ SecretId: 'staged', SecretString: 'new', VersionStages: ['AWSPENDING'] }),
    );
    expect(await value('staged')).toBe('old');
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: 'staged',
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: pending,
        RemoveFromVersionId: first,
      }),
    );
    expect([await value('staged'), await value('staged', 'AWSPREVIOUS')]).toEqual(['new', 'old']);
  });

  test('holds bytes too', async () => {
    await client.send(new CreateSecretCommand({ Name: 'keystore', SecretBinary: Buffer.from([1, 0, 255]) }));
    const { SecretBinary: bytes } = await client.send(new GetSecretValueCommand({ SecretId: 'keystore' }));
    expect(Buffer.from(bytes!)).toEqual(Buffer.from([1, 0, 255]));
  });

  test('is recoverable while its window is open, and gone after it', async () => {
    await client.send(new CreateSecretCommand({ Name: 'leaving', SecretString: 'x' }));
    await client.send(new DeleteSecretCommand({ SecretId: 'leaving', RecoveryWindowInDays: 7 }));
    await expect(value('leaving')).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await client.send(new RestoreSecretCommand({ SecretId: 'leaving' }));
    expect(await value('leaving')).toBe('x');
    await client.send(new DeleteSecretCommand({ SecretId: 'leaving', RecoveryWindowInDays: 7 }));
    await clock.advance(7 * 24 * 60 * 60 * 1000);
    await expect(value('leaving')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret.",
    });
  });

  test('exists once', async () => {
    await client.send(new CreateSecretCommand({ Name: 'unique', SecretString: 'a' }));
    await expect(client.send(new CreateSecretCommand({ Name: 'unique', SecretString: 'b' }))).rejects.toMatchObject({
      name: 'ResourceExistsException',
    });
  });

  test('is listed page by page, without its value', async () => {
    for (const Name of ['listed/1', 'listed/2', 'listed/3'])
      await client.send(new CreateSecretCommand({ Name, SecretString: 'hidden' }));
    const Filters = [{ Key: 'name' as const, Values: ['listed/'] }];
    const first = await client.send(new ListSecretsCommand({ Filters, MaxResults: 2 }));
    const second = await client.send(new ListSecretsCommand({ Filters, MaxResults: 2, NextToken: first.NextToken }));
    const listed = [...first.SecretList!, ...second.SecretList!];
    expect(listed.map(({ Name: name }) => name)).toEqual(['listed/1', 'listed/2', 'listed/3']);
    expect(JSON.stringify(listed)).not.toContain('hidden');
  });
});

describe('a random password', () => {
  test('has the length asked for and no excluded character', async () => {
    const { RandomPassword: password } = await client.send(
      new GetRandomPasswordCommand({ PasswordLength: 100, ExcludePunctuation: true, ExcludeCharacters: 'abc' }),
    );
    expect(password).toMatch(/^[d-zA-Z0-9]{100}$/);
  });

  test('has one of each type unless that is not required', () => {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      expect(randomPassword({ PasswordLength: 4 })).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^A-Za-z0-9]).{4}$/);
    }
  });

  test('cannot be made of nothing', () => {
    expect(() =>
      randomPassword({
        ExcludeLowercase: true,
        ExcludeUppercase: true,
        ExcludeNumbers: true,
        ExcludePunctuation: true,
      }),
    ).toThrow('cannot be generated');
  });
});

describe('in a template', () => {
  const [provider] = secretsManagerProviders(secrets);
  const request = (properties: Record<string, unknown>): ResourceRequest => ({
    stackName: 'stack',
    stackId: 'arn:stack',
    logicalId: 'Scram',
    type: provider!.type,
    properties,
    account: DEFAULT_ACCOUNT,
    assemblyFolder: '/',
  });

  test('a secret is generated into its template, and stays while the template stays', async () => {
    const properties = {
      Name: 'AmazonMSK_iot',
      GenerateSecretString: {
        SecretStringTemplate: '{"username":"iot"}',
        GenerateStringKey: 'password',
        PasswordLength: '40',
        ExcludePunctuation: 'true',
      },
    };
    const { physicalId } = await provider!.create(request(properties));
    const before = await value(physicalId);
    expect(JSON.parse(before!)).toEqual({ username: 'iot', password: expect.stringMatching(/^[A-Za-z0-9]{40}$/) });
    await provider!.update({
      ...request({ ...properties, Description: 'new' }),
      physicalId,
      previousProperties: properties,
    });
    expect(await value(physicalId)).toBe(before);
  });
});
