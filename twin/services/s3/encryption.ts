import { AwsError } from '../../endpoint/service.ts';
import type { Bucket } from './bucket.ts';

export interface EncryptionRule {
  readonly ApplyServerSideEncryptionByDefault?: { readonly SSEAlgorithm: string; readonly KMSMasterKeyID?: string };
}

/** The default encryption that a bucket's rules name. @throws AwsError InvalidArgument */
export function encryptionFrom(rules: readonly EncryptionRule[]): Bucket['encryption'] {
  const rule = rules[0]?.ApplyServerSideEncryptionByDefault;
  if (!rule) return undefined;
  if (!['AES256', 'aws:kms', 'aws:kms:dsse'].includes(rule.SSEAlgorithm))
    throw new AwsError('InvalidArgument', `The encryption method ${rule.SSEAlgorithm.slice(0, 40)} is not supported`);
  return { algorithm: rule.SSEAlgorithm, keyId: rule.KMSMasterKeyID };
}
