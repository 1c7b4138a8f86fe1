import { describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { cellOf, resources } from './cells.ts';

const { downlink } = cellOf('dev', 'main');
const template = Template.fromStack(downlink);

describe('the ledger', () => {
  const ledger = Object.values(resources(downlink, 'AWS::DynamoDB::Table')).find(({ Properties }) =>
    String(Properties['TableName']).endsWith('-commands'),
  )!;

  test('holds one item a command, and finds what waits for a vehicle with consistent reads', () => {
    expect(ledger.Properties['KeySchema']).toEqual([
      { AttributeName: 'thing', KeyType: 'HASH' },
      { AttributeName: 'commandId', KeyType: 'RANGE' },
    ]);
    expect(ledger.Properties['LocalSecondaryIndexes']).toEqual([
      {
        IndexName: 'undelivered',
        KeySchema: [
          { AttributeName: 'thing', KeyType: 'HASH' },
          { AttributeName: 'undelivered', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
    ]);
  });

  test('forgets commands some time after their deadline', () => {
    expect(ledger.Properties['TimeToLiveSpecification']).toEqual({ AttributeName: 'expiresAt', Enabled: true });
  });
});

describe('the API', () => {
  test('asks for a token with the scope of the route, on every route', () => {
    const routes = Object.values(resources(downlink, 'AWS::ApiGatewayV2::Route')).map(({ Properties }) => [
      Properties['RouteKey'],
      Properties['AuthorizationType'],
      Properties['AuthorizationScopes'],
    ]);
    expect(routes).toEqual([
      ['POST /v1/vehicles/{thing}/commands', 'JWT', ['iov/commands.write']],
      ['GET /v1/vehicles/{thing}/commands/{commandId}', 'JWT', ['iov/commands.read']],
    ]);
  });

  test('believes tokens of its own user pool and clients only', () => {
    const authorizer = Object.values(resources(downlink, 'AWS::ApiGatewayV2::Authorizer'))[0]!;
    const [poolId] = Object.keys(resources(downlink, 'AWS::Cognito::UserPool'));
    const clients = Object.keys(resources(downlink, 'AWS::Cognito::UserPoolClient'));
    const { Issuer, Audience } = authorizer.Properties['JwtConfiguration'] as { Issuer: unknown; Audience: unknown };
    expect(JSON.stringify(Issuer)).toContain(`{"Ref":"${poolId}"}`);
    expect(Audience).toEqual(clients.map((Ref) => ({ Ref })));
  });

  test('is throttled and logs every request', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 5000, ThrottlingBurstLimit: 2500 },
    });
    const [stage] = Object.values(resources(downlink, 'AWS::ApiGatewayV2::Stage'));
    expect(stage!.Properties['AccessLogSettings']).toHaveProperty('DestinationArn');
  });

  test('knows machine clients only', () => {
    for (const { Properties } of Object.values(resources(downlink, 'AWS::Cognito::UserPoolClient'))) {
      expect(Properties).toMatchObject({ AllowedOAuthFlows: ['client_credentials'], GenerateSecret: true });
    }
    const [pool] = Object.values(resources(downlink, 'AWS::Cognito::UserPool'));
    expect(pool!.Properties).toMatchObject({ AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } });
  });

  test.each(['ApiUrl', 'TokenUrl', 'UserPoolId', 'UserPoolClientId'])('%s can be read from the stack', (name) => {
    expect(template.findOutputs(name)).toHaveProperty(name);
  });
});

describe('the timers', () => {
  test('ring again as often as it takes, and end in a queue of their own when they cannot', () => {
    const [id, queue] = Object.entries(resources(downlink, 'AWS::SQS::Queue')).find(([name]) =>
      name.startsWith('Timers'),
    )!;
    const handler = Object.values(resources(downlink, 'AWS::Lambda::Function')).find(
      ({ Properties }) => Properties['FunctionName'] === 'iov-dev-main-command-timers',
    )!;
    expect(Number(queue.Properties['VisibilityTimeout'])).toBeGreaterThanOrEqual(
      6 * Number(handler.Properties['Timeout']),
    );
    expect(queue.Properties['RedrivePolicy']).toMatchObject({ maxReceiveCount: 5 });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [id, 'Arn'] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });
});

test('events of rules that a function cannot handle end in a queue', () => {
  const configurations = Object.values(resources(downlink, 'AWS::Lambda::EventInvokeConfig'));
  expect(configurations).toHaveLength(2);
  for (const { Properties } of configurations) {
    expect(JSON.stringify(Properties['DestinationConfig'])).toContain('FailedEvents');
  }
});

describe('direct messages', () => {
  test('can be sent to request topics of commands and to no other topic', () => {
    const statements = Object.values(resources(downlink, 'AWS::IAM::Policy')).flatMap(
      ({ Properties }) =>
        (Properties['PolicyDocument'] as { Statement: { Action: unknown; Condition?: unknown }[] }).Statement,
    );
    const sending = statements.filter(({ Action }) => Action === 'iot:SendDirectMessage');
    expect(sending).toHaveLength(3);
    for (const { Condition } of sending) expect(Condition).toEqual({ StringLike: { 'iot:Topic': 'cmd/*/req/*' } });
  });
});
