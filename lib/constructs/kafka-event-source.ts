import { Fn, type Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { StartingPosition, type EventSourceMappingOptions } from 'aws-cdk-lib/aws-lambda';
import type { KafkaTopic } from '../../contracts/kafka-topics.ts';
import { acknowledgeWildcard } from './acknowledge.ts';
import type { CellFunction } from './cell-function.ts';
import type { CellStack } from './cell-stack.ts';

export interface KafkaEventSourceProps {
  readonly clusterArn: string;
  readonly topic: KafkaTopic;
  readonly batchSize: number;
  readonly maxBatchingWindow: Duration;
  /** What else the mapping says: poller mode, retries, destination of failures. */
  readonly options?: Partial<EventSourceMappingOptions>;
}

/** Lambda makes network interfaces in the cluster's subnets; EC2 names no resource for these. */
const NETWORK_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeVpcs',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeSubnets',
  'ec2:DescribeSecurityGroups',
];

/**
 * Feeds a function from a topic of the cluster. The poller logs in with the function's role by IAM, and works from the cluster's subnets and
 * security group (network-stack.ts). Rights as in https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html, without the
 * managed policy, which allows every cluster and every log group.
 */
export function feedFromKafka(scope: CellStack, handler: CellFunction, props: KafkaEventSourceProps): void {
  const { clusterArn, topic, batchSize, maxBatchingWindow, options } = props;
  const kafkaConsumerGroupId = scope.physicalName(handler.node.id.toLowerCase());
  const grant = (actions: string[], resource: string): void =>
    handler.addToRolePolicy(new PolicyStatement({ actions, resources: [resource] }));
  grant(['kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers', 'kafka-cluster:Connect'], clusterArn);
  grant(['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'], within(clusterArn, 'topic', topic));
  grant(['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'], within(clusterArn, 'group', kafkaConsumerGroupId));
  grant(NETWORK_ACTIONS, '*');
  acknowledgeWildcard(handler.role!, '*', 'EC2 names no resource for making and describing network interfaces.');
  const mapping = handler.addEventSourceMapping('Kafka', {
    ...{ eventSourceArn: clusterArn, kafkaTopic: topic, kafkaConsumerGroupId, batchSize, maxBatchingWindow },
    startingPosition: StartingPosition.TRIM_HORIZON,
    ...options,
  });
  // Lambda checks the role's rights when the mapping is made.
  mapping.node.addDependency(handler.role!);
}

/** ARN of a topic or group: the cluster's own, with another word, and the name behind it. */
function within(clusterArn: string, kind: 'topic' | 'group', name: string): string {
  const [account, cluster] = [0, 1].map((part) => Fn.select(part, Fn.split(':cluster/', clusterArn)));
  return `${account}:${kind}/${cluster}/${name}`;
}
