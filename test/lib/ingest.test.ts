import { describe, expect, test } from '@jest/globals';
import { KAFKA_TOPICS } from '../../contracts/kafka-topics.ts';
import { KAFKA_RULES, THING_LEVEL, topics, type KafkaRuleName } from '../../contracts/topics.ts';
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

const EXPECTED: [KafkaRuleName, string, string][] = [
  ['telemetry', "SELECT * FROM 'dt/+/+/telemetry'", KAFKA_TOPICS.telemetry],
  ['events', "SELECT * FROM 'dt/+/+/event'", KAFKA_TOPICS.events],
  [
    'command_status',
    "SELECT status, result, reason, at, topic(2) AS thing, topic(4) AS commandId FROM 'cmd/+/res/+'",
    KAFKA_TOPICS.commandStatus,
  ],
  ['perception', "SELECT * FROM 'dt/rsu/+/perception'", KAFKA_TOPICS.v2x],
  ['ota_status', "SELECT *, topic(2) AS thing, topic(4) AS campaignId FROM 'ota/+/status/+'", KAFKA_TOPICS.otaStatus],
  ['presence', "SELECT * FROM '$aws/events/presence/+/+'", KAFKA_TOPICS.presence],
];

/** A device topic of each rule, and the Kafka topic that the rule's template makes of it. */
const DEVICE_TOPICS: Record<KafkaRuleName, string> = {
  telemetry: topics.telemetry('vehicle', 'V1'),
  events: topics.event('vehicle', 'V1'),
  perception: topics.perception('R1'),
  command_status: topics.commandResponse('V1', 'c1'),
  ota_status: topics.otaStatus('V1', 'o1'),
  presence: '$aws/events/presence/connected/V1',
};

/** What `${replace(replace(topic(1), 'a', 'b'), 'c', 'd')}` is for a topic; anything else is no template of ours. */
function expand(template: string, topic: string): string {
  const [, ...words] =
    /^\$\{replace\(replace\(topic\(1\), '([^']*)', '([^']*)'\), '([^']*)', '([^']*)'\)\}$/.exec(template) ?? [];
  const [from, to, then, last] = words as [string, string, string, string];
  return topic.split('/')[0]!.replaceAll(from, to).replaceAll(then, last);
}

