import { checkAcl } from './bucket.ts';
import type { S3 } from './s3.ts';

/** S3 as the rules engine's action sees it. */
export interface RuleObjects {
  /** @throws AwsError NoSuchBucket, KeyTooLongError, AccessControlListNotSupported */
  putObject(bucket: string, key: string, body: Buffer, cannedAcl?: string): Promise<void>;
}

export function ruleObjects(s3: S3): RuleObjects {
  return {
    async putObject(bucket, key, body, cannedAcl) {
      checkAcl(s3.bucket(bucket), cannedAcl);
      await s3.putObject(bucket, key, body);
    },
  };
}
