import type { Account } from '../../account.ts';
import type { AwsService, Caller } from '../../endpoint/service.ts';

/** What STS needs of IAM. */
export interface RoleAssumption {
  /** @throws AwsError AccessDenied, ValidationError */
  assumeRole(
    caller: Caller,
    roleArn: string,
    sessionName: string,
    durationSeconds?: number,
    conditionKeys?: Readonly<Record<string, string | undefined>>,
  ): {
    readonly credentials: {
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken: string;
      /** Milliseconds since the epoch. */
      readonly expiration?: number;
    };
    readonly arn: string;
    readonly assumedRoleId: string;
  };
}

/** STS on the endpoint. Who may assume a role is IAM's decision: the trust policy first, then the caller's policies. */
export function stsService(roles: RoleAssumption): AwsService {
  return {
    signingNames: ['sts'],
    iamPrefix: 'sts',
    model: () => import('@aws-sdk/client-sts'),
    operations: {
      // Allowed to everybody, even against an explicit deny (STS API reference).
      GetCallerIdentity: {
        resources: () => [],
        run: (_input, { account, caller }) => ({
          Account: account.accountId,
          Arn: caller.arn,
          UserId: userIdOf(caller, account),
        }),
      },
      AssumeRole: {
        resources: () => [],
        run: (input, { caller }) => {
          const { credentials, arn, assumedRoleId } = roles.assumeRole(
            caller,
            String(input['RoleArn']),
            String(input['RoleSessionName']),
            input['DurationSeconds'] as number | undefined,
            {
              'sts:ExternalId': input['ExternalId'] as string | undefined,
              'sts:RoleSessionName': String(input['RoleSessionName']),
            },
          );
          return {
            AssumedRoleUser: { Arn: arn, AssumedRoleId: assumedRoleId },
            Credentials: {
              AccessKeyId: credentials.accessKeyId,
              SecretAccessKey: credentials.secretAccessKey,
              SessionToken: credentials.sessionToken,
              Expiration: credentials.expiration,
            },
          };
        },
      },
    },
  };
}

function userIdOf(caller: Caller, account: Account): string {
  return caller.kind === 'role' ? `${caller.roleName}:${caller.sessionName}` : account.accountId;
}
