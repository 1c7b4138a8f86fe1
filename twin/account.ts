/** The account and Region that a twin plays. Every ARN is built here. */
export interface Account {
  readonly partition: string;
  readonly accountId: string;
  readonly region: string;
}

export const DEFAULT_ACCOUNT: Account = { partition: 'aws', accountId: '000000000000', region: 'us-east-1' };

/** `arn:<partition>:<service>:<region>:<account>:<resource>` */
export function arn(account: Account, service: string, resource: string): string {
  return `arn:${account.partition}:${service}:${account.region}:${account.accountId}:${resource}`;
}

/** ARN of a service without Regions (IAM). */
export function globalArn(account: Account, service: string, resource: string): string {
  return `arn:${account.partition}:${service}::${account.accountId}:${resource}`;
}
