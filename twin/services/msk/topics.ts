import type { Account } from '../../account.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Collection, Store } from '../../state/store.ts';
import type { Cluster, Clusters } from './clusters.ts';
import type { Configurations } from './configurations.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { localConfigs, parseProperties, topicDefaults } from './topic-configs.ts';
import type { TopicConfigs } from './topic-configs.ts';

const TOPIC_NAME = /^[A-Za-z0-9._-]{1,249}$/;

export interface Topic {
  readonly clusterArn: string;
  readonly name: string;
  readonly partitionCount: number;
  /** As asked for; the local broker keeps one replica. */
  readonly replicationFactor: number;
  readonly configs: TopicConfigs;
}

export interface TopicsOptions {
  readonly account: Account;
  readonly store: Store;
  readonly clusters: Clusters;
  readonly configurations: Configurations;
  readonly kafka: () => Promise<KafkaCluster>;
  /** Told what the local Kafka does otherwise than the cluster would. */
  readonly log?: (line: string) => void;
}

/** Topics that were made through MSK's API, and the Kafka that holds them. */
export class Topics {
  readonly #options: TopicsOptions;
  readonly #topics: Collection<Topic>;

  constructor(options: TopicsOptions) {
    this.#options = options;
    this.#topics = options.store.collection('msk.topics');
  }

  arnOf({ clusterArn, name }: Topic): string {
    return `${clusterArn.replace(':cluster/', ':topic/')}/${name}`;
  }

