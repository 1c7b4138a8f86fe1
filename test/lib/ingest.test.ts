import { describe, expect, test } from '@jest/globals';
import { KAFKA_TOPICS } from '../../contracts/kafka-topics.ts';
import { THING_LEVEL, type RuleName } from '../../contracts/topics.ts';
import { cellOf, resources, type Resource } from './cells.ts';

const { ingest, downlink } = cellOf('dev', 'main');

interface RuleProperties {
  readonly RuleName: string;
  readonly TopicRulePayload: {
    readonly Sql: string;
    readonly AwsIotSqlVersion: string;
    readonly Actions: { Kafka?: KafkaAction; Lambda?: { FunctionArn: unknown } }[];
    readonly ErrorAction: { Sqs: { QueueUrl: unknown; RoleArn: unknown; UseBase64: boolean } };
  };
}

interface KafkaAction {
  readonly Topic: string;
  readonly Key: string;
  readonly DestinationArn: { 'Fn::GetAtt': [string, string] };
  readonly Headers: { Key: string; Value: string }[];
  readonly ClientProperties: Record<string, unknown>;
}

const rules = Object.entries(resources(ingest, 'AWS::IoT::TopicRule'));
const payloadOf = (name: string) => {
  const [, rule] = rules.find(([, { Properties }]) => Properties['RuleName'] === name)!;
  return (rule.Properties as unknown as RuleProperties).TopicRulePayload;
};
const kafkaOf = (name: string) => payloadOf(name).Actions.find((action) => action.Kafka)!.Kafka!;

const EXPECTED: [RuleName, string, string][] = [
  ['telemetry', "SELECT * FROM 'dt/+/+/telemetry'", KAFKA_TOPICS.telemetry],
  ['events', "SELECT * FROM 'dt/+/+/event'", KAFKA_TOPICS.events],
  [
    'command_status',
    "SELECT status, result, reason, at, topic(2) AS thing, topic(4) AS commandId FROM 'cmd/+/res/+'",
    KAFKA_TOPICS.commandStatus,
  ],
  ['presence', "SELECT * FROM '$aws/events/presence/+/+'", KAFKA_TOPICS.presence],
];

