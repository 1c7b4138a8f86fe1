import {
  BatchAssociateScramSecretCommand,
  CreateClusterV2Command,
  CreateConfigurationCommand,
  CreateTopicCommand,
  DeleteClusterCommand,
  DeleteTopicCommand,
  DescribeClusterV2Command,
  DescribeTopicCommand,
  GetBootstrapBrokersCommand,
  KafkaClient,
  ListClustersCommand,
  ListNodesCommand,
  ListScramSecretsCommand,
  ListTopicsCommand,
  UpdateTopicCommand,
} from '@aws-sdk/client-kafka';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import type { ResourceRequest } from '../../../../twin/cloudformation/provider.ts';
import type { Endpoint } from '../../../../twin/endpoint/endpoint.ts';
import type { KafkaCluster } from '../../../../twin/services/msk/kafka-cluster.ts';
import { Msk } from '../../../../twin/services/msk/msk.ts';
import { mskService } from '../../../../twin/services/msk/operations.ts';
import { mskProviders } from '../../../../twin/services/msk/providers.ts';
import { Secrets } from '../../../../twin/services/secretsmanager/secrets.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { clientConfiguration, startEndpoint } from '../../endpoint/test-endpoint.ts';

/** A Kafka that remembers what it was told. */
class RecordingKafka implements KafkaCluster {
  readonly topics = new Map<string, { partitions: number; configs: Readonly<Record<string, string>> }>();
  readonly users = new Map<string, string>();

  bootstrapBrokers(): { plaintext: string; scram: string } {
    return { plaintext: '127.0.0.1:9092', scram: '127.0.0.1:9096' };
  }

  async createTopic(name: string, partitions: number, configs: Readonly<Record<string, string>> = {}): Promise<void> {
    this.topics.set(name, { partitions, configs });
  }

  async alterTopic(name: string, partitions: number, configs: Readonly<Record<string, string>>): Promise<void> {
    this.topics.set(name, { partitions, configs });
  }

  async deleteTopic(name: string): Promise<void> {
    this.topics.delete(name);
  }

  async listTopics(): Promise<string[]> {
    return [...this.topics.keys()];
  }

  async upsertScramUser(name: string, password: string): Promise<void> {
    this.users.set(name, password);
  }

  async removeScramUser(name: string): Promise<void> {
    this.users.delete(name);
  }
}

const store = openStore(':memory:');
const clock = new ManualClock();
const secrets = new Secrets({ account: DEFAULT_ACCOUNT, clock, store });
const lines: string[] = [];
let kafka = new RecordingKafka();
const msk = new Msk({
  account: DEFAULT_ACCOUNT,
  clock,
  store,
  secrets,
  kafka: async () => kafka,
  log: (line) => lines.push(line),
});
let endpoint: Endpoint;
let client: KafkaClient;
let clusterArn: string;
let count = 0;

beforeAll(async () => {
  endpoint = await startEndpoint([mskService(msk)]);
  client = new KafkaClient(clientConfiguration(endpoint));
});

afterAll(async () => {
  client.destroy();
  await endpoint.close();
});

beforeEach(async () => {
  count += 1;
  kafka = new RecordingKafka();
  const created = await client.send(
    new CreateClusterV2Command({ ClusterName: `stream-${count}`, Provisioned: provisioned() }),
  );
  clusterArn = created.ClusterArn!;
});

function provisioned(numberOfBrokers = 3) {
  return {
    KafkaVersion: '4.2.x.kraft',
    NumberOfBrokerNodes: numberOfBrokers,
    BrokerNodeGroupInfo: { InstanceType: 'express.m7g.large', ClientSubnets: ['subnet-a', 'subnet-b', 'subnet-c'] },
    ClientAuthentication: { Sasl: { Scram: { Enabled: true } } },
  };
}

const createTopic = (name: string, configs?: Record<string, string>, replicationFactor = 3) =>
  client.send(
    new CreateTopicCommand({
      ClusterArn: clusterArn,
      TopicName: name,
      PartitionCount: 6,
      ReplicationFactor: replicationFactor,
      Configs: configs && Buffer.from(JSON.stringify(configs)).toString('base64'),
    }),
  );

