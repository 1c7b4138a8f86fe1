import { createHash } from 'node:crypto';

import type { Account } from '../account.ts';

/**
 * The name that CloudFormation generates for a resource that is given none: `<stack>-<logical id>-<12 characters>`. Here
 * the last part is derived and not random, so that a name is the same on every machine.
 */
export function generatedName(stackName: string, logicalId: string, longest = 255): string {
  const suffix = BigInt(`0x${createHash('sha256').update(`${stackName}\n${logicalId}`).digest('hex')}`)
    .toString(36)
    .toUpperCase()
    .slice(0, 12);
  const room = longest - suffix.length - 1;
  const stem = `${stackName}-${logicalId}`;
  return `${stem.length <= room ? stem : stem.slice(0, room)}-${suffix}`;
}

/** A stack's ARN. Its last part is random in AWS and derived here, so that a fresh state gives the same. */
export function stackArn(account: Account, stackName: string): string {
  const hex = createHash('sha256').update(`${account.accountId}/${account.region}/${stackName}`).digest('hex');
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
  return `arn:${account.partition}:cloudformation:${account.region}:${account.accountId}:stack/${stackName}/${uuid}`;
}

/** `AWS::URLSuffix` of a partition. */
export function urlSuffix(partition: string): string {
  return partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
}
