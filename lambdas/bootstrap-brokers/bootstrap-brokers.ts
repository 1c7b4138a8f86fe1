import type { CustomResourceOutcome } from '../shared/custom-resource.ts';

interface BootstrapBrokers {
  readonly BootstrapBrokerStringSaslScram?: string;
  readonly BootstrapBrokerStringSaslIam?: string;
}

/**
 * The addresses of a cluster's brokers, which AWS::MSK::Cluster does not give as an attribute: `SaslScram` (what the IoT rules
 * need) and `SaslIam` (what consumers in the VPC need; absent where the cluster does not offer it).
 * @throws Error when the cluster has no SCRAM listener
 */
export async function bootstrapBrokers(
  properties: Readonly<Record<string, unknown>>,
  getBootstrapBrokers: (clusterArn: string) => Promise<BootstrapBrokers>,
): Promise<CustomResourceOutcome> {
  const clusterArn = String(properties['ClusterArn']);
  const brokers = await getBootstrapBrokers(clusterArn);
  if (!brokers.BootstrapBrokerStringSaslScram) throw new Error(`cluster ${clusterArn} offers no SASL/SCRAM listener`);
  return {
    physicalId: `bootstrap-brokers:${clusterArn}`,
    data: {
      SaslScram: brokers.BootstrapBrokerStringSaslScram,
      SaslIam: brokers.BootstrapBrokerStringSaslIam ?? '',
    },
  };
}
