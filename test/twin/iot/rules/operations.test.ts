import { describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import type { ExistingResource, ResourceProvider } from '../../../../twin/cloudformation/provider.ts';
import type { OperationContext } from '../../../../twin/endpoint/service.ts';
import { ruleOperations, ruleProviders, type RulesEngine } from '../../../../twin/iot/rules/index.ts';
import { payloadOfProperties } from '../../../../twin/iot/rules/payload-properties.ts';
import { QUEUE, ROLE, rule, rulesFixture, toQueue } from './rules-fixture.ts';

const call = async (
  engine: RulesEngine,
  operation: string,
  input: Record<string, unknown>,
): Promise<Record<string, unknown>> =>
  (await ruleOperations(engine)[operation]!.run(input, {} as OperationContext)) as Record<string, unknown>;

describe('the operations of rules', () => {
  test('create, describe, list, replace, disable and delete', async () => {
    const { engine } = rulesFixture();
    await call(engine, 'CreateTopicRule', {
      ruleName: 'r',
      topicRulePayload: rule("SELECT * FROM 'a/+'", [toQueue()]),
    });
    expect(await call(engine, 'GetTopicRule', { ruleName: 'r' })).toMatchObject({
      ruleArn: 'arn:aws:iot:us-east-1:000000000000:rule/r',
      rule: { ruleName: 'r', sql: "SELECT * FROM 'a/+'", createdAt: expect.any(Date), ruleDisabled: false },
    });
    await call(engine, 'ReplaceTopicRule', { ruleName: 'r', topicRulePayload: rule("SELECT * FROM 'b'", [toQueue()]) });
    expect(await call(engine, 'ListTopicRules', {})).toMatchObject({
      rules: [{ ruleName: 'r', topicPattern: 'b', ruleDisabled: false }],
    });
    expect(await call(engine, 'ListTopicRules', { topic: 'a/+' })).toMatchObject({ rules: [] });
    await call(engine, 'DisableTopicRule', { ruleName: 'r' });
    expect(await call(engine, 'ListTopicRules', { ruleDisabled: true })).toMatchObject({ rules: [{ ruleName: 'r' }] });
    await call(engine, 'EnableTopicRule', { ruleName: 'r' });
    await call(engine, 'DeleteTopicRule', { ruleName: 'r' });
    expect(await call(engine, 'ListTopicRules', {})).toMatchObject({ rules: [] });
  });

  test('page', async () => {
    const { engine } = rulesFixture();
    for (const name of ['a', 'b', 'c']) engine.createRule(name, rule('SELECT *', []));
    const first = await call(engine, 'ListTopicRules', { maxResults: 2 });
    expect((first['rules'] as unknown[]).length).toBe(2);
    const second = await call(engine, 'ListTopicRules', { maxResults: 2, nextToken: first['nextToken'] });
    expect(second).toMatchObject({ rules: [{ ruleName: 'c' }] });
    expect(second['nextToken']).toBeUndefined();
  });

  test('know destinations', async () => {
    const { engine } = rulesFixture();
    const vpcConfiguration = { vpcId: 'vpc-1', subnetIds: ['a'], securityGroups: ['s'], roleArn: ROLE };
    const created = await call(engine, 'CreateTopicRuleDestination', {
      destinationConfiguration: { vpcConfiguration },
    });
    const { arn } = created['topicRuleDestination'] as { arn: string };
    expect(created).toMatchObject({ topicRuleDestination: { status: 'ENABLED', vpcProperties: { vpcId: 'vpc-1' } } });
    await call(engine, 'UpdateTopicRuleDestination', { arn, status: 'DISABLED' });
    expect(await call(engine, 'GetTopicRuleDestination', { arn })).toMatchObject({
      topicRuleDestination: { status: 'DISABLED' },
    });
    expect(await call(engine, 'ListTopicRuleDestinations', {})).toMatchObject({
      destinationSummaries: [{ arn, vpcDestinationSummary: { vpcId: 'vpc-1' } }],
    });
    await call(engine, 'DeleteTopicRuleDestination', { arn });
    expect(await call(engine, 'ListTopicRuleDestinations', {})).toMatchObject({ destinationSummaries: [] });
  });
});

describe('CloudFormation', () => {
  const provider = (engine: RulesEngine, type: string): ResourceProvider =>
    ruleProviders(engine).find((each) => each.type === type)!;
  const request = (properties: Record<string, unknown>, more: Partial<ExistingResource> = {}): ExistingResource => ({
    ...{
      stackName: 'dev-ingest',
      stackId: 's',
      logicalId: 'Rule',
      type: 't',
      properties,
      account: DEFAULT_ACCOUNT,
      assemblyFolder: '/',
    },
    ...{ physicalId: '', previousProperties: {} },
    ...more,
  });
  const PAYLOAD = {
    Sql: "SELECT * FROM 'a'",
    AwsIotSqlVersion: '2016-03-23',
    Actions: [{ Sqs: { RoleArn: ROLE, QueueUrl: QUEUE, UseBase64: true } }],
  };

  test('writes payloads with capital letters and leaves the user’s own keys alone', () => {
    const payload = payloadOfProperties({
      ...PAYLOAD,
      RuleDisabled: 'true',
      Actions: [
        {
          Kafka: {
            DestinationArn: 'd',
            Topic: 't',
            ClientProperties: { 'bootstrap.servers': 'b', Acks: 'x' },
            Headers: [{ Key: 'k', Value: 'v' }],
          },
        },
        { DynamoDb: { TableName: 't' } },
        { DynamoDBv2: { PutItem: { TableName: 't' } } },
      ],
    });
    expect(payload).toEqual({
      ...{ sql: "SELECT * FROM 'a'", awsIotSqlVersion: '2016-03-23', ruleDisabled: true },
      actions: [
        {
          kafka: {
            destinationArn: 'd',
            topic: 't',
            clientProperties: { 'bootstrap.servers': 'b', Acks: 'x' },
            headers: [{ key: 'k', value: 'v' }],
          },
        },
        { dynamoDB: { tableName: 't' } },
        { dynamoDBv2: { putItem: { tableName: 't' } } },
      ],
    });
  });

  test('makes, changes and removes a rule', async () => {
    const { engine } = rulesFixture();
    const rules = provider(engine, 'AWS::IoT::TopicRule');
    const created = await rules.create(request({ RuleName: 'telemetry', TopicRulePayload: PAYLOAD }));
    expect(created).toEqual({
      physicalId: 'telemetry',
      attributes: { Arn: 'arn:aws:iot:us-east-1:000000000000:rule/telemetry' },
    });
    await rules.update(
      request(
        { RuleName: 'telemetry', TopicRulePayload: { ...PAYLOAD, Sql: "SELECT * FROM 'b'" } },
        { physicalId: 'telemetry' },
      ),
    );
    expect(engine.topicFilterOf('telemetry')).toBe('b');
    await rules.delete(request({}, { physicalId: 'telemetry' }));
    expect(engine.listRules()).toEqual([]);
  });

  test('names a rule that has no name, without hyphens', async () => {
    const { engine } = rulesFixture();
    const { physicalId } = await provider(engine, 'AWS::IoT::TopicRule').create(request({ TopicRulePayload: PAYLOAD }));
    expect(physicalId).toMatch(/^dev_ingest_Rule_[A-Z0-9]+$/);
  });

  test('makes a destination whose Ref is not its ARN', async () => {
    const { engine } = rulesFixture();
    const destinations = provider(engine, 'AWS::IoT::TopicRuleDestination');
    const VpcProperties = { VpcId: 'vpc-1', SubnetIds: ['a'], SecurityGroups: ['s'], RoleArn: ROLE };
    const created = await destinations.create(request({ VpcProperties }));
    const destinationArn = created.attributes!['Arn'] as string;
    expect(destinationArn).toContain(':ruledestination/vpc/');
    expect(destinationArn.endsWith(created.physicalId)).toBe(true);
    expect(created.physicalId).not.toContain(':');
    const disabled = request(
      { VpcProperties, Status: 'DISABLED' },
      { physicalId: created.physicalId, previousProperties: { VpcProperties } },
    );
    expect((await destinations.update(disabled)).physicalId).toBe(created.physicalId);
    expect(engine.destinations.get(destinationArn).status).toBe('DISABLED');
    await destinations.delete(request({}, { physicalId: created.physicalId }));
    expect(engine.destinations.list()).toEqual([]);
  });
});
