import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../cloudformation/provider.ts';
import type { UserPools } from './user-pools.ts';

const UNIT_SECONDS: Record<string, number> = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };

/** `AccessTokenValidity` counts in hours unless `TokenValidityUnits` says otherwise. */
function accessTokenSeconds(properties: Readonly<Record<string, unknown>>): number {
  const units = (properties['TokenValidityUnits'] ?? {}) as { AccessToken?: string };
  return Number(properties['AccessTokenValidity'] ?? 1) * (UNIT_SECONDS[units.AccessToken ?? 'hours'] ?? 3_600);
}

/** CloudFormation's Cognito resources that the twin gives life to. */
export function cognitoProviders(userPools: UserPools): ResourceProvider[] {
  const poolResult = (id: string): ProvisionedResource => {
    const pool = userPools.pool(id);
    const issuer = userPools.issuerOf(id);
    return {
      physicalId: id,
      attributes: { Arn: pool.arn, UserPoolId: id, ProviderName: issuer.replace('https://', ''), ProviderURL: issuer },
    };
  };
  const putClient = ({ properties, logicalId }: ResourceRequest, clientId?: string): ProvisionedResource => {
    const client = userPools.putClient({
      clientId,
      userPoolId: String(properties['UserPoolId']),
      name: String(properties['ClientName'] ?? logicalId),
      generateSecret: String(properties['GenerateSecret'] ?? false) === 'true',
      allowedFlows: (properties['AllowedOAuthFlows'] as string[] | undefined) ?? [],
      allowedScopes: (properties['AllowedOAuthScopes'] as string[] | undefined) ?? [],
      accessTokenSeconds: accessTokenSeconds(properties),
    });
    return {
      physicalId: client.clientId,
      attributes: { ClientId: client.clientId, ClientSecret: client.secret, Name: client.name },
    };
  };
  return [
    {
      type: 'AWS::Cognito::UserPool',
      create: ({ properties, logicalId }) =>
        poolResult(userPools.createPool(String(properties['UserPoolName'] ?? logicalId)).id),
      update: ({ properties, logicalId, physicalId }) =>
        poolResult(userPools.renamePool(physicalId, String(properties['UserPoolName'] ?? logicalId)).id),
      delete: ({ physicalId }) => userPools.deletePool(physicalId),
    },
    {
      type: 'AWS::Cognito::UserPoolClient',
      create: (request) => putClient(request),
      update: (request) =>
        putClient(
          request,
          request.previousProperties['UserPoolId'] === request.properties['UserPoolId']
            ? request.physicalId
            : undefined,
        ),
      delete: ({ physicalId }) => userPools.deleteClient(physicalId),
    },
    {
      // Scopes are checked against the client's own list, which can only name scopes of a resource server.
      type: 'AWS::Cognito::UserPoolResourceServer',
      create: ({ properties }) => ({ physicalId: String(properties['Identifier']) }),
      update: ({ properties }) => ({ physicalId: String(properties['Identifier']) }),
      delete: () => undefined,
    },
    {
      type: 'AWS::Cognito::UserPoolDomain',
      create: ({ properties }) => ({
        physicalId: String(properties['Domain']),
        attributes: { CloudFrontDistribution: '' },
      }),
      update: ({ properties }) => ({ physicalId: String(properties['Domain']) }),
      delete: () => undefined,
    },
  ];
}
