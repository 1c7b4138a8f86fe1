/** What the MSK control plane needs of the Kafka that stands for its clusters. */
export interface KafkaCluster {
  bootstrapBrokers(): {
    readonly plaintext: string;
    /** SASL_SSL with SCRAM-SHA-512. */
    readonly scram: string;
    /** TLS without SASL, where there is such a listener. */
    readonly tls?: string;
  };
  createTopic(name: string, partitions: number, configs?: Readonly<Record<string, string>>): Promise<void>;
  /** Sets the topic's own settings to exactly these, and adds partitions up to the number. */
  alterTopic(name: string, partitions: number, configs: Readonly<Record<string, string>>): Promise<void>;
  deleteTopic(name: string): Promise<void>;
  listTopics(): Promise<string[]>;
  upsertScramUser(name: string, password: string): Promise<void>;
  removeScramUser(name: string): Promise<void>;
}
