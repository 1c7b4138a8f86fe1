import { AwsError } from '../../endpoint/service.ts';
import type { OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { DEFAULT_OWNERSHIP, defaultEncryption } from './bucket.ts';
import type { Bucket } from './bucket.ts';
import { encryptionFrom } from './encryption.ts';
import type { EncryptionRule } from './encryption.ts';
import { notificationMembers, notificationsFrom } from './notification-configuration.ts';
import { ofBucket } from './permissions.ts';
import type { S3 } from './s3.ts';
import { tagList, tagsFromList } from './tags.ts';
import type { Tag } from './tags.ts';

const MOST_BUCKET_TAGS = 50;
const LARGEST_POLICY_BYTES = 20 * 1024;

const nameOf = (input: OperationInput): string => String(input['Bucket']);

/** S3's operations on buckets and what is configured on them. */
export function bucketOperations(s3: S3): Record<string, OperationDefinition> {
  const bucketOf = (input: OperationInput): Bucket => s3.bucket(nameOf(input));
  const owner = { ID: s3.account.accountId, DisplayName: s3.account.accountId };
  return {
    ListBuckets: {
      iamAction: 'ListAllMyBuckets',
      run: (input) => {
        const prefix = String(input['Prefix'] ?? '');
        const after =
          input['ContinuationToken'] === undefined
            ? ''
            : Buffer.from(String(input['ContinuationToken']), 'base64url').toString();
        const all = s3.buckets().filter(({ name }) => name.startsWith(prefix) && name > after);
        const page = all.slice(0, (input['MaxBuckets'] as number | undefined) ?? 10_000);
        return {
          Owner: owner,
          Prefix: input['Prefix'],
          Buckets: page.map(({ name, createdAt }) => ({
            Name: name,
            CreationDate: createdAt,
            BucketRegion: s3.account.region,
          })),
          ContinuationToken:
            page.length < all.length ? Buffer.from(page.at(-1)!.name).toString('base64url') : undefined,
        };
      },
    },
    CreateBucket: ofBucket((input) => {
      s3.createBucket(nameOf(input));
      const tags = (input['CreateBucketConfiguration'] as { Tags?: Tag[] } | undefined)?.Tags;
      if (tags) s3.changeBucket(nameOf(input), { tags: tagsFromList(tags, MOST_BUCKET_TAGS) });
      return { Location: `/${nameOf(input)}` };
    }),
    DeleteBucket: ofBucket((input) => void s3.deleteBucket(nameOf(input))),
    HeadBucket: ofBucket((input) => {
      // The answer has no body that could carry a code.
      if (!s3.hasBucket(nameOf(input))) throw new AwsError('NotFound', 'Not Found', 404);
      return { BucketRegion: s3.account.region, AccessPointAlias: false };
    }, 'ListBucket'),
    GetBucketLocation: ofBucket((input) => {
      bucketOf(input);
      return { LocationConstraint: s3.account.region === 'us-east-1' ? undefined : s3.account.region };
    }),
    GetBucketVersioning: ofBucket((input) => ({ Status: bucketOf(input).versioning })),
    PutBucketVersioning: ofBucket((input) => {
      const status = (input['VersioningConfiguration'] as { Status?: string }).Status;
      if (status !== 'Enabled' && status !== 'Suspended')
        throw new AwsError('IllegalVersioningConfigurationException', 'The Versioning element must be specified');
      s3.changeBucket(nameOf(input), { versioning: status });
      return undefined;
    }),
    GetBucketTagging: ofBucket((input) => {
      const { tags } = bucketOf(input);
      if (Object.keys(tags).length === 0)
        throw new AwsError('NoSuchTagSet', 'The TagSet does not exist', 404, { BucketName: nameOf(input) });
      return { TagSet: tagList(tags) };
    }),
    PutBucketTagging: ofBucket(
      (input) =>
        void s3.changeBucket(nameOf(input), {
          tags: tagsFromList((input['Tagging'] as { TagSet: Tag[] }).TagSet, MOST_BUCKET_TAGS),
        }),
    ),
    DeleteBucketTagging: ofBucket((input) => void s3.changeBucket(nameOf(input), { tags: {} }), 'PutBucketTagging'),
    GetBucketPolicy: ofBucket((input) => {
      const { policy } = bucketOf(input);
      if (policy === undefined)
        throw new AwsError('NoSuchBucketPolicy', 'The bucket policy does not exist', 404, {
          BucketName: nameOf(input),
        });
      return { Policy: policy };
    }),
    PutBucketPolicy: ofBucket((input) => {
      s3.changeBucket(nameOf(input), { policy: checkedPolicy(String(input['Policy'])) });
      return undefined;
    }),
    DeleteBucketPolicy: ofBucket((input) => void s3.changeBucket(nameOf(input), { policy: undefined })),
    GetBucketAcl: ofBucket((input) => {
      bucketOf(input);
      return { Owner: owner, Grants: [{ Grantee: { Type: 'CanonicalUser', ...owner }, Permission: 'FULL_CONTROL' }] };
    }),
    GetBucketEncryption: ofBucket((input) => {
      const { ServerSideEncryption, SSEKMSKeyId } = defaultEncryption(bucketOf(input));
      const rule = {
        ApplyServerSideEncryptionByDefault: { SSEAlgorithm: ServerSideEncryption, KMSMasterKeyID: SSEKMSKeyId },
        BucketKeyEnabled: false,
      };
      return { ServerSideEncryptionConfiguration: { Rules: [rule] } };
    }, 'GetEncryptionConfiguration'),
    PutBucketEncryption: ofBucket((input) => {
      const { Rules } = input['ServerSideEncryptionConfiguration'] as { Rules: EncryptionRule[] };
      bucketOf(input);
      s3.changeBucket(nameOf(input), { encryption: encryptionFrom(Rules) });
      return undefined;
    }, 'PutEncryptionConfiguration'),
    DeleteBucketEncryption: ofBucket(
      (input) => void s3.changeBucket(nameOf(input), { encryption: undefined }),
      'PutEncryptionConfiguration',
    ),
    GetPublicAccessBlock: ofBucket((input) => {
      bucketOf(input);
      const names = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'];
      return { PublicAccessBlockConfiguration: Object.fromEntries(names.map((name) => [name, true])) };
    }, 'GetBucketPublicAccessBlock'),
    GetBucketOwnershipControls: ofBucket((input) => ({
      OwnershipControls: { Rules: [{ ObjectOwnership: bucketOf(input).objectOwnership ?? DEFAULT_OWNERSHIP }] },
    })),
    PutBucketOwnershipControls: ofBucket((input) => {
      const { Rules } = input['OwnershipControls'] as { Rules: { ObjectOwnership: string }[] };
      s3.changeBucket(nameOf(input), { objectOwnership: Rules[0]?.ObjectOwnership });
      return undefined;
    }),
    GetBucketNotificationConfiguration: ofBucket(
      (input) => notificationMembers(bucketOf(input).notifications),
      'GetBucketNotification',
    ),
    PutBucketNotificationConfiguration: ofBucket((input) => {
      bucketOf(input);
      const configuration = input['NotificationConfiguration'] as Record<string, unknown>;
      s3.changeBucket(nameOf(input), { notifications: notificationsFrom(configuration) });
      return undefined;
    }, 'PutBucketNotification'),
  };
}

/** @throws AwsError MalformedPolicy */
function checkedPolicy(text: string): string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new AwsError('MalformedPolicy', "Policies must be valid JSON and the first byte must be '{'");
  }
  if (typeof document !== 'object' || document === null || !('Statement' in document))
    throw new AwsError('MalformedPolicy', 'Missing required field Statement');
  if (Buffer.byteLength(text) > LARGEST_POLICY_BYTES)
    throw new AwsError('PolicyTooLarge', `Bucket policies are limited to ${LARGEST_POLICY_BYTES} bytes.`);
  return text;
}
