import type { AwsService } from '../endpoint/service.ts';
import { AwsError } from '../endpoint/service.ts';
import type { UserPoolClient, UserPools } from './user-pools.ts';

const describe = (client: UserPoolClient): Record<string, unknown> => ({
  UserPoolId: client.userPoolId,
  ClientId: client.clientId,
  ClientName: client.name,
  ClientSecret: client.secret,
  AllowedOAuthFlows: client.allowedFlows,
  AllowedOAuthScopes: client.allowedScopes,
  AllowedOAuthFlowsUserPoolClient: client.allowedFlows.length > 0,
});

/** As much of Cognito's API as an operator uses to hand an app its credentials. */
export function cognitoService(userPools: UserPools): AwsService {
  const poolOf = (id: unknown): string => {
    const pool = userPools.pools().find((candidate) => candidate.id === id);
    if (!pool) throw new AwsError('ResourceNotFoundException', `User pool ${String(id)} does not exist.`);
    return pool.id;
  };
  return {
    signingNames: ['cognito-idp'],
    iamPrefix: 'cognito-idp',
    model: () => import('@aws-sdk/client-cognito-identity-provider') as Promise<Record<string, unknown>>,
    operations: {
      ListUserPools: { run: () => ({ UserPools: userPools.pools().map(({ id, name }) => ({ Id: id, Name: name })) }) },
      DescribeUserPool: {
        run: (input) => {
          const { id, name, arn } = userPools.pool(poolOf(input['UserPoolId']));
          return { UserPool: { Id: id, Name: name, Arn: arn } };
        },
      },
      ListUserPoolClients: {
        run: (input) => ({
          UserPoolClients: userPools
            .clientsOf(poolOf(input['UserPoolId']))
            .map(({ clientId, name, userPoolId }) => ({
              ClientId: clientId,
              ClientName: name,
              UserPoolId: userPoolId,
            })),
        }),
      },
      DescribeUserPoolClient: {
        run: (input) => {
          const client = userPools.client(String(input['ClientId']));
          if (!client || client.userPoolId !== poolOf(input['UserPoolId'])) {
            throw new AwsError(
              'ResourceNotFoundException',
              `User pool client ${String(input['ClientId'])} does not exist.`,
            );
          }
          return { UserPoolClient: describe(client) };
        },
      },
    },
  };
}
