import { describe, expect, test } from '@jest/globals';
import { SERVER_PROPERTIES } from '../../lib/constructs/express-cluster.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { cellOf, resources } from './cells.ts';

const { network, stream } = cellOf('dev', 'main');
const only = (type: string) => Object.values(resources(stream, type))[0]!;

/** Static properties that Express brokers accept (developer guide, msk-configuration-express-read-write). */
const EXPRESS_STATIC_PROPERTIES = [
  'allow.everyone.if.no.acl.found',
  'auto.create.topics.enable',
  'compression.type',
  'connections.max.idle.ms',
  'delete.topic.enable',
  'group.initial.rebalance.delay.ms',
  'group.max.session.timeout.ms',
  'log.cleanup.policy',
  'log.message.timestamp.type',
  'log.retention.bytes',
  'log.retention.ms',
  'message.max.bytes',
  'num.partitions',
  'offsets.retention.minutes',
  'replica.selector.class',
];

describe('the cluster', () => {
  test('sets only what Express brokers let a customer set', () => {
    expect(EXPRESS_STATIC_PROPERTIES).toEqual(expect.arrayContaining(Object.keys(SERVER_PROPERTIES)));
    expect(only('AWS::MSK::Configuration').Properties['ServerProperties']).toContain('auto.create.topics.enable=false');
  });

  test('has Express brokers in three zones and no storage of its own to set', () => {
    const { NumberOfBrokerNodes, BrokerNodeGroupInfo } = only('AWS::MSK::Cluster').Properties;
    expect(Number(NumberOfBrokerNodes) % 3).toBe(0);
    expect(BrokerNodeGroupInfo).toMatchObject({ InstanceType: expect.stringMatching(/^express\./) });
    expect((BrokerNodeGroupInfo as { ClientSubnets: unknown[] }).ClientSubnets).toHaveLength(3);
    expect(BrokerNodeGroupInfo).not.toHaveProperty('StorageInfo');
  });

  test('has a fixed name, so that a change that would replace it fails instead', () => {
    expect(only('AWS::MSK::Cluster').Properties['ClusterName']).toBe('iov-dev-main-stream');
  });

  test('takes nobody without a password or a role, and nothing unencrypted', () => {
    expect(only('AWS::MSK::Cluster').Properties).toMatchObject({
      ClientAuthentication: {
        Sasl: { Scram: { Enabled: true }, Iam: { Enabled: true } },
        Unauthenticated: { Enabled: false },
      },
      EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true } },
    });
  });

  test('has the topics of its environment, three replicas each, with their retention', () => {
    const topics = Object.values(resources(stream, 'AWS::MSK::Topic')).map(({ Properties }) => Properties);
    const wanted = Object.entries(ENVIRONMENTS[0]!.stream.topics);
    expect(topics.map(({ TopicName }) => TopicName).sort()).toEqual(wanted.map(([name]) => name).sort());
    for (const [name, settings] of wanted) {
      const topic = topics.find(({ TopicName }) => TopicName === name)!;
      expect(topic).toMatchObject({ PartitionCount: settings.partitions, ReplicationFactor: 3 });
      expect(JSON.parse(Buffer.from(String(topic['Configs']), 'base64').toString())).toEqual({
        'retention.ms': String(settings.retentionHours * 3_600_000),
        'cleanup.policy': 'delete',
      });
    }
  });

  test('has its user before its topics: it takes topics only while nothing else changes it', () => {
    const [secretsId] = Object.keys(resources(stream, 'AWS::MSK::BatchScramSecret'));
    for (const { DependsOn } of Object.values(resources(stream, 'AWS::MSK::Topic'))) {
      expect(DependsOn).toContain(secretsId);
    }
  });

  test("is asked for its brokers' addresses again when brokers change", () => {
    expect(only('Custom::BootstrapBrokers').Properties).toMatchObject({ Brokers: 3, BrokerType: 'express.m7g.large' });
  });
});