describe('the rules', () => {
  test('are these, by names that Basic Ingest topics hold', () => {
    expect(rules.map(([, { Properties }]) => Properties['RuleName']).sort()).toEqual(
      [...KAFKA_RULES, 'hazards'].sort(),
    );
    expect(EXPECTED.map(([name]) => name).sort()).toEqual([...KAFKA_RULES].sort());
  });

  test.each(EXPECTED)('%s selects, and writes where it should', (name, sql, topic) => {
    expect(payloadOf(name).Sql).toBe(sql);
    expect(expand(kafkaOf(name).Topic, DEVICE_TOPICS[name])).toBe(topic);
  });

  test.each(KAFKA_RULES)('%s writes its heartbeats to a topic of their own', (name) => {
    expect(expand(kafkaOf(name).Topic, topics.heartbeat(name))).toBe(KAFKA_TOPICS.heartbeat);
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
    expect(predecessors.map((list) => list.length).sort()).toEqual([0, ...rules.slice(1).map(() => 1)]);
    expect(new Set(predecessors.flat()).size).toBe(rules.length - 1);
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
    for (const name of KAFKA_RULES) {
      const [, { DependsOn, Properties }] = rules.find(([, each]) => each.Properties['RuleName'] === name)!;
      expect(DependsOn).toContain(readyId);
      expect(kafkaOf(String(Properties['RuleName'])).DestinationArn).toEqual({ 'Fn::GetAtt': [destinationId, 'Arn'] });
    }
  });

  test('is waited for less long than CloudFormation waits for the answer', () => {
    const [ready] = Object.values(resources(ingest, 'Custom::RuleDestinationReady'));
    const provider = Object.values(resources(ingest, 'AWS::Lambda::Function')).find(({ Properties }) =>
      String(Properties['FunctionName']).endsWith('-rule-destination-ready'),
    );
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

describe('the rule hazards', () => {
  const { Sql, Actions, ErrorAction } = payloadOf('hazards');
  const republish = (Actions[0] as unknown as { Republish: { Topic: string; Qos: number; RoleArn: unknown } })
    .Republish;

  test('publishes to the area of the hazard at QoS 1, and nothing else: no function is in between', () => {
    expect(Actions).toHaveLength(1);
    expect(republish).toMatchObject({ Topic: 'bc/area/${hazard.geohash}', Qos: 1 });
    expect(ErrorAction.Sqs.UseBase64).toBe(false);
  });

  test('takes no area that is more than one level, and no hazard that is over', () => {
    expect(Sql).toMatch(
      /WHERE regexp_matches\(hazard\.geohash, '\^\[0-9b-hjkmnp-z\]\{5\}\$'\) AND hazard\.until > timestamp\(\)$/,
    );
  });

  test('may publish to areas alone', () => {
    const statements = Object.entries(resources(ingest, 'AWS::IAM::Policy')).flatMap(([id, { Properties }]) =>
      id.startsWith('HazardsRole')
        ? (Properties['PolicyDocument'] as { Statement: { Action: string; Resource: unknown }[] }).Statement
        : [],
    );
    expect(statements.map(({ Action }) => Action)).toEqual(['iot:Publish']);
    expect(JSON.stringify(statements[0]!.Resource)).toContain(':topic/bc/area/*"');
  });
});

describe('heartbeats', () => {
  test('are sent every minute, and by nobody but their function through every Kafka rule', () => {
    const [schedule] = Object.values(resources(ingest, 'AWS::Events::Rule'));
    expect(schedule!.Properties['ScheduleExpression']).toBe('rate(1 minute)');
    const policies = Object.entries(resources(ingest, 'AWS::IAM::Policy'));
    const [, sender] = policies.find(([id]) => id.startsWith('HeartbeatSender'))!;
    for (const rule of KAFKA_RULES)
      expect(JSON.stringify(sender.Properties)).toContain(`:topic/$aws/rules/${rule}/hb/${rule}"`);
  });

  test('are read back from Kafka with rights to their topic and group alone', () => {
    const [mapping] = Object.values(resources(ingest, 'AWS::Lambda::EventSourceMapping')).filter(
      ({ Properties }) => Properties['Topics'] !== undefined,
    );
    expect(mapping!.Properties).toMatchObject({
      Topics: ['iov.heartbeat'],
      StartingPosition: 'TRIM_HORIZON',
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'iov-dev-main-heartbeatmonitor' },
    });
    const [, { Properties }] = Object.entries(resources(ingest, 'AWS::IAM::Policy')).find(([id]) =>
      id.startsWith('HeartbeatMonitor'),
    )!;
    const text = JSON.stringify(Properties);
    expect(text).toMatch(/:topic\/".{1,200}"\/iov\.heartbeat"/);
    expect(text).toMatch(/:group\/".{1,200}"\/iov-dev-main-heartbeatmonitor"/);
  });
});

describe('redrive', () => {
  const [queueId, queue] = Object.entries(resources(ingest, 'AWS::SQS::Queue'))[0]!;
  const handler = Object.values(resources(ingest, 'AWS::Lambda::Function')).find(({ Properties }) =>
    String(Properties['FunctionName']).endsWith('-redrive'),
  )!;

  test('is fed by the error queue, a few batches at once, and keeps what waits in the queue', () => {
    const mappings = Object.values(resources(ingest, 'AWS::Lambda::EventSourceMapping'));
    expect(mappings.map(({ Properties }) => Properties)).toContainEqual(
      expect.objectContaining({
        EventSourceArn: { 'Fn::GetAtt': [queueId, 'Arn'] },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 10 },
      }),
    );
    expect(Number(queue.Properties['VisibilityTimeout'])).toBeGreaterThanOrEqual(
      6 * Number(handler.Properties['Timeout']),
    );
  });

  test('tries five times, later and later', () => {
    const { Variables } = handler.Properties['Environment'] as { Variables: Record<string, string> };
    const delays = Variables['REDRIVE_DELAYS']!.split(',').map(Number);
    expect(delays).toHaveLength(5);
    expect([...delays].sort((a, b) => a - b)).toEqual(delays);
  });

  test('parks in a bucket that is private, versioned and encrypted, and forgets after a year', () => {
    const [bucket] = Object.values(resources(ingest, 'AWS::S3::Bucket'));
    expect(bucket!.Properties).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 365, Status: 'Enabled' }] },
    });
    expect(bucket!.Properties).toHaveProperty('BucketEncryption');
  });
});
