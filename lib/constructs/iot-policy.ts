import { CfnPolicy } from 'aws-cdk-lib/aws-iot';
import type { Construct } from 'constructs';

export interface IotStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, unknown>>;
}

/** AWS IoT's limit, not counting white space. */
export const LONGEST_POLICY = 2048;

/**
 * An AWS IoT policy.
 * @throws Error when the document is longer than AWS IoT takes. Account and Region may be placeholders here, which are not shorter
 *   than what takes their place.
 */
export function iotPolicy(
  scope: Construct,
  id: string,
  policyName: string,
  statements: readonly IotStatement[],
): CfnPolicy {
  const policyDocument = { Version: '2012-10-17', Statement: statements };
  const length = JSON.stringify(policyDocument).replaceAll(/\s/g, '').length;
  if (length > LONGEST_POLICY)
    throw new Error(`policy ${policyName} is ${length} characters long, ${LONGEST_POLICY} at most`);
  return new CfnPolicy(scope, id, { policyName, policyDocument });
}
