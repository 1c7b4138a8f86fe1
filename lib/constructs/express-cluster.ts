import { RemovalPolicy } from 'aws-cdk-lib';
import type { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnCluster, CfnConfiguration, CfnTopic } from 'aws-cdk-lib/aws-msk';
import { Construct } from 'constructs';
import type { TopicSettings } from '../environments/environment.ts';
import type { CellStack } from './cell-stack.ts';

/** Offered with Express brokers only; the twin runs the same version of Apache Kafka. */
export const KAFKA_VERSION = '4.2.x.kraft';

/** Fixed on Express brokers: another value is either refused or silently replaced. */
const REPLICATION_FACTOR = 3;

/**
 * Only what Express brokers let a customer set
 * (https://docs.aws.amazon.com/msk/latest/developerguide/msk-configuration-express-read-write.html). Everybody with a password or role may use
 * every topic as long as no access control list names it; without this the first list would lock the rules out.
 */
export const SERVER_PROPERTIES = {
  'allow.everyone.if.no.acl.found': 'true',
  'auto.create.topics.enable': 'false',
  // Consumers may read from the replica in their own zone, which saves the charge for traffic between zones.
  'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
} as const;

interface ExpressClusterProps {
  readonly vpc: Vpc;
  readonly securityGroup: SecurityGroup;
}

/** An MSK Provisioned cluster with Express brokers in three zones. */
export class ExpressCluster extends Construct {
  readonly cluster: CfnCluster;
  readonly clusterArn: string;

  constructor(scope: CellStack, id: string, { vpc, securityGroup }: ExpressClusterProps) {
    super(scope, id);
    const { environment } = scope.context;
    const configuration = new CfnConfiguration(this, 'Configuration', {
      name: scope.physicalName('express'),
      kafkaVersionsList: [KAFKA_VERSION],
      serverProperties: Object.entries(SERVER_PROPERTIES)
        .map(([key, value]) => `${key}=${value}`)
        .join('\n'),
    });
    const key = new Key(this, 'Key', {
      description: 'Records at rest in Kafka',
      enableKeyRotation: true,
      removalPolicy: scope.removalPolicy,
    });
    const logs = new LogGroup(this, 'BrokerLogs', {
      retention: environment.logRetentionDays,
      removalPolicy: scope.removalPolicy,
    });
    this.cluster = new CfnCluster(this, 'Cluster', {
      clusterName: scope.physicalName('stream'),
      kafkaVersion: KAFKA_VERSION,
      numberOfBrokerNodes: environment.stream.brokers,
      brokerNodeGroupInfo: {
        instanceType: environment.stream.brokerType,
        clientSubnets: vpc.isolatedSubnets.map((subnet) => subnet.subnetId),
        securityGroups: [securityGroup.securityGroupId],
      },
      configurationInfo: { arn: configuration.attrArn, revision: configuration.attrLatestRevisionRevision },
      // SCRAM for AWS IoT, which cannot do IAM; IAM for everybody else and for the topics below.
      clientAuthentication: {
        sasl: { scram: { enabled: true }, iam: { enabled: true } },
        unauthenticated: { enabled: false },
      },
      encryptionInfo: {
        encryptionAtRest: { dataVolumeKmsKeyId: key.keyArn },
        encryptionInTransit: { clientBroker: 'TLS', inCluster: true },
      },
      enhancedMonitoring: 'PER_TOPIC_PER_BROKER',
      loggingInfo: { brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: logs.logGroupName } } },
    });
    // Changing subnets or encryption at rest replaces a cluster. Its fixed name makes that fail at once, with the old cluster untouched, instead
    // of moving everybody to an empty one; where state is kept, it also outlives its stack.
    this.cluster.applyRemovalPolicy(environment.keepState ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY, {
      applyToUpdateReplacePolicy: true,
    });
    this.clusterArn = this.cluster.attrArn;
  }

  /** Adds a topic. MSK creates it with IAM rights (`kafka-cluster:*`) of whoever deploys. */
  addTopic(name: string, { partitions, retentionHours }: TopicSettings): CfnTopic {
    const configs = { 'retention.ms': String(retentionHours * 3_600_000), 'cleanup.policy': 'delete' };
    const topic = new CfnTopic(this, `Topic-${name}`, {
      clusterArn: this.clusterArn,
      topicName: name,
      partitionCount: partitions,
      replicationFactor: REPLICATION_FACTOR,
      configs: Buffer.from(JSON.stringify(configs)).toString('base64'),
    });
    topic.cfnOptions.deletionPolicy = this.cluster.cfnOptions.deletionPolicy;
    topic.cfnOptions.updateReplacePolicy = this.cluster.cfnOptions.updateReplacePolicy;
    return topic;
  }
}