describe('the rules', () => {
  test('are these, by names that Basic Ingest topics hold', () => {
    expect(rules.map(([, { Properties }]) => Properties['RuleName']).sort()).toEqual(
      EXPECTED.map(([name]) => name).sort(),
    );
  });

  test.each(EXPECTED)('%s selects, and writes where it should', (name, sql, topic) => {
    expect(payloadOf(name).Sql).toBe(sql);
    expect(kafkaOf(name).Topic).toBe(topic);
  });

  test.each(EXPECTED)('%s states its SQL version: the default of CloudFormation is an old one', (name) => {
    expect(payloadOf(name).AwsIotSqlVersion).toBe('2016-03-23');
  });

  test.each(EXPECTED)('%s keys records by the thing in the topic, and says where they came from', (name) => {
    const { Key, Headers } = kafkaOf(name);
    expect(Key).toBe(`\${topic(${THING_LEVEL[name]})}`);
    expect(Headers).toEqual([
      { Key: 'mqtt_topic', Value: '${topic()}' },
      { Key: 'thing', Value: Key },
      { Key: 'received_at', Value: '${timestamp()}' },
      { Key: 'trace', Value: '${traceid()}' },
    ]);
  });

  test.each(EXPECTED)('%s waits for every replica, and logs in with SCRAM over TLS', (name) => {
    expect(kafkaOf(name).ClientProperties).toMatchObject({
      acks: 'all',
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'SCRAM-SHA-512',
    });
  });

  test.each(EXPECTED)('%s leaves get_secret() to AWS IoT, unexpanded', (name) => {
    for (const member of ['username', 'password']) {
      const property = kafkaOf(name).ClientProperties[`sasl.scram.${member}`] as { 'Fn::Join': [string, unknown[]] };
      const [separator, [head, role, tail]] = property['Fn::Join'];
      expect([separator, tail]).toEqual(['', "')}"]);
      expect(head).toBe(`\${get_secret('AmazonMSK_iov_dev_main_iot-rules', 'SecretString', '${member}', '`);
      expect(role).toHaveProperty(['Fn::ImportValue']);
    }
  });

  test.each(EXPECTED)('%s sends what fails to the error queue, whole', (name) => {
    const { QueueUrl, UseBase64 } = payloadOf(name).ErrorAction.Sqs;
    const [queue] = Object.keys(resources(ingest, 'AWS::SQS::Queue'));
    expect(QueueUrl).toEqual({ Ref: queue });
    expect(UseBase64).toBe(false);
  });

  test('are created one after the other: AWS IoT takes five a second', () => {
    const ids = new Set(rules.map(([id]) => id));
    const predecessors = rules.map(([, { DependsOn }]) => (DependsOn ?? []).filter((id) => ids.has(id)));
    expect(predecessors.map((list) => list.length).sort()).toEqual([0, 1, 1, 1]);
    expect(new Set(predecessors.flat()).size).toBe(3);
  });

  test.each([
    ['command_status', 'CommandStatus'],
    ['presence', 'Presence'],
  ])('%s may invoke its function', (name, logicalId) => {
    const permission = Object.values(resources(downlink, 'AWS::Lambda::Permission')).find((each) =>
      JSON.stringify(each.Properties['SourceArn']).includes(`:rule/${name}"`),
    );
    expect(permission?.Properties).toMatchObject({ Action: 'lambda:InvokeFunction', Principal: 'iot.amazonaws.com' });
    expect(JSON.stringify(permission?.Properties['FunctionName'])).toContain(logicalId);
    expect(JSON.stringify(payloadOf(name).Actions[0]!.Lambda)).toContain(logicalId);
  });
});

describe('the rule destination', () => {
  const [[destinationId, destination]] = Object.entries(resources(ingest, 'AWS::IoT::TopicRuleDestination')) as [
    [string, Resource],
  ];

  test('comes after the policy of its role, and goes before it', () => {
    const [policyId] = Object.entries(resources(ingest, 'AWS::IAM::Policy')).find(([, { Properties }]) =>
      JSON.stringify(Properties).includes('ec2:CreateNetworkInterface'),
    )!;
    expect(destination.DependsOn).toContain(policyId);
  });

  test('is waited for before any rule is created, and is one for all', () => {
    const [[readyId, ready]] = Object.entries(resources(ingest, 'Custom::RuleDestinationReady')) as [
      [string, Resource],
    ];
    expect(ready.Properties['DestinationArn']).toEqual({ 'Fn::GetAtt': [destinationId, 'Arn'] });
    for (const [, { DependsOn, Properties }] of rules) {
      expect(DependsOn).toContain(readyId);
      expect(kafkaOf(String(Properties['RuleName'])).DestinationArn).toEqual({ 'Fn::GetAtt': [destinationId, 'Arn'] });
    }
  });

  test('is waited for less long than CloudFormation waits for the answer', () => {
    const [ready] = Object.values(resources(ingest, 'Custom::RuleDestinationReady'));
    const [provider] = Object.values(resources(ingest, 'AWS::Lambda::Function'));
    expect(Number(ready!.Properties['ServiceTimeout'])).toBeGreaterThan(Number(provider!.Properties['Timeout']));
  });

  test('has an interface in each of three zones', () => {
    const { SubnetIds } = destination.Properties['VpcProperties'] as { SubnetIds: unknown[] };
    expect(SubnetIds).toHaveLength(3);
  });
});

test('failed messages wait for 14 days, the longest that SQS offers', () => {
  const [queue] = Object.values(resources(ingest, 'AWS::SQS::Queue'));
  expect(queue!.Properties['MessageRetentionPeriod']).toBe(14 * 24 * 3600);
});
