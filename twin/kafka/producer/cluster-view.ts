import type { ConnectionOptions } from '@platformatic/kafka';

import { BrokerClient, type BrokerAddress, type KafkaLibrary } from './broker-client.ts';

export interface TopicView {
  /** Leader's node id by partition. */
  readonly leaders: readonly number[];
}

const UNKNOWN_TOPIC = 3;

/** The brokers of a cluster, the connections to them, and who leads which partition. */
export class ClusterView {
  readonly topics = new Map<string, TopicView>();
  readonly #library: KafkaLibrary;
  readonly #bootstrap: readonly BrokerAddress[];
  readonly #options: ConnectionOptions;
  readonly #clients = new Map<string, Promise<BrokerClient>>();
  #brokers = new Map<number, BrokerAddress>();

  constructor(library: KafkaLibrary, bootstrap: readonly BrokerAddress[], options: ConnectionOptions) {
    this.#library = library;
    this.#bootstrap = bootstrap;
    this.#options = options;
  }

  /**
   * Asks for the topics, of the first broker that answers.
   *
   * @returns the topics that do not exist
   * @throws what the last broker's connection failed with, when none answers
   */
  async refresh(topics: readonly string[]): Promise<string[]> {
    let failure: unknown = new Error('No bootstrap server is named.');
    const candidates = [...this.#brokers.values(), ...this.#bootstrap];
    for (const address of candidates) {
      try {
        const metadata = await (await this.#client(address)).metadata(topics);
        this.#brokers = new Map(metadata.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
        for (const { name, errorCode, partitions } of metadata.topics) {
          if (!name || errorCode !== 0) continue;
          const leaders: number[] = [];
          for (const { partitionIndex, leaderId } of partitions) leaders[partitionIndex] = leaderId;
          this.topics.set(name, { leaders });
        }
        return metadata.topics.filter(({ errorCode }) => errorCode === UNKNOWN_TOPIC).map(({ name }) => name ?? '');
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async leader(nodeId: number): Promise<BrokerClient> {
    const address = this.#brokers.get(nodeId);
    if (!address) throw new Error(`No broker has node id ${nodeId}.`);
    return this.#client(address);
  }

  async any(): Promise<BrokerClient> {
    const address = [...this.#brokers.values()][0] ?? this.#bootstrap[0];
    if (!address) throw new Error('No bootstrap server is named.');
    return this.#client(address);
  }

  async #client(address: BrokerAddress): Promise<BrokerClient> {
    const name = `${address.host}:${address.port}`;
    const known = this.#clients.get(name);
    if (known) {
      const client = await known;
      if (client.isConnected) return client;
      // Another caller may have replaced it while this one waited.
      if (this.#clients.get(name) === known) this.#clients.delete(name);
      return this.#client(address);
    }
    const connecting = BrokerClient.connect(this.#library, address, this.#options);
    this.#clients.set(name, connecting);
    try {
      return await connecting;
    } catch (error) {
      if (this.#clients.get(name) === connecting) this.#clients.delete(name);
      throw error;
    }
  }

  async close(): Promise<void> {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    await Promise.all(clients.map((client) => client.then((connected) => connected.close()).catch(() => undefined)));
  }
}
