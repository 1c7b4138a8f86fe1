import { Token, Validations, type Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Accepts one wildcard in the IAM policies below a construct, with the reason. cdk-nag names findings by the resource
 * as it stands in the template, so another wildcard beside it is still reported.
 */
export function acknowledgeWildcard(construct: IConstruct, resource: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
}

/** An ARN in the stack's account and Region, in cdk-nag's spelling. */
export function nagArn(stack: Stack, service: string, resource: string): string {
  const account = Token.isUnresolved(stack.account) ? '<AWS::AccountId>' : stack.account;
  return `arn:<AWS::Partition>:${service}:${stack.region}:${account}:${resource}`;
}
