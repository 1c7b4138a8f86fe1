import { randomUUID } from 'node:crypto';

import { arn } from '../../account.ts';
import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Collection, Store } from '../../state/store.ts';

/** What a template or CreateCluster says of a provisioned cluster, in the API's member names. */
export interface ClusterSpecification {
  readonly ClusterName: string;
  readonly KafkaVersion: string;
  readonly NumberOfBrokerNodes: number;
  readonly BrokerNodeGroupInfo: {
    readonly InstanceType: string;
    readonly ClientSubnets: readonly string[];
    readonly SecurityGroups?: readonly string[];
  };
  readonly ClientAuthentication?: {
    readonly Sasl?: { readonly Scram?: { readonly Enabled?: boolean }; readonly Iam?: { readonly Enabled?: boolean } };
    readonly Tls?: { readonly Enabled?: boolean; readonly CertificateAuthorityArnList?: readonly string[] };
    readonly Unauthenticated?: { readonly Enabled?: boolean };
  };
  readonly EncryptionInfo?: {
    readonly EncryptionInTransit?: { readonly ClientBroker?: string };
    readonly EncryptionAtRest?: unknown;
  };
  readonly ConfigurationInfo?: { readonly Arn: string; readonly Revision: number };
  readonly EnhancedMonitoring?: string;
  readonly LoggingInfo?: unknown;
  readonly OpenMonitoring?: unknown;
  readonly Rebalancing?: unknown;
  readonly StorageMode?: string;
  readonly Tags?: Readonly<Record<string, string>>;
}

export interface Cluster {
  readonly arn: string;
  readonly specification: ClusterSpecification;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly currentVersion: string;
  readonly policy?: string;
  readonly policyVersion?: string;
  readonly scramSecrets: readonly string[];
}

const CLUSTER_NAME = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/;

/** The clusters of the account. One local Kafka stands for all of them. */
export class Clusters {
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #clusters: Collection<Cluster>;

  constructor({ account, clock, store }: { readonly account: Account; readonly clock: Clock; readonly store: Store }) {
    this.#account = account;
    this.#clock = clock;
    this.#clusters = store.collection('msk.clusters');
  }

  /** @throws AwsError ConflictException when the name is taken, BadRequestException */
  create(specification: ClusterSpecification): Cluster {
    checkSpecification(specification);
    const { ClusterName: name } = specification;
    if (this.list().some((cluster) => cluster.specification.ClusterName === name)) {
      throw new AwsError('ConflictException', `A resource already exists with this name: ${name}.`, 409);
    }
    const cluster: Cluster = {
      arn: arn(this.#account, 'kafka', `cluster/${name}/${randomUUID()}-1`),
      specification,
      createdAt: this.#clock.now(),
      currentVersion: newVersion(),
      scramSecrets: [],
    };
    this.#clusters.set(cluster.arn, cluster);
    return cluster;
  }

  /** @throws AwsError NotFoundException */
  get(clusterArn: string): Cluster {
    const cluster = this.#clusters.get(clusterArn);
    if (!cluster)
      throw new AwsError('NotFoundException', 'The requested cluster does not exist.', 404, {
        invalidParameter: 'clusterArn',
      });
    return cluster;
  }

  find(clusterArn: string): Cluster | undefined {
    return this.#clusters.get(clusterArn);
  }

  list(): Cluster[] {
    return [...this.#clusters.values()];
  }

  /** Changes what a cluster is; its version changes with it, as after an MSK operation. */
  respecify(clusterArn: string, specification: ClusterSpecification): Cluster {
    checkSpecification(specification);
    return this.#set({ ...this.get(clusterArn), specification, currentVersion: newVersion() });
  }

  setScramSecrets(clusterArn: string, scramSecrets: readonly string[]): void {
    this.#set({ ...this.get(clusterArn), scramSecrets });
  }

  setPolicy(clusterArn: string, policy: string | undefined): Cluster {
    return this.#set({
      ...this.get(clusterArn),
      policy,
      policyVersion: policy === undefined ? undefined : newVersion(),
    });
  }

  setTags(clusterArn: string, tags: Readonly<Record<string, string>>): void {
    const cluster = this.get(clusterArn);
    this.#set({ ...cluster, specification: { ...cluster.specification, Tags: tags } });
  }

  delete(clusterArn: string): void {
    this.get(clusterArn);
    this.#clusters.delete(clusterArn);
  }

  #set(cluster: Cluster): Cluster {
    this.#clusters.set(cluster.arn, cluster);
    return cluster;
  }
}

function checkSpecification({ ClusterName, NumberOfBrokerNodes, BrokerNodeGroupInfo }: ClusterSpecification): void {
  const bad = (invalidParameter: string, message: string): AwsError =>
    new AwsError('BadRequestException', message, 400, { invalidParameter });
  if (!CLUSTER_NAME.test(ClusterName))
    throw bad('clusterName', 'The cluster name must be 1 to 64 letters, digits and hyphens.');
  const zones = BrokerNodeGroupInfo.ClientSubnets.length;
  if (zones < 2) throw bad('clientSubnets', 'The number of client subnets must be two or three.');
  if (NumberOfBrokerNodes < 1 || NumberOfBrokerNodes % zones !== 0) {
    throw bad(
      'numberOfBrokerNodes',
      'The number of broker nodes must be a multiple of Availability Zones in the ClientSubnets parameter.',
    );
  }
  if (BrokerNodeGroupInfo.InstanceType.startsWith('express.') && zones !== 3) {
    throw bad('clientSubnets', 'Express brokers need client subnets in three Availability Zones.');
  }
}

/** Versions of clusters are opaque, e.g. K3P5ROKL5A1OLE. */
function newVersion(): string {
  return `K${BigInt(`0x${randomUUID().replaceAll('-', '')}`)
    .toString(36)
    .toUpperCase()
    .slice(0, 13)}`;
}
