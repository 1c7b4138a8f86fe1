import type { Cluster } from './clusters.ts';

type View = Record<string, unknown>;

/** A cluster as DescribeCluster shows it. */
export function clusterInfo(cluster: Cluster): View {
  return { ...common(cluster), ...provisioned(cluster) };
}

/** A cluster as DescribeClusterV2 shows it. */
export function clusterV2(cluster: Cluster): View {
  return { ...common(cluster), ClusterType: 'PROVISIONED', Provisioned: provisioned(cluster) };
}

/** The nodes that the cluster has in AWS; here one broker does the work of all. */
export function nodesOf(cluster: Cluster, bootstrapBroker: string): View[] {
  const { NumberOfBrokerNodes, BrokerNodeGroupInfo } = cluster.specification;
  const host = bootstrapBroker.slice(0, bootstrapBroker.lastIndexOf(':'));
  return Array.from({ length: NumberOfBrokerNodes }, (_, index) => ({
    AddedToClusterTime: new Date(cluster.createdAt).toISOString(),
    NodeARN: `${cluster.arn.replace(':cluster/', ':node/')}/${index + 1}`,
    NodeType: 'BROKER',
    InstanceType: BrokerNodeGroupInfo.InstanceType.replace(/^kafka\./, ''),
    BrokerNodeInfo: {
      BrokerId: index + 1,
      ClientSubnet: BrokerNodeGroupInfo.ClientSubnets[index % BrokerNodeGroupInfo.ClientSubnets.length],
      CurrentBrokerSoftwareInfo: software(cluster),
      Endpoints: [host],
    },
  }));
}

function common(cluster: Cluster): View {
  return {
    ClusterArn: cluster.arn,
    ClusterName: cluster.specification.ClusterName,
    CreationTime: cluster.createdAt,
    CurrentVersion: cluster.currentVersion,
    State: 'ACTIVE',
    Tags: cluster.specification.Tags ?? {},
  };
}

function provisioned(cluster: Cluster): View {
  const {
    ClusterName: _name,
    KafkaVersion: _version,
    ConfigurationInfo: _configuration,
    Tags: _tags,
    ...specification
  } = cluster.specification;
  return { EnhancedMonitoring: 'DEFAULT', ...specification, CurrentBrokerSoftwareInfo: software(cluster) };
}

function software(cluster: Cluster): View {
  const { KafkaVersion, ConfigurationInfo } = cluster.specification;
  return { KafkaVersion, ConfigurationArn: ConfigurationInfo?.Arn, ConfigurationRevision: ConfigurationInfo?.Revision };
}
