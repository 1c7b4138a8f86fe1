import { CustomResource, Duration } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { FunctionName } from '../bundling/lambda-code.ts';
import { CellFunction } from './cell-function.ts';
import type { CellStack } from './cell-stack.ts';

export interface CellCustomResourceProps {
  readonly description: string;
  readonly timeout: Duration;
  readonly grants: readonly PolicyStatement[];
  readonly properties?: Record<string, unknown>;
}

/** A custom resource served by one function of ours, which answers CloudFormation itself (lambdas/shared/custom-resource.ts). */
export class CellCustomResource extends CustomResource {
  readonly provider: CellFunction;

  constructor(scope: CellStack, id: string, name: FunctionName, props: CellCustomResourceProps) {
    const provider = new CellFunction(scope, `${id}Provider`, name, {
      description: props.description,
      timeout: props.timeout,
    });
    for (const grant of props.grants) provider.addToRolePolicy(grant);
    super(scope, id, {
      resourceType: `Custom::${id}`,
      serviceToken: provider.functionArn,
      // Longer than what the function waits for, far shorter than the hour that CloudFormation would wait for a lost answer.
      serviceTimeout: props.timeout.plus(Duration.minutes(2)),
      properties: props.properties,
    });
    this.provider = provider;
    // The policy is a resource of its own: without this the function may run before it has its rights.
    if (provider.role) this.node.addDependency(provider.role);
  }
}
