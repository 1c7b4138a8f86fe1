import { createHash } from 'node:crypto';

import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../cloudformation/provider.ts';
import { urlSuffix } from '../../cloudformation/physical-names.ts';
import { bucketArn } from './bucket.ts';
import { encryptionFrom } from './encryption.ts';
import type { EncryptionRule } from './encryption.ts';
import { notificationsFrom } from './notification-configuration.ts';
import type { S3 } from './s3.ts';
import { tagsFromList } from './tags.ts';
import type { Tag } from './tags.ts';

type Properties = Readonly<Record<string, unknown>>;

/** `AWS::S3::Bucket` and `AWS::S3::BucketPolicy`. */
export function s3Providers(s3: S3): ResourceProvider[] {
  return [bucketProvider(s3), bucketPolicyProvider(s3)];
}

function bucketProvider(s3: S3): ResourceProvider {
  const configure = (name: string, properties: Properties, previous: Properties = {}): void => {
    const status = (properties['VersioningConfiguration'] as { Status?: 'Enabled' | 'Suspended' } | undefined)?.Status;
    // Versioning cannot be taken back, only suspended.
    const versioning = status ?? (previous['VersioningConfiguration'] === undefined ? undefined : 'Suspended');
    // Custom resources of CDK may have set notifications of their own, which a template without any leaves alone.
    const declared = properties['NotificationConfiguration'] ?? (previous['NotificationConfiguration'] && {});
    s3.changeBucket(name, {
      tags: tagsFromList((properties['Tags'] as Tag[] | undefined) ?? [], 50),
      ...(versioning && { versioning }),
      encryption: encryptionFrom(templateEncryption(properties)),
      objectOwnership: (properties['OwnershipControls'] as { Rules?: { ObjectOwnership?: string }[] } | undefined)
        ?.Rules?.[0]?.ObjectOwnership,
      ...(declared !== undefined && {
        notifications: notificationsFrom(templateNotifications(declared as Properties)),
      }),
    });
  };
  return {
    type: 'AWS::S3::Bucket',
    create(request) {
      const name = nameOf(request);
      if (!s3.hasBucket(name)) s3.createBucket(name);
      configure(name, request.properties);
      return describe(name, request);
    },
    update(request) {
      const name = nameOf(request);
      if (name !== request.physicalId && !s3.hasBucket(name)) s3.createBucket(name);
      configure(name, request.properties, name === request.physicalId ? request.previousProperties : {});
      return describe(name, request);
    },
    delete({ physicalId }) {
      if (s3.hasBucket(physicalId)) s3.deleteBucket(physicalId);
    },
  };
}

function bucketPolicyProvider(s3: S3): ResourceProvider {
  const set = ({ properties }: ResourceRequest): ProvisionedResource => {
    const bucket = String(properties['Bucket']);
    s3.changeBucket(bucket, { policy: JSON.stringify(properties['PolicyDocument']) });
    return { physicalId: bucket };
  };
  return {
    type: 'AWS::S3::BucketPolicy',
    create: set,
    update: set,
    delete({ physicalId }) {
      if (s3.hasBucket(physicalId)) s3.changeBucket(physicalId, { policy: undefined });
    },
  };
}

// Bucket names are lower case and unique in the world; the generated one is unique for its account.
function nameOf({ properties, stackName, logicalId, account }: ResourceRequest): string {
  if (typeof properties['BucketName'] === 'string') return properties['BucketName'];
  const suffix = createHash('sha256')
    .update(`${account.accountId}/${account.region}/${stackName}/${logicalId}`)
    .digest('hex')
    .slice(0, 12);
  const stem = `${stackName}-${logicalId}`.toLowerCase().replaceAll('_', '-').slice(0, 50);
  return `${stem}-${suffix}`;
}

function describe(name: string, { account }: ResourceRequest): ProvisionedResource {
  const suffix = urlSuffix(account.partition);
  return {
    physicalId: name,
    attributes: {
      Arn: bucketArn(account, name),
      DomainName: `${name}.s3.${suffix}`,
      RegionalDomainName: `${name}.s3.${account.region}.${suffix}`,
      DualStackDomainName: `${name}.s3.dualstack.${account.region}.${suffix}`,
      WebsiteURL: `http://${name}.s3-website-${account.region}.${suffix}`,
    },
  };
}

/** CloudFormation's spelling of a notification configuration, in the API's. */
function templateNotifications(configuration: Properties): Properties {
  const translated = (list: string, from: string, to: string): unknown =>
    ((configuration[list] as Properties[] | undefined) ?? []).map((entry) => {
      const rules = (entry['Filter'] as { S3Key?: { Rules?: unknown } } | undefined)?.S3Key?.Rules;
      return {
        [to]: entry[from],
        Events: [entry['Event']],
        ...(rules !== undefined && { Filter: { Key: { FilterRules: rules } } }),
      };
    });
  return {
    QueueConfigurations: translated('QueueConfigurations', 'Queue', 'QueueArn'),
    TopicConfigurations: translated('TopicConfigurations', 'Topic', 'TopicArn'),
    LambdaFunctionConfigurations: translated('LambdaConfigurations', 'Function', 'LambdaFunctionArn'),
    EventBridgeConfiguration: configuration['EventBridgeConfiguration'],
  };
}

/** CloudFormation's spelling of a default encryption, in the API's. */
function templateEncryption(properties: Properties): EncryptionRule[] {
  const configuration = properties['BucketEncryption'] as
    | {
        ServerSideEncryptionConfiguration?: {
          ServerSideEncryptionByDefault?: EncryptionRule['ApplyServerSideEncryptionByDefault'];
        }[];
      }
    | undefined;
  return (configuration?.ServerSideEncryptionConfiguration ?? []).map(({ ServerSideEncryptionByDefault }) => ({
    ApplyServerSideEncryptionByDefault: ServerSideEncryptionByDefault,
  }));
}
