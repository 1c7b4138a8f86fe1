import { isDeepStrictEqual } from 'node:util';

import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../cloudformation/provider.ts';
import type { Cluster, ClusterSpecification } from './clusters.ts';
import type { Configuration } from './configurations.ts';
import type { Msk } from './msk.ts';
import { decodeConfigs } from './topic-configs.ts';
import type { Topic } from './topics.ts';

type Properties = Readonly<Record<string, unknown>>;

/** `AWS::MSK::Cluster`, `Configuration`, `Topic`, `BatchScramSecret` and `ClusterPolicy`. */
export function mskProviders(msk: Msk): ResourceProvider[] {
  return [
    clusterProvider(msk),
    configurationProvider(msk),
    topicProvider(msk),
    batchScramSecretProvider(msk),
    clusterPolicyProvider(msk),
  ];
}

/** A change of these makes a new cluster (CloudFormation reference, AWS::MSK::Cluster). */
function identityOf(properties: Properties): unknown {
  const nodes = (properties['BrokerNodeGroupInfo'] ?? {}) as Properties;
  const encryption = (properties['EncryptionInfo'] ?? {}) as Properties;
  const transit = (encryption['EncryptionInTransit'] ?? {}) as Properties;
  return [
    properties['ClusterName'],
    nodes['ClientSubnets'],
    nodes['SecurityGroups'],
    nodes['BrokerAZDistribution'],
    encryption['EncryptionAtRest'],
    transit['InCluster'],
  ];
}

function clusterProvider(msk: Msk): ResourceProvider {
  const describe = (cluster: Cluster): ProvisionedResource => ({
    physicalId: cluster.arn,
    attributes: { Arn: cluster.arn, CurrentVersion: cluster.currentVersion },
  });
  return {
    type: 'AWS::MSK::Cluster',
    create: ({ properties }) => describe(msk.clusters.create(specificationOf(properties))),
    update: ({ physicalId, properties, previousProperties }) =>
      isDeepStrictEqual(identityOf(properties), identityOf(previousProperties))
        ? describe(msk.clusters.respecify(physicalId, specificationOf(properties)))
        : describe(msk.clusters.create(specificationOf(properties))),
    async delete({ physicalId }) {
      if (msk.clusters.find(physicalId)) await msk.deleteCluster(physicalId);
    },
  };
}

/** A template's cluster in the API's member names and types. */
function specificationOf(properties: Properties): ClusterSpecification {
  const nodes = properties['BrokerNodeGroupInfo'] as Properties;
  const storage = nodes['StorageInfo'] as Properties | undefined;
  const ebs = storage?.['EBSStorageInfo'];
  const configuration = properties['ConfigurationInfo'] as { Arn: string; Revision: unknown } | undefined;
  return {
    ...(properties as unknown as ClusterSpecification),
    NumberOfBrokerNodes: Number(properties['NumberOfBrokerNodes']),
    BrokerNodeGroupInfo: {
      ...nodes,
      ...(ebs !== undefined && { StorageInfo: { EbsStorageInfo: ebs } }),
    } as unknown as ClusterSpecification['BrokerNodeGroupInfo'],
    ...(configuration && { ConfigurationInfo: { Arn: configuration.Arn, Revision: Number(configuration.Revision) } }),
  };
}

function configurationProvider(msk: Msk): ResourceProvider {
  const describe = (configuration: Configuration): ProvisionedResource => {
    const { revision, createdAt, description = '' } = configuration.revisions.at(-1)!;
    return {
      physicalId: configuration.arn,
      attributes: {
        Arn: configuration.arn,
        'LatestRevision.Revision': revision,
        'LatestRevision.CreationTime': new Date(createdAt).toISOString(),
        'LatestRevision.Description': description,
      },
    };
  };
  const create = ({ properties }: ResourceRequest): ProvisionedResource => {
    const { Name, ServerProperties, Description, KafkaVersionsList } = properties as {
      Name: string;
      ServerProperties: string;
      Description?: string;
      KafkaVersionsList?: string[];
    };
    return describe(msk.configurations.create(Name, ServerProperties, Description, KafkaVersionsList));
  };
  return {
    type: 'AWS::MSK::Configuration',
    create,
    update(request) {
      const { physicalId, properties, previousProperties } = request;
      if (
        ['Name', 'KafkaVersionsList'].some(
          (member) => !isDeepStrictEqual(properties[member], previousProperties[member]),
        )
      )
        return create(request);
      const changed = properties['ServerProperties'] !== previousProperties['ServerProperties'];
      return describe(
        changed
          ? msk.configurations.addRevision(
              physicalId,
              String(properties['ServerProperties']),
              properties['Description'] as string | undefined,
            )
          : msk.configurations.get(physicalId),
      );
    },
    delete({ physicalId }) {
      if (msk.configurations.find(physicalId)) msk.configurations.delete(physicalId);
    },
  };
}

