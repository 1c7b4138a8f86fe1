import type { Account } from '../../account.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Notification } from './notifications.ts';

export interface Bucket {
  readonly name: string;
  readonly createdAt: number;
  /** Absent until versioning is first asked for. */
  readonly versioning?: 'Enabled' | 'Suspended';
  readonly tags: Readonly<Record<string, string>>;
  /** JSON text of the bucket policy. */
  readonly policy?: string;
  readonly notifications: readonly Notification[];
  /** What new objects say of their encryption; SSE-S3 when absent. */
  readonly encryption?: { readonly algorithm: string; readonly keyId?: string };
  readonly objectOwnership?: string;
}

/** Since 2023 buckets have ACLs switched off unless they ask for them. */
export const DEFAULT_OWNERSHIP = 'BucketOwnerEnforced';

/** What an object says of its encryption when its writer said nothing. */
export function defaultEncryption({ encryption }: Bucket): Record<string, string> {
  return {
    ServerSideEncryption: encryption?.algorithm ?? 'AES256',
    ...(encryption?.keyId !== undefined && { SSEKMSKeyId: encryption.keyId }),
  };
}

/**
 * Without ACLs, a request that sets one other than the owner's is refused (S3 User Guide, "Controlling ownership of
 * objects and disabling ACLs for your bucket").
 *
 * @throws AwsError AccessControlListNotSupported
 */
export function checkAcl({ objectOwnership = DEFAULT_OWNERSHIP }: Bucket, acl: unknown): void {
  if (acl === undefined || acl === 'private' || acl === 'bucket-owner-full-control') return;
  if (objectOwnership === DEFAULT_OWNERSHIP)
    throw new AwsError('AccessControlListNotSupported', 'The bucket does not allow ACLs');
}

export function newBucket(name: string, now: number): Bucket {
  return { name, createdAt: now, tags: {}, notifications: [] };
}

/** S3 User Guide, "General purpose bucket naming rules". @throws AwsError InvalidBucketName */
export function checkBucketName(name: string): void {
  const well =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes('..') &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(xn--|sthree-|amzn-s3-demo-)/.test(name) &&
    !/(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name);
  if (!well) throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.', 400, { BucketName: name });
}

export function bucketArn({ partition }: Pick<Account, 'partition'>, name: string): string {
  return `arn:${partition}:s3:::${name}`;
}
