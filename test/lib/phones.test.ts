import { describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { PHONE_AUTHORIZER } from '../../contracts/phones.ts';
import type { Environment } from '../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { validateEnvironments } from '../../lib/environments/validate.ts';
import { cellOf, resources } from './cells.ts';

const { phones } = cellOf('dev', 'main');
const template = Template.fromStack(phones);
const expectResource: Template['hasResourceProperties'] = (...all) => template.hasResourceProperties(...all);
const theOnly = (type: string) => {
  const found = Object.entries(resources(phones, type));
  expect(found).toHaveLength(1);
  return { id: found[0]![0], ...found[0]![1] };
};

describe('the stack of phones', () => {
  test('is as it was', () => {
    expect(template.toJSON()).toMatchSnapshot();
  });

  test('has an authorizer that is active and may invoke its function, and nobody else may', () => {
    const handler = theOnly('AWS::Lambda::Function');
    expect(theOnly('AWS::IoT::Authorizer').Properties).toMatchObject({
      AuthorizerName: PHONE_AUTHORIZER,
      AuthorizerFunctionArn: { 'Fn::GetAtt': [handler.id, 'Arn'] },
      Status: 'ACTIVE',
      SigningDisabled: true,
      TokenKeyName: 'token',
    });
    const permission = theOnly('AWS::Lambda::Permission').Properties;
    expect(permission).toMatchObject({
      Action: 'lambda:InvokeFunction',
      Principal: 'iot.amazonaws.com',
      FunctionName: { 'Fn::GetAtt': [handler.id, 'Arn'] },
      SourceAccount: { Ref: 'AWS::AccountId' },
    });
    expect(JSON.stringify(permission['SourceArn'])).toContain(`:authorizer/${PHONE_AUTHORIZER}"`);
  });

  test('has an endpoint that asks this authorizer and lets no client name another', () => {
    expectResource('AWS::IoT::DomainConfiguration', {
      ServiceType: 'DATA',
      AuthorizerConfig: { DefaultAuthorizerName: PHONE_AUTHORIZER, AllowAuthorizerOverride: false },
      TlsConfig: { SecurityPolicy: 'IoTSecurityPolicy_TLS13_1_2_2022_10' },
    });
    expect(theOnly('AWS::IoT::DomainConfiguration').DependsOn).toContain(theOnly('AWS::IoT::Authorizer').id);
  });

  test('lets its function read who owns what, write its log, and nothing else', () => {
    const { Statement } = theOnly('AWS::IAM::Policy').Properties['PolicyDocument'] as { Statement: object[] };
    expect(Statement).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::GetAtt': [expect.stringContaining('Logs'), 'Arn'] },
      },
      {
        Effect: 'Allow',
        Action: 'dynamodb:Query',
        Resource: { 'Fn::GetAtt': [theOnly('AWS::DynamoDB::Table').id, 'Arn'] },
      },
    ]);
  });

  test("has a function that judges in the time that AWS IoT waits, by the environment's issuer", () => {
    const dev = ENVIRONMENTS.find(({ name }) => name === 'dev')!;
    expectResource('AWS::Lambda::Function', {
      Timeout: 5,
      Environment: {
        Variables: Match.objectLike({ OIDC_ISSUER: dev.phones.issuer, OIDC_AUDIENCE: dev.phones.audience }),
      },
    });
  });

  test('finds the vehicles of a user by one key', () => {
    expectResource('AWS::DynamoDB::Table', {
      KeySchema: [
        { AttributeName: 'owner', KeyType: 'HASH' },
        { AttributeName: 'thing', KeyType: 'RANGE' },
      ],
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  test('keeps who owns what in prod, whatever becomes of the stack', () => {
    const table = Object.values(resources(cellOf('prod', 'eu1').phones, 'AWS::DynamoDB::Table'))[0]!;
    expect(table).toMatchObject({ DeletionPolicy: 'Retain', Properties: { DeletionProtectionEnabled: true } });
  });
});

describe('the issuer of an environment', () => {
  const withPhones = (phones: Environment['phones']) =>
    ENVIRONMENTS.map((each) => (each.name === 'prod' ? { ...each, phones } : each));

  test.each([
    'https://login.example.com',
    'https://login.example.com/tenant/',
    'http://localhost:8089',
    'http://127.0.0.1/x',
  ])('may be %s', (issuer) => {
    expect(() => validateEnvironments(withPhones({ issuer, audience: 'a' }))).not.toThrow();
  });

  test.each(['http://login.example.com', 'login.example.com', '', 'http://localhost.example.com', 'https://a/?b'])(
    'may not be %j',
    (issuer) => {
      expect(() => validateEnvironments(withPhones({ issuer, audience: 'a' }))).toThrow(/prod: phones: issuer/);
    },
  );

  test('needs an audience beside it', () => {
    expect(() => validateEnvironments(withPhones({ issuer: 'https://a', audience: '' }))).toThrow(/no audience/);
  });
});