describe("the rules' Kafka user", () => {
  const secret = only('AWS::SecretsManager::Secret');

  test('has the name and the key that MSK asks for', () => {
    expect(secret.Properties['Name']).toMatch(/^AmazonMSK_/);
    expect(secret.Properties['KmsKeyId']).toBeDefined();
    expect(secret.Properties).toMatchObject({
      GenerateSecretString: { SecretStringTemplate: '{"username":"iot-rules"}', GenerateStringKey: 'password' },
    });
  });

  test('is known to the cluster', () => {
    const [secretId] = Object.keys(resources(stream, 'AWS::SecretsManager::Secret'));
    expect(only('AWS::MSK::BatchScramSecret').Properties['SecretArnList']).toEqual([{ Ref: secretId }]);
  });

  test('has its password read by AWS IoT through a role that can read nothing else', () => {
    const [secretId] = Object.keys(resources(stream, 'AWS::SecretsManager::Secret'));
    const reader = Object.values(resources(stream, 'AWS::IAM::Policy')).find((each) =>
      each.Properties['PolicyName']?.toString().includes('ReaderRole'),
    )!;
    const { Statement } = reader.Properties['PolicyDocument'] as {
      Statement: { Action: unknown; Resource: unknown }[];
    };
    expect(Statement).toHaveLength(2);
    expect(Statement[0]).toMatchObject({
      Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
      Resource: { Ref: secretId },
    });
    expect(Statement[1]).toMatchObject({
      Action: 'kms:Decrypt',
      Resource: { 'Fn::GetAtt': [expect.stringContaining('RulesUserKey'), 'Arn'] },
    });
  });

  test('has a key that only MSK and the account may use, MSK through Secrets Manager alone', () => {
    const [, key] = Object.entries(resources(stream, 'AWS::KMS::Key')).find(([id]) => id.startsWith('RulesUserKey'))!;
    const { Statement } = key.Properties['KeyPolicy'] as { Statement: { Principal: unknown; Action: unknown }[] };
    // The account by its IAM policies, the account through Secrets Manager, and MSK.
    expect(Statement.map(({ Principal }) => JSON.stringify(Principal))).toEqual([
      expect.stringContaining(':root'),
      expect.stringContaining(':root'),
      '{"Service":"kafka.amazonaws.com"}',
    ]);
    expect(Statement[2]).toMatchObject({
      Action: ['kms:Decrypt', 'kms:DescribeKey'],
      Condition: { StringEquals: { 'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com' } },
    });
  });
});

describe('the network', () => {
  test('puts its subnets into zones by id: names differ from account to account', () => {
    const subnets = Object.values(resources(network, 'AWS::EC2::Subnet')).map(({ Properties }) => Properties);
    expect(subnets.map((each) => each['AvailabilityZoneId'])).toEqual(['use1-az1', 'use1-az2', 'use1-az4']);
    for (const subnet of subnets) expect(subnet).not.toHaveProperty('AvailabilityZone');
  });

  test('has no way to the internet', () => {
    expect(resources(network, 'AWS::EC2::InternetGateway')).toEqual({});
    expect(resources(network, 'AWS::EC2::NatGateway')).toEqual({});
  });

  test('has the endpoints that Kafka event sources poll with', () => {
    const services = Object.values(resources(network, 'AWS::EC2::VPCEndpoint')).map(({ Properties }) =>
      JSON.stringify(Properties['ServiceName']),
    );
    for (const name of ['lambda', 'sts', 'secretsmanager', 's3', 'dynamodb']) {
      expect(services.some((service) => service.includes(`.${name}"`))).toBe(true);
    }
  });

  test('admits AWS IoT to the brokers at 9096, and the brokers to themselves', () => {
    const ingress = Object.values(resources(network, 'AWS::EC2::SecurityGroupIngress')).map(({ Properties }) => ({
      to: JSON.stringify(Properties['GroupId']).match(/(\w+)SecurityGroup/)?.[1],
      from: JSON.stringify(Properties['SourceSecurityGroupId']).match(/(\w+)SecurityGroup/)?.[1],
      port: Properties['FromPort'],
    }));
    expect(ingress).toEqual(
      expect.arrayContaining([
        { to: 'Broker', from: 'RuleDestination', port: 9096 },
        { to: 'Broker', from: 'Broker', port: 9096 },
        { to: 'Broker', from: 'Broker', port: 9098 },
        { to: 'Endpoint', from: 'Broker', port: 443 },
      ]),
    );
    expect(ingress).toHaveLength(4);
  });
});
