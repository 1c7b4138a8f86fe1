import type { CfnStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ApiScope } from '../environments/environment.ts';
import { scopeName, type AppClients } from './app-clients.ts';
import type { CellFunction } from './cell-function.ts';
import type { CellStack } from './cell-stack.ts';

const ROUTES: readonly { readonly method: HttpMethod; readonly path: string; readonly scope: ApiScope }[] = [
  { method: HttpMethod.POST, path: '/v1/vehicles/{thing}/commands', scope: 'commands.write' },
  { method: HttpMethod.GET, path: '/v1/vehicles/{thing}/commands/{commandId}', scope: 'commands.read' },
];

/** Requests a second over all clients, with its burst: half of what an account has by default, so that no other API starves. */
const THROTTLING = { throttlingRateLimit: 5_000, throttlingBurstLimit: 2_500 };

/** One JSON object a request; what the client was told, and by whom. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  client: '$context.authorizer.claims.client_id',
  route: '$context.routeKey',
  path: '$context.path',
  status: '$context.status',
  latency: '$context.responseLatency',
  sourceIp: '$context.identity.sourceIp',
  error: '$context.error.message',
};

/** The REST door of the downlink: an HTTP API whose every route asks for a token with the route's scope. */
export class CommandsApi extends Construct {
  readonly url: string;

  constructor(scope: CellStack, id: string, { userPool, clients }: AppClients, handler: CellFunction) {
    super(scope, id);
    const issuer = `https://cognito-idp.${scope.region}.${scope.urlSuffix}/${userPool.userPoolId}`;
    const api = new HttpApi(this, 'Api', {
      apiName: scope.physicalName('downlink'),
      description: 'Commands to vehicles',
      // Cognito's access tokens have no audience; API Gateway compares their client_id instead.
      defaultAuthorizer: new HttpJwtAuthorizer('AppTokens', issuer, {
        jwtAudience: [...clients.values()].map((client) => client.userPoolClientId),
      }),
      createDefaultStage: true,
    });
    const integration = new HttpLambdaIntegration('Commands', handler);
    for (const { method, path, scope: name } of ROUTES) {
      api.addRoutes({ path, methods: [method], integration, authorizationScopes: [scopeName(name)] });
    }
    const logs = new LogGroup(this, 'AccessLogs', {
      retention: scope.context.environment.logRetentionDays,
      removalPolicy: scope.removalPolicy,
    });
    const stage = api.defaultStage!.node.defaultChild as CfnStage;
    stage.accessLogSettings = { destinationArn: logs.logGroupArn, format: JSON.stringify(ACCESS_LOG) };
    stage.defaultRouteSettings = { ...THROTTLING, detailedMetricsEnabled: true };
    this.url = api.apiEndpoint;
  }
}
