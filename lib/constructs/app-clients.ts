import { Duration, Validations } from 'aws-cdk-lib';
import {
  OAuthScope,
  ResourceServerScope,
  UserPool,
  type UserPoolClient,
  type UserPoolDomain,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { API_SCOPES, type ApiScope } from '../environments/environment.ts';
import type { CellStack } from './cell-stack.ts';

/** Identifier of the API towards Cognito: scopes are `iov/<scope>`. */
const RESOURCE_SERVER = 'iov';

export function scopeName(scope: ApiScope): string {
  return `${RESOURCE_SERVER}/${scope}`;
}

/** The app teams' identities: machine clients that get tokens for client id and secret (OAuth 2.0 client credentials). */
export class AppClients extends Construct {
  readonly userPool: UserPool;
  readonly domain: UserPoolDomain;
  readonly clients: ReadonlyMap<string, UserPoolClient>;

  constructor(scope: CellStack, id: string) {
    super(scope, id);
    this.userPool = new UserPool(this, 'UserPool', {
      userPoolName: scope.physicalName('apps'),
      selfSignUpEnabled: false,
      passwordPolicy: {
        minLength: 16,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
      },
      deletionProtection: scope.context.environment.keepState,
      removalPolicy: scope.removalPolicy,
    });
    const noUsers = 'The pool holds machine clients only; nobody signs up or signs in.';
    for (const rule of ['AwsSolutions-COG2', 'AwsSolutions-COG3', 'AwsSolutions-COG8']) {
      Validations.of(this.userPool).acknowledge({ id: rule, reason: noUsers });
    }
    const scopes = Object.fromEntries(
      API_SCOPES.map((name) => [
        name,
        new ResourceServerScope({ scopeName: name, scopeDescription: `The API's ${name}` }),
      ]),
    ) as Record<ApiScope, ResourceServerScope>;
    const server = this.userPool.addResourceServer('Api', {
      identifier: RESOURCE_SERVER,
      userPoolResourceServerName: 'IoV downlink API',
      scopes: Object.values(scopes),
    });
    // Domain prefixes are unique in a Region over all accounts, hence the account in it.
    this.domain = this.userPool.addDomain('Domain', {
      cognitoDomain: { domainPrefix: `${scope.physicalName('apps')}-${scope.account}` },
    });
    this.clients = new Map(
      scope.context.environment.apps.map((app) => [
        app.name,
        this.userPool.addClient(`App-${app.name}`, {
          userPoolClientName: app.name,
          generateSecret: true,
          authFlows: {},
          oAuth: {
            flows: { clientCredentials: true },
            scopes: app.scopes.map((name) => OAuthScope.resourceServer(server, scopes[name])),
          },
          accessTokenValidity: Duration.hours(1),
          enableTokenRevocation: true,
        }),
      ]),
    );
  }
}
