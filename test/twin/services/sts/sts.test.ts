import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { SystemClock } from '../../../../twin/clock.ts';
import type { Endpoint } from '../../../../twin/endpoint/endpoint.ts';
import { Iam } from '../../../../twin/iam/iam.ts';
import { stsService } from '../../../../twin/services/sts/operations.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { clientConfiguration, startEndpoint } from '../../endpoint/test-endpoint.ts';

const iam = new Iam({ store: openStore(':memory:'), account: DEFAULT_ACCOUNT, clock: new SystemClock() });
let endpoint: Endpoint;
let administrator: STSClient;

beforeAll(async () => {
  iam.roles.putRole({
    name: 'reader',
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: '000000000000' }, Action: 'sts:AssumeRole' }],
    },
  });
  endpoint = await startEndpoint([stsService(iam)], {
    credentials: iam.sessions,
    authorize: (caller, request) => iam.authorize(caller, request),
  });
  administrator = new STSClient(clientConfiguration(endpoint));
});

afterAll(async () => {
  administrator.destroy();
  await endpoint.close();
});

const roleArn = 'arn:aws:iam::000000000000:role/reader';

function clientWith(credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }): STSClient {
  return new STSClient({ ...clientConfiguration(endpoint), credentials });
}

describe('GetCallerIdentity', () => {
  test('names the account for a key that the twin did not issue', async () => {
    expect(await administrator.send(new GetCallerIdentityCommand())).toMatchObject({
      Account: '000000000000',
      Arn: 'arn:aws:iam::000000000000:root',
    });
  });

  test('names the session for the credentials of a role, whose signature is verified', async () => {
    const { Credentials: credentials } = await administrator.send(
      new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'test' }),
    );
    expect(credentials!.Expiration!.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
    const issued = {
      accessKeyId: credentials!.AccessKeyId!,
      secretAccessKey: credentials!.SecretAccessKey!,
      sessionToken: credentials!.SessionToken!,
    };
    expect(await clientWith(issued).send(new GetCallerIdentityCommand())).toMatchObject({
      Arn: 'arn:aws:sts::000000000000:assumed-role/reader/test',
    });

    const forged = clientWith({ ...issued, secretAccessKey: 'wrong' }).send(new GetCallerIdentityCommand());
    await expect(forged).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    const withoutToken = clientWith({ ...issued, sessionToken: undefined }).send(new GetCallerIdentityCommand());
    await expect(withoutToken).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  });
});

test('AssumeRole of a role that does not exist is denied in AWS’s words', async () => {
  const attempt = administrator.send(new AssumeRoleCommand({ RoleArn: `${roleArn}-missing`, RoleSessionName: 'test' }));
  await expect(attempt).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('is not authorized to perform: sts:AssumeRole on resource'),
  });
});
