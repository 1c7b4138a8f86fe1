import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import type { Store } from '../../state/store.ts';
import type { Secrets } from '../secretsmanager/secrets.ts';
import { Clusters } from './clusters.ts';
import { Configurations } from './configurations.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { ScramSecrets } from './scram-secrets.ts';
import { Topics } from './topics.ts';

export interface MskOptions {
  readonly account: Account;
  readonly clock: Clock;
  readonly store: Store;
  readonly secrets: Secrets;
  /** The Kafka that stands for every cluster; asked for when first needed, so that it may still be starting. */
  readonly kafka: () => Promise<KafkaCluster>;
  readonly log?: (line: string) => void;
}

/** Listeners of a cluster by the members of GetBootstrapBrokers. */
export interface BootstrapBrokers {
  readonly BootstrapBrokerString?: string;
  readonly BootstrapBrokerStringTls?: string;
  readonly BootstrapBrokerStringSaslScram?: string;
}

/** MSK's control plane over one local Kafka. */
export class Msk {
  readonly clusters: Clusters;
  readonly configurations: Configurations;
  readonly topics: Topics;
  readonly scramSecrets: ScramSecrets;
  readonly #kafka: () => Promise<KafkaCluster>;

  constructor(options: MskOptions) {
    this.#kafka = options.kafka;
    this.clusters = new Clusters(options);
    this.configurations = new Configurations(options);
    this.topics = new Topics({ ...options, clusters: this.clusters, configurations: this.configurations });
    this.scramSecrets = new ScramSecrets(this.clusters, options.secrets, options.kafka);
  }

  /**
   * The local addresses, for the listeners that the cluster has turned on. There is none for IAM: the local Kafka does
   * not know it.
   */
  async bootstrapBrokers(clusterArn: string): Promise<BootstrapBrokers> {
    const { ClientAuthentication: authentication, EncryptionInfo } = this.clusters.get(clusterArn).specification;
    const { plaintext, scram, tls } = (await this.#kafka()).bootstrapBrokers();
    const sasl = authentication?.Sasl;
    const tlsClients =
      authentication?.Tls?.Enabled === true || (authentication?.Tls?.CertificateAuthorityArnList?.length ?? 0) > 0;
    // A cluster that says nothing of authentication lets everybody in.
    const unauthenticated =
      authentication?.Unauthenticated?.Enabled ?? !(sasl?.Scram?.Enabled || sasl?.Iam?.Enabled || tlsClients);
    const transit = EncryptionInfo?.EncryptionInTransit?.ClientBroker ?? 'TLS';
    return {
      ...(unauthenticated && transit !== 'TLS' && { BootstrapBrokerString: plaintext }),
      ...((unauthenticated || tlsClients) &&
        transit !== 'PLAINTEXT' &&
        tls !== undefined && { BootstrapBrokerStringTls: tls }),
      ...(sasl?.Scram?.Enabled === true && { BootstrapBrokerStringSaslScram: scram }),
    };
  }

  async deleteCluster(clusterArn: string): Promise<void> {
    const { scramSecrets } = this.clusters.get(clusterArn);
    await this.topics.deleteAll(clusterArn);
    await this.scramSecrets.disassociate(clusterArn, scramSecrets);
    this.clusters.delete(clusterArn);
  }

  /**
   * Gives a Kafka that may have lost its data the topics and SCRAM users that the clusters have. To be called once after
   * Kafka has started.
   */
  async restore(): Promise<{ readonly topics: number; readonly users: number }> {
    return { topics: await this.topics.restore(), users: await this.scramSecrets.restore() };
  }
}
