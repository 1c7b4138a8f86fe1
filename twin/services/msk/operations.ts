import { AwsError } from '../../endpoint/service.ts';
import type { AwsService, OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { page } from '../page.ts';
import { clusterInfo, clusterV2, nodesOf } from './cluster-view.ts';
import type { Cluster, ClusterSpecification } from './clusters.ts';
import type { Configuration, ConfigurationRevision } from './configurations.ts';
import type { Msk } from './msk.ts';
import { topicOperations } from './topic-operations.ts';

const LARGEST_PAGE = 100;
/** Versions that MSK offers (Developer Guide, "Supported Apache Kafka versions", 2026-11). */
const KAFKA_VERSIONS = [
  '3.6.0',
  '3.7.x',
  '3.7.x.kraft',
  '3.8.x',
  '3.8.x.kraft',
  '3.9.x',
  '3.9.x.kraft',
  '4.0.x.kraft',
  '4.1.x.kraft',
  '4.2.x.kraft',
];

/** MSK on the endpoint. */
export function mskService(msk: Msk): AwsService {
  const ofCluster = (run: OperationDefinition['run']): OperationDefinition => ({
    run,
    resources: (input) => [String(input['ClusterArn'])],
  });
  const ofConfiguration = (run: OperationDefinition['run']): OperationDefinition => ({
    run,
    resources: (input) => [String(input['Arn'])],
  });
  const clusterArn = (input: OperationInput): string => String(input['ClusterArn']);
  const { clusters, configurations, scramSecrets } = msk;
  const created = (cluster: Cluster): Record<string, unknown> => ({
    ClusterArn: cluster.arn,
    ClusterName: cluster.specification.ClusterName,
    State: 'ACTIVE',
  });
  return {
    signingNames: ['kafka'],
    iamPrefix: 'kafka',
    model: () => import('@aws-sdk/client-kafka'),
    operations: {
      CreateCluster: { run: (input) => created(clusters.create(input as unknown as ClusterSpecification)) },
      CreateClusterV2: {
        run: (input) => {
          if (!input['Provisioned'])
            throw new AwsError(
              'BadRequestException',
              'The twin has provisioned clusters only: MSK Serverless knows IAM alone, which the local Kafka does not.',
              400,
              { invalidParameter: 'serverless' },
            );
          const specification = {
            ...(input['Provisioned'] as object),
            ClusterName: input['ClusterName'],
            Tags: input['Tags'],
          };
          return { ...created(clusters.create(specification as ClusterSpecification)), ClusterType: 'PROVISIONED' };
        },
      },
      DescribeCluster: ofCluster((input) => ({ ClusterInfo: clusterInfo(clusters.get(clusterArn(input))) })),
      DescribeClusterV2: ofCluster((input) => ({ ClusterInfo: clusterV2(clusters.get(clusterArn(input))) })),
      ListClusters: { run: (input) => listClusters(msk, input, clusterInfo) },
      ListClustersV2: {
        run: (input) =>
          input['ClusterTypeFilter'] === 'SERVERLESS' ? { ClusterInfoList: [] } : listClusters(msk, input, clusterV2),
      },
      DeleteCluster: ofCluster(async (input) => {
        await msk.deleteCluster(clusterArn(input));
        return { ClusterArn: clusterArn(input), State: 'DELETING' };
      }),
      GetBootstrapBrokers: ofCluster((input) =>
        msk.bootstrapBrokers(clusterArn(input)).then((brokers) => ({ ...brokers })),
      ),
      ListNodes: ofCluster(async (input) => {
        const cluster = clusters.get(clusterArn(input));
        const brokers = await msk.bootstrapBrokers(cluster.arn);
        const { items, nextToken } = page(
          nodesOf(cluster, Object.values(brokers)[0] ?? '127.0.0.1:'),
          (node) => String(node['NodeARN']),
          ...paging(input),
        );
        return { NodeInfoList: items, NextToken: nextToken };
      }),
      BatchAssociateScramSecret: ofCluster(async (input) => ({
        ClusterArn: clusterArn(input),
        UnprocessedScramSecrets: await scramSecrets.associate(clusterArn(input), input['SecretArnList'] as string[]),
      })),
      BatchDisassociateScramSecret: ofCluster(async (input) => ({
        ClusterArn: clusterArn(input),
        UnprocessedScramSecrets: await scramSecrets.disassociate(clusterArn(input), input['SecretArnList'] as string[]),
      })),
      ListScramSecrets: ofCluster((input) => {
        const { items, nextToken } = page(
          clusters.get(clusterArn(input)).scramSecrets,
          (secretArn) => secretArn,
          ...paging(input),
        );
        return { SecretArnList: items, NextToken: nextToken };
      }),
      PutClusterPolicy: ofCluster((input) => ({
        CurrentVersion: clusters.setPolicy(clusterArn(input), String(input['Policy'])).policyVersion,
      })),
      GetClusterPolicy: ofCluster((input) => {
        const { policy, policyVersion } = clusters.get(clusterArn(input));
        if (policy === undefined)
          throw new AwsError('NotFoundException', 'The cluster has no policy.', 404, {
            invalidParameter: 'clusterArn',
          });
        return { Policy: policy, CurrentVersion: policyVersion };
      }),
      DeleteClusterPolicy: ofCluster((input) => void clusters.setPolicy(clusterArn(input), undefined)),
      CreateConfiguration: {
        run: (input) => {
          const properties = Buffer.from(input['ServerProperties'] as Uint8Array).toString('utf8');
          const { Name, Description, KafkaVersions } = input as {
            Name: string;
            Description?: string;
            KafkaVersions?: string[];
          };
          return configurationView(configurations.create(Name, properties, Description, KafkaVersions));
        },
      },
      UpdateConfiguration: ofConfiguration((input) => {
        const properties = Buffer.from(input['ServerProperties'] as Uint8Array).toString('utf8');
        const configuration = configurations.addRevision(
          String(input['Arn']),
          properties,
          input['Description'] as string | undefined,
        );
        return { Arn: configuration.arn, LatestRevision: revisionView(configuration.revisions.at(-1)!) };
      }),
      DescribeConfiguration: ofConfiguration((input) => configurationView(configurations.get(String(input['Arn'])))),
      DescribeConfigurationRevision: ofConfiguration((input) => {
        const revision = configurations.revision(String(input['Arn']), Number(input['Revision']));
        return {
          Arn: input['Arn'],
          ...revisionView(revision),
          ServerProperties: Buffer.from(revision.serverProperties),
        };
      }),
      ListConfigurations: {
        run: (input) => {
          const { items, nextToken } = page(configurations.list(), ({ name }) => name, ...paging(input));
          return { Configurations: items.map(configurationView), NextToken: nextToken };
        },
      },
      ListConfigurationRevisions: ofConfiguration((input) => {
        const { revisions } = configurations.get(String(input['Arn']));
        const { items, nextToken } = page(
          revisions,
          ({ revision }) => String(revision).padStart(6, '0'),
          ...paging(input),
        );
        return { Revisions: items.map(revisionView), NextToken: nextToken };
      }),
      DeleteConfiguration: ofConfiguration((input) => {
        configurations.delete(String(input['Arn']));
        return { Arn: input['Arn'], State: 'DELETING' };
      }),
      ListKafkaVersions: {
        run: () => ({ KafkaVersions: KAFKA_VERSIONS.map((Version) => ({ Version, Status: 'ACTIVE' })) }),
      },
      ListTagsForResource: {
        resources: resourceArn,
        run: (input) => ({ Tags: clusters.get(String(input['ResourceArn'])).specification.Tags ?? {} }),
      },
      TagResource: {
        resources: resourceArn,
        run: (input) => {
          const { Tags } = clusters.get(String(input['ResourceArn'])).specification;
          clusters.setTags(String(input['ResourceArn']), { ...Tags, ...(input['Tags'] as Record<string, string>) });
          return undefined;
        },
      },
      UntagResource: {
        resources: resourceArn,
        run: (input) => {
          const removed = input['TagKeys'] as string[];
          const kept = Object.entries(clusters.get(String(input['ResourceArn'])).specification.Tags ?? {}).filter(
            ([key]) => !removed.includes(key),
          );
          clusters.setTags(String(input['ResourceArn']), Object.fromEntries(kept));
          return undefined;
        },
      },
      ...topicOperations(msk),
    },
  };
}

function listClusters(
  msk: Msk,
  input: OperationInput,
  view: (cluster: Cluster) => Record<string, unknown>,
): Record<string, unknown> {
  const filter = String(input['ClusterNameFilter'] ?? '');
  const matching = msk.clusters.list().filter(({ specification }) => specification.ClusterName.startsWith(filter));
  const { items, nextToken } = page(matching, (cluster) => cluster.arn, ...paging(input));
  return { ClusterInfoList: items.map(view), NextToken: nextToken };
}

function configurationView(configuration: Configuration): Record<string, unknown> {
  return {
    Arn: configuration.arn,
    Name: configuration.name,
    Description: configuration.description ?? '',
    KafkaVersions: configuration.kafkaVersions,
    CreationTime: configuration.createdAt,
    LatestRevision: revisionView(configuration.revisions.at(-1)!),
    State: 'ACTIVE',
  };
}

function revisionView({ revision, createdAt, description }: ConfigurationRevision): Record<string, unknown> {
  return { Revision: revision, CreationTime: createdAt, Description: description };
}

function resourceArn(input: OperationInput): string[] {
  return [String(input['ResourceArn'])];
}

function paging(input: OperationInput): [number | undefined, string | undefined, number] {
  return [input['MaxResults'] as number | undefined, input['NextToken'] as string | undefined, LARGEST_PAGE];
}
