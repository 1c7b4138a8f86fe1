import type { Admin, ClusterMetadata } from '@platformatic/kafka';

import { SCRAM_SHA_512, scramUpsertion } from './scram.ts';

/** Kafka's codes for the two things that make a repeated request harmless. */
const RESOURCE_NOT_FOUND = 91;

/** ListOffsets: the offset that the next record will get. */
const LATEST = -1n;
/** IncrementalAlterConfigs (KIP-339). */
const SET = 0 as const;
const DELETE = 1 as const;
const TOPIC_RESOURCE = 2;

export interface TopicDescription {
  readonly name: string;
  readonly partitions: number;
}

/** Administration of one cluster over its plaintext listener. Connects at the first call. */
export class ClusterAdmin {
  readonly #bootstrapServer: string;
  #admin: Promise<Admin> | undefined;

  constructor(bootstrapServer: string) {
    this.#bootstrapServer = bootstrapServer;
  }

  #client(): Promise<Admin> {
    return (this.#admin ??= import('@platformatic/kafka').then(
      ({ Admin }) =>
        new Admin({
          clientId: 'iov-twin-admin',
          bootstrapBrokers: [this.#bootstrapServer],
          retries: 5,
          retryDelay: 200,
          timeout: 10_000,
        }),
    ));
  }

  /** Replication is the cluster's default: one on the twin's own node. */
  async createTopic(name: string, partitions: number, configs: Readonly<Record<string, string>> = {}): Promise<void> {
    const admin = await this.#client();
    const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }));
    await admin.createTopics({ topics: [name], partitions, replicas: -1, configs: entries });
  }

  /** Sets the topic's own settings to exactly `configs`, and adds partitions when it has fewer than `partitions`. */
  async alterTopic(name: string, partitions: number, configs: Readonly<Record<string, string>>): Promise<void> {
    const admin = await this.#client();
    const current = await this.topicConfigs(name);
    const set = Object.entries(configs).map(([key, value]) => ({ name: key, value, configOperation: SET }) as const);
    const unset = Object.keys(current).filter((key) => !(key in configs));
    const unsetting = unset.map((key) => ({ name: key, configOperation: DELETE }) as const);
    const changes = [...set, ...unsetting];
    if (changes.length > 0) {
      await admin.incrementalAlterConfigs({
        resources: [{ resourceType: TOPIC_RESOURCE, resourceName: name, configs: changes }],
      });
    }
    const described = (await this.describeTopics([name])).find((topic) => topic.name === name);
    if (described && described.partitions < partitions) {
      await admin.createPartitions({ topics: [{ name, count: partitions }] });
    }
  }

  /** The settings that were given to this topic, without the broker's defaults. */
  async topicConfigs(name: string): Promise<Record<string, string>> {
    const admin = await this.#client();
    const described = await admin.describeConfigs({
      resources: [{ resourceType: TOPIC_RESOURCE, resourceName: name, configurationKeys: null }],
      includeSynonyms: false,
      includeDocumentation: false,
    });
    /** DescribeConfigs, ConfigSource: 1 is DYNAMIC_TOPIC_CONFIG. */
    const own = described.flatMap(({ configs }) => configs).filter(({ configSource }) => configSource === 1);
    return Object.fromEntries(own.map((config) => [config.name, config.value ?? '']));
  }

  async deleteTopic(name: string): Promise<void> {
    await (await this.#client()).deleteTopics({ topics: [name] });
  }

  async listTopics(): Promise<string[]> {
    return (await this.#client()).listTopics({ includeInternals: false });
  }

  async describeTopics(names: readonly string[]): Promise<TopicDescription[]> {
    const metadata = await this.#metadata(names);
    return [...metadata.topics].map(([name, topic]) => ({ name, partitions: topic.partitionsCount }));
  }

  async #metadata(names: readonly string[]): Promise<ClusterMetadata> {
    const admin = await this.#client();
    return admin.metadata({ topics: [...names], forceUpdate: true });
  }

  /** Records written to each topic since it was created, the ones that retention has removed included. */
  async recordCounts(): Promise<Map<string, number>> {
    const names = (await this.listTopics()).filter((name) => !name.startsWith('__'));
    if (names.length === 0) return new Map();
    const admin = await this.#client();
    const topics = (await this.describeTopics(names)).map(({ name, partitions }) => ({
      name,
      partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: LATEST })),
    }));
    const listed = await admin.listOffsets({ topics });
    return new Map(
      listed.map(({ name, partitions }) => [name, partitions.reduce((sum, { offset }) => sum + Number(offset), 0)]),
    );
  }

  /** Creates the user, or gives it a new password. */
  async upsertScramUser(name: string, password: string): Promise<void> {
    await this.#alterScram([], [await scramUpsertion(name, password)]);
  }

  /** Removes the user; one that does not exist is removed already. */
  async removeScramUser(name: string): Promise<void> {
    try {
      await this.#alterScram([{ name, mechanism: SCRAM_SHA_512 }], []);
    } catch (error) {
      if (!hasKafkaCode(error, RESOURCE_NOT_FOUND)) throw error;
    }
  }

  async #alterScram(
    deletions: { name: string; mechanism: typeof SCRAM_SHA_512 }[],
    upsertions: Awaited<ReturnType<typeof scramUpsertion>>[],
  ): Promise<void> {
    const { Connection, alterUserScramCredentialsV0 } = await import('@platformatic/kafka');
    const connection = new Connection('iov-twin-admin', { connectTimeout: 5000, requestTimeout: 10_000 });
    connection.on('error', () => undefined);
    const [host, port] = splitServer(this.#bootstrapServer);
    try {
      await connection.connect(host, port);
      await alterUserScramCredentialsV0.api.async(connection, deletions, upsertions);
    } finally {
      await connection.close();
    }
  }

  async close(): Promise<void> {
    const admin = await this.#admin;
    this.#admin = undefined;
    await admin?.close();
  }
}

/** `host:port`, where an IPv6 host is in brackets. */
export function splitServer(server: string): [host: string, port: number] {
  const colon = server.lastIndexOf(':');
  return [server.slice(0, colon).replace(/^\[|\]$/g, ''), Number(server.slice(colon + 1))];
}

/** Looks for a Kafka error code in an error of the client or in what it was made of. */
function hasKafkaCode(error: unknown, code: number): boolean {
  if (error === null || typeof error !== 'object') return false;
  const { apiCode, errors, cause } = error as { apiCode?: number; errors?: unknown[]; cause?: unknown };
  return apiCode === code || (errors ?? []).some((inner) => hasKafkaCode(inner, code)) || hasKafkaCode(cause, code);
}