function topicProvider(msk: Msk): ResourceProvider {
  const describe = (topic: Topic): ProvisionedResource => ({
    physicalId: msk.topics.arnOf(topic),
    attributes: { TopicArn: msk.topics.arnOf(topic) },
  });
  const topicOf = (properties: Properties): Topic => ({
    clusterArn: String(properties['ClusterArn']),
    name: String(properties['TopicName']),
    partitionCount: Number(properties['PartitionCount']),
    replicationFactor: Number(properties['ReplicationFactor']),
    configs: decodeConfigs(properties['Configs'] as string | undefined),
  });
  const create = async ({ properties }: ResourceRequest): Promise<ProvisionedResource> =>
    describe(await msk.topics.create(topicOf(properties)));
  return {
    type: 'AWS::MSK::Topic',
    create,
    async update(request) {
      const wanted = topicOf(request.properties);
      const replaced = ['ClusterArn', 'TopicName', 'ReplicationFactor'].some(
        (member) => !isDeepStrictEqual(request.properties[member], request.previousProperties[member]),
      );
      if (replaced) return create(request);
      return describe(await msk.topics.update(wanted.clusterArn, wanted.name, wanted));
    },
    async delete({ properties }) {
      const { clusterArn, name } = topicOf(properties);
      if (msk.topics.find(clusterArn, name)) await msk.topics.delete(clusterArn, name);
    },
  };
}

function batchScramSecretProvider(msk: Msk): ResourceProvider {
  const secretsOf = (properties: Properties): string[] => (properties['SecretArnList'] as string[] | undefined) ?? [];
  const associate = async (clusterArn: string, secretArns: readonly string[]): Promise<void> => {
    const refused = secretArns.length === 0 ? [] : await msk.scramSecrets.associate(clusterArn, secretArns);
    if (refused.length > 0) throw new Error(refused.map(({ ErrorMessage }) => ErrorMessage).join(' '));
  };
  const create = async ({ properties }: ResourceRequest): Promise<ProvisionedResource> => {
    await associate(String(properties['ClusterArn']), secretsOf(properties));
    return { physicalId: String(properties['ClusterArn']) };
  };
  return {
    type: 'AWS::MSK::BatchScramSecret',
    create,
    async update(request) {
      const { physicalId, properties, previousProperties } = request;
      if (properties['ClusterArn'] !== physicalId) return create(request);
      const gone = secretsOf(previousProperties).filter((secretArn) => !secretsOf(properties).includes(secretArn));
      if (gone.length > 0) await msk.scramSecrets.disassociate(physicalId, gone);
      await associate(physicalId, secretsOf(properties));
      return { physicalId };
    },
    async delete({ physicalId, properties }) {
      if (msk.clusters.find(physicalId)) await msk.scramSecrets.disassociate(physicalId, secretsOf(properties));
    },
  };
}

function clusterPolicyProvider(msk: Msk): ResourceProvider {
  const set = ({ properties }: ResourceRequest): ProvisionedResource => {
    const cluster = msk.clusters.setPolicy(String(properties['ClusterArn']), JSON.stringify(properties['Policy']));
    return { physicalId: cluster.arn, attributes: { CurrentVersion: cluster.policyVersion } };
  };
  return {
    type: 'AWS::MSK::ClusterPolicy',
    create: set,
    update: set,
    delete({ physicalId }) {
      if (msk.clusters.find(physicalId)) msk.clusters.setPolicy(physicalId, undefined);
    },
  };
}