  /** @throws AwsError TopicExistsException, KafkaRequestException, BadRequestException, NotFoundException */
  async create(topic: Topic): Promise<Topic> {
    const cluster = this.#options.clusters.get(topic.clusterArn);
    checkTopic(topic, cluster);
    if (this.#topics.has(keyOf(topic)))
      throw new AwsError('TopicExistsException', `Topic '${topic.name}' already exists.`, 409, {
        invalidParameter: 'topicName',
      });
    await this.#make(topic, cluster);
    this.#topics.set(keyOf(topic), topic);
    if (topic.replicationFactor > 1) {
      this.#options.log?.(`Topic ${topic.name} has one replica here, and ${topic.replicationFactor} on MSK`);
    }
    return topic;
  }

  async update(
    clusterArn: string,
    name: string,
    changes: { readonly partitionCount?: number; readonly configs?: TopicConfigs },
  ): Promise<Topic> {
    const topic = this.get(clusterArn, name);
    const partitionCount = changes.partitionCount ?? topic.partitionCount;
    if (partitionCount < topic.partitionCount) {
      throw new AwsError(
        'KafkaRequestException',
        `The topic ${name} has ${topic.partitionCount} partitions; the number cannot be reduced.`,
        400,
        { invalidParameter: 'partitionCount' },
      );
    }
    const changed = { ...topic, partitionCount, configs: changes.configs ?? topic.configs };
    const configs = this.#localConfigs(changed, this.#options.clusters.get(clusterArn));
    await requestKafka(async () => (await this.#options.kafka()).alterTopic(name, partitionCount, configs));
    this.#topics.set(keyOf(changed), changed);
    return changed;
  }

  async delete(clusterArn: string, name: string): Promise<Topic> {
    const topic = this.get(clusterArn, name);
    const kafka = await this.#options.kafka();
    if ((await kafka.listTopics()).includes(name)) await requestKafka(() => kafka.deleteTopic(name));
    this.#topics.delete(keyOf(topic));
    return topic;
  }

  /** @throws AwsError UnknownTopicOrPartitionException, NotFoundException */
  get(clusterArn: string, name: string): Topic {
    this.#options.clusters.get(clusterArn);
    const topic = this.#topics.get(keyOf({ clusterArn, name }));
    if (!topic)
      throw new AwsError('UnknownTopicOrPartitionException', 'This server does not host this topic-partition.', 404, {
        invalidParameter: 'topicName',
      });
    return topic;
  }

  find(clusterArn: string, name: string): Topic | undefined {
    return this.#topics.get(keyOf({ clusterArn, name }));
  }

  list(clusterArn: string): Topic[] {
    this.#options.clusters.get(clusterArn);
    return [...this.#topics.values()].filter((topic) => topic.clusterArn === clusterArn);
  }

  /** Forgets the topics of a cluster that is deleted, and deletes them. */
  async deleteAll(clusterArn: string): Promise<void> {
    for (const { name } of this.list(clusterArn)) await this.delete(clusterArn, name);
  }

  /** Makes topics again that Kafka lost, e.g. because its data folder was deleted. @returns how many */
  async restore(): Promise<number> {
    const kafka = await this.#options.kafka();
    const present = new Set(await kafka.listTopics());
    const lost = [...this.#topics.values()].filter(({ name }) => !present.has(name));
    for (const topic of lost) await this.#make(topic, this.#options.clusters.get(topic.clusterArn));
    return lost.length;
  }

  /** A topic of this name that Kafka kept from before is taken over and set as asked. */
  async #make(topic: Topic, cluster: Cluster): Promise<void> {
    const configs = this.#localConfigs(topic, cluster);
    const kafka = await this.#options.kafka();
    await requestKafka(async () => {
      if ((await kafka.listTopics()).includes(topic.name))
        await kafka.alterTopic(topic.name, topic.partitionCount, configs);
      else await kafka.createTopic(topic.name, topic.partitionCount, configs);
    });
  }

  #localConfigs(topic: Topic, { specification }: Cluster): Record<string, string> {
    const { Arn: arn, Revision: revision } = specification.ConfigurationInfo ?? {};
    const known = arn !== undefined && this.#options.configurations.find(arn) !== undefined;
    const properties = known ? this.#options.configurations.revision(arn, Number(revision)).serverProperties : '';
    return localConfigs(topicDefaults(parseProperties(properties)), topic.configs);
  }
}

/** What Kafka refuses is the caller's fault as a rule: a setting that it does not know, or a wrong value. */
async function requestKafka(request: () => Promise<void>): Promise<void> {
  try {
    await request();
  } catch (error) {
    throw new AwsError('KafkaRequestException', innermostMessage(error), 400, { invalidParameter: 'configs' });
  }
}

function innermostMessage(error: unknown): string {
  const { message, errors, cause } = error as { message?: string; errors?: unknown[]; cause?: unknown };
  const inner = errors?.[0] ?? cause;
  return inner === undefined ? String(message ?? error) : innermostMessage(inner);
}

function keyOf({ clusterArn, name }: { readonly clusterArn: string; readonly name: string }): string {
  return `${clusterArn}/${name}`;
}

function checkTopic({ name, partitionCount, replicationFactor }: Topic, { specification }: Cluster): void {
  const bad = (invalidParameter: string, message: string): AwsError =>
    new AwsError('BadRequestException', message, 400, { invalidParameter });
  if (!TOPIC_NAME.test(name) || name === '.' || name === '..')
    throw bad('topicName', 'A topic name has 1 to 249 letters, digits, dots, underscores and hyphens.');
  if (!Number.isInteger(partitionCount) || partitionCount < 1)
    throw bad('partitionCount', 'The number of partitions must be at least 1.');
  if (!Number.isInteger(replicationFactor) || replicationFactor < 1)
    throw bad('replicationFactor', 'The replication factor must be at least 1.');
  if (replicationFactor > specification.NumberOfBrokerNodes) {
    throw new AwsError(
      'KafkaRequestException',
      `Unable to replicate the partition ${replicationFactor} time(s): The target replication factor of ${replicationFactor} cannot be reached because only ${specification.NumberOfBrokerNodes} broker(s) are registered.`,
      400,
      { invalidParameter: 'replicationFactor' },
    );
  }
}