describe('a cluster', () => {
  test('is described, listed and has its nodes', async () => {
    const { ClusterInfo: cluster } = await client.send(new DescribeClusterV2Command({ ClusterArn: clusterArn }));
    expect(cluster).toMatchObject({
      ClusterType: 'PROVISIONED',
      State: 'ACTIVE',
      CreationTime: new Date(clock.now()),
      Provisioned: { CurrentBrokerSoftwareInfo: { KafkaVersion: '4.2.x.kraft' } },
    });
    const { ClusterInfoList: clusters } = await client.send(
      new ListClustersCommand({ ClusterNameFilter: `stream-${count}` }),
    );
    expect(clusters!.map((info) => info.ClusterArn)).toEqual([clusterArn]);
    const { NodeInfoList: nodes } = await client.send(new ListNodesCommand({ ClusterArn: clusterArn }));
    expect(nodes!.map((node) => node.BrokerNodeInfo!.ClientSubnet)).toEqual(['subnet-a', 'subnet-b', 'subnet-c']);
  });

  test('gives the listeners that it has turned on, and no other', async () => {
    const { $metadata: _metadata, ...brokers } = await client.send(
      new GetBootstrapBrokersCommand({ ClusterArn: clusterArn }),
    );
    expect(brokers).toEqual({ BootstrapBrokerStringSaslScram: '127.0.0.1:9096' });
  });

  test.each([
    ['four brokers in three zones', { ...provisioned(4) }, 'numberOfBrokerNodes'],
    [
      'Express brokers in two zones',
      { ...provisioned(2), BrokerNodeGroupInfo: { InstanceType: 'express.m7g.large', ClientSubnets: ['a', 'b'] } },
      'clientSubnets',
    ],
  ])('with %s is refused', async (_name, specification, parameter) => {
    await expect(
      client.send(new CreateClusterV2Command({ ClusterName: 'wrong', Provisioned: specification })),
    ).rejects.toMatchObject({
      name: 'BadRequestException',
      InvalidParameter: parameter,
    });
  });

  test('takes its topics and users with it', async () => {
    await createTopic('gone');
    await client.send(new DeleteClusterCommand({ ClusterArn: clusterArn }));
    expect(kafka.topics.size).toBe(0);
    await expect(client.send(new DescribeClusterV2Command({ ClusterArn: clusterArn }))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
  });
});

describe('a topic', () => {
  test('is made in Kafka with its settings, less what one replica cannot keep', async () => {
    const { TopicArn: topicArn } = await createTopic('iov.telemetry', {
      'retention.ms': '3600000',
      'min.insync.replicas': '2',
    });
    expect(topicArn).toBe(`${clusterArn.replace(':cluster/', ':topic/')}/iov.telemetry`);
    expect(kafka.topics.get('iov.telemetry')).toEqual({ partitions: 6, configs: { 'retention.ms': '3600000' } });
    expect(lines.at(-1)).toBe('Topic iov.telemetry has one replica here, and 3 on MSK');
    const { Configs: configs, ReplicationFactor: replicationFactor } = await client.send(
      new DescribeTopicCommand({ ClusterArn: clusterArn, TopicName: 'iov.telemetry' }),
    );
    expect(JSON.parse(Buffer.from(configs!, 'base64').toString())).toEqual({
      'retention.ms': '3600000',
      'min.insync.replicas': '2',
    });
    expect(replicationFactor).toBe(3);
  });

  test('gets more partitions and other settings, but not fewer partitions', async () => {
    await createTopic('growing');
    await client.send(new UpdateTopicCommand({ ClusterArn: clusterArn, TopicName: 'growing', PartitionCount: 12 }));
    expect(kafka.topics.get('growing')!.partitions).toBe(12);
    await expect(
      client.send(new UpdateTopicCommand({ ClusterArn: clusterArn, TopicName: 'growing', PartitionCount: 3 })),
    ).rejects.toMatchObject({ name: 'KafkaRequestException' });
  });

  test('exists once, is listed in pages, and can be deleted', async () => {
    for (const name of ['a', 'b', 'c']) await createTopic(name);
    await expect(createTopic('a')).rejects.toMatchObject({ name: 'TopicExistsException' });
    const first = await client.send(new ListTopicsCommand({ ClusterArn: clusterArn, MaxResults: 2 }));
    const second = await client.send(
      new ListTopicsCommand({ ClusterArn: clusterArn, MaxResults: 2, NextToken: first.NextToken }),
    );
    expect([...first.Topics!, ...second.Topics!].map((topic) => topic.TopicName)).toEqual(['a', 'b', 'c']);
    await client.send(new DeleteTopicCommand({ ClusterArn: clusterArn, TopicName: 'a' }));
    expect(kafka.topics.has('a')).toBe(false);
    await expect(
      client.send(new DescribeTopicCommand({ ClusterArn: clusterArn, TopicName: 'a' })),
    ).rejects.toMatchObject({ name: 'UnknownTopicOrPartitionException' });
  });

  test('with more replicas than the cluster has brokers is refused', async () => {
    await expect(createTopic('wide', undefined, 4)).rejects.toMatchObject({
      name: 'KafkaRequestException',
      InvalidParameter: 'replicationFactor',
    });
  });

  test('takes defaults from the cluster’s configuration', async () => {
    const { Arn: arn } = await client.send(
      new CreateConfigurationCommand({
        Name: 'long',
        ServerProperties: Buffer.from('# kept for long\nlog.retention.hours=48\nauto.create.topics.enable=false\n'),
      }),
    );
    const created = await client.send(
      new CreateClusterV2Command({
        ClusterName: 'configured',
        Provisioned: { ...provisioned(), ConfigurationInfo: { Arn: arn!, Revision: 1 } },
      }),
    );
    clusterArn = created.ClusterArn!;
    await createTopic('defaulted');
    expect(kafka.topics.get('defaulted')!.configs).toEqual({ 'retention.ms': String(48 * 3_600_000) });
  });

  test('comes back to a Kafka that has lost its data', async () => {
    await createTopic('lost');
    await associate(secret('AmazonMSK_restored', 'alias/own'));
    kafka = new RecordingKafka();
    await msk.restore();
    expect([...kafka.topics.keys()]).toContain('lost');
    expect([...kafka.users.keys()]).toContain('iot');
  });
});

function secret(name: string, kmsKeyId?: string, string = '{"username":"iot","password":"p1"}'): string {
  return secrets.create({ name, kmsKeyId, string }).arn;
}

const associate = (secretArn: string) =>
  client.send(new BatchAssociateScramSecretCommand({ ClusterArn: clusterArn, SecretArnList: [secretArn] }));

describe('a SCRAM secret', () => {
  test('becomes a user of Kafka, and the user follows the secret', async () => {
    const secretArn = secret('AmazonMSK_iot', 'arn:aws:kms:us-east-1:000000000000:key/1');
    expect((await associate(secretArn)).UnprocessedScramSecrets).toEqual([]);
    expect(kafka.users).toEqual(new Map([['iot', 'p1']]));
    expect((await client.send(new ListScramSecretsCommand({ ClusterArn: clusterArn }))).SecretArnList).toEqual([
      secretArn,
    ]);
    secrets.putValue(secretArn, { string: '{"username":"iot","password":"p2"}' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(kafka.users.get('iot')).toBe('p2');
  });

  test.each([
    ['another prefix', () => secret('iot-user', 'alias/own'), 'must begin with AmazonMSK_'],
    ['the default key', () => secret('AmazonMSK_default'), 'customer managed key'],
    [
      'no password',
      () => secret('AmazonMSK_empty', 'alias/own', '{"username":"iot"}'),
      'members username and password',
    ],
  ])('with %s is refused', async (_name, make, reason) => {
    const { UnprocessedScramSecrets: refused } = await associate(make());
    expect(refused![0]!.ErrorMessage).toContain(reason);
    expect(kafka.users.size).toBe(0);
  });
});

test('a template’s cluster, topic and secrets are made, changed and deleted', async () => {
  const [clusters, configurations, topics, batch] = mskProviders(msk);
  const request = (properties: Record<string, unknown>): ResourceRequest => ({
    stackName: 'stack',
    stackId: 'arn:stack',
    logicalId: 'Resource',
    type: 'type',
    properties,
    account: DEFAULT_ACCOUNT,
    assemblyFolder: '/',
  });
  const configuration = await configurations!.create(
    request({ Name: 'template', ServerProperties: 'log.retention.hours=1' }),
  );
  const ConfigurationInfo = {
    Arn: configuration.physicalId,
    Revision: configuration.attributes!['LatestRevision.Revision'],
  };
  const cluster = await clusters!.create(request({ ...provisioned(), ClusterName: 'template', ConfigurationInfo }));
  const ClusterArn = cluster.physicalId;
  await batch!.create(request({ ClusterArn, SecretArnList: [secret('AmazonMSK_template', 'alias/own')] }));
  expect(kafka.users.has('iot')).toBe(true);

  const properties = {
    ClusterArn,
    TopicName: 'from-template',
    PartitionCount: '3',
    ReplicationFactor: '3',
    Configs: Buffer.from('cleanup.policy=compact').toString('base64'),
  };
  const topic = await topics!.create(request(properties));
  expect(kafka.topics.get('from-template')).toEqual({
    partitions: 3,
    configs: { 'retention.ms': '3600000', 'cleanup.policy': 'compact' },
  });
  const changed = await topics!.update({
    ...request({ ...properties, PartitionCount: '6' }),
    physicalId: topic.physicalId,
    previousProperties: properties,
  });
  expect(changed.physicalId).toBe(topic.physicalId);
  expect(kafka.topics.get('from-template')!.partitions).toBe(6);
  await topics!.delete({ ...request(properties), physicalId: topic.physicalId, previousProperties: properties });
  expect(kafka.topics.has('from-template')).toBe(false);

  const withWrongSecret = batch!.create(request({ ClusterArn, SecretArnList: [secret('wrong-prefix', 'alias/own')] }));
  await expect(withWrongSecret).rejects.toThrow('must begin with AmazonMSK_');
});
