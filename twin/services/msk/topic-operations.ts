import type { OperationContext, OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { page } from '../page.ts';
import type { Msk } from './msk.ts';
import { decodeConfigs, encodeConfigs } from './topic-configs.ts';
import type { Topic } from './topics.ts';

/** Rights on the topic that each operation needs beside `kafka-cluster:Connect` (Developer Guide, "Topic Operations"). */
const TOPIC_RIGHTS: Readonly<Record<string, readonly string[]>> = {
  CreateTopic: ['CreateTopic'],
  DeleteTopic: ['DescribeTopic', 'DeleteTopic'],
  DescribeTopic: ['DescribeTopic', 'DescribeTopicDynamicConfiguration'],
  DescribeTopicPartitions: ['DescribeTopic', 'DescribeTopicDynamicConfiguration'],
  ListTopics: ['DescribeTopic'],
  UpdateTopic: ['DescribeTopic', 'AlterTopic', 'AlterTopicDynamicConfiguration'],
};

const LARGEST_PAGE = 100;

/** Operations on topics, which ask IAM for the rights of a Kafka client and not for rights of their own. */
export function topicOperations(msk: Msk): Record<string, OperationDefinition> {
  const { topics } = msk;
  const cluster = (input: OperationInput): string => String(input['ClusterArn']);
  const name = (input: OperationInput): string => String(input['TopicName']);
  const answer = (topic: Topic, status: string): Record<string, unknown> => ({
    TopicArn: topics.arnOf(topic),
    TopicName: topic.name,
    Status: status,
  });
  const operations: Record<string, OperationDefinition['run']> = {
    CreateTopic: async (input) => {
      const { PartitionCount, ReplicationFactor, Configs } = input as {
        PartitionCount: number;
        ReplicationFactor: number;
        Configs?: string;
      };
      const topic = {
        clusterArn: cluster(input),
        name: name(input),
        partitionCount: PartitionCount,
        replicationFactor: ReplicationFactor,
      };
      return answer(await topics.create({ ...topic, configs: decodeConfigs(Configs) }), 'ACTIVE');
    },
    UpdateTopic: async (input) => {
      const { PartitionCount, Configs } = input as { PartitionCount?: number; Configs?: string };
      const configs = Configs === undefined ? undefined : decodeConfigs(Configs);
      return answer(
        await topics.update(cluster(input), name(input), { partitionCount: PartitionCount, configs }),
        'ACTIVE',
      );
    },
    DeleteTopic: async (input) => answer(await topics.delete(cluster(input), name(input)), 'DELETING'),
    DescribeTopic: (input) => {
      const topic = topics.get(cluster(input), name(input));
      return {
        ...answer(topic, 'ACTIVE'),
        PartitionCount: topic.partitionCount,
        ReplicationFactor: topic.replicationFactor,
        Configs: encodeConfigs(topic.configs),
      };
    },
    DescribeTopicPartitions: (input) => {
      const { partitionCount } = topics.get(cluster(input), name(input));
      // The local broker leads every partition and holds its only replica.
      const partitions = Array.from({ length: partitionCount }, (_, Partition) => ({
        Partition,
        Leader: 1,
        Replicas: [1],
        Isr: [1],
      }));
      const numbered = page(partitions, ({ Partition }) => String(Partition).padStart(9, '0'), ...paging(input));
      return { Partitions: numbered.items, NextToken: numbered.nextToken };
    },
    ListTopics: (input) => {
      const filter = String(input['TopicNameFilter'] ?? '');
      const matching = topics.list(cluster(input)).filter((topic) => topic.name.startsWith(filter));
      const { items, nextToken } = page(matching, (topic) => topic.name, ...paging(input));
      const infos = items.map((topic) => ({
        TopicArn: topics.arnOf(topic),
        TopicName: topic.name,
        PartitionCount: topic.partitionCount,
        ReplicationFactor: topic.replicationFactor,
        OutOfSyncReplicaCount: 0,
      }));
      return { Topics: infos, NextToken: nextToken };
    },
  };
  return Object.fromEntries(
    Object.entries(operations).map(([operation, run]) => [
      operation,
      {
        resources: () => [],
        run: (input, context) => {
          checkRights(operation, input, context);
          return run(input, context);
        },
      },
    ]),
  );
}

function checkRights(operation: string, input: OperationInput, context: OperationContext): void {
  const clusterArn = String(input['ClusterArn']);
  context.authorize('kafka-cluster:Connect', clusterArn);
  const topicArn = `${clusterArn.replace(':cluster/', ':topic/')}/${String(input['TopicName'] ?? '*')}`;
  for (const right of TOPIC_RIGHTS[operation] ?? []) context.authorize(`kafka-cluster:${right}`, topicArn);
}

function paging(input: OperationInput): [number | undefined, string | undefined, number] {
  return [input['MaxResults'] as number | undefined, input['NextToken'] as string | undefined, LARGEST_PAGE];
}
