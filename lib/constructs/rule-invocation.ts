import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { RuleName } from '../../contracts/topics.ts';
import type { CellFunction } from './cell-function.ts';
import type { CellStack } from './cell-stack.ts';

/** Lets one rule invoke a function. Without the rule's ARN in the function's resource policy messages vanish in silence. */
export function allowRule(scope: CellStack, handler: CellFunction, rule: RuleName): void {
  handler.addPermission('RuleInvocation', {
    principal: new ServicePrincipal('iot.amazonaws.com'),
    sourceAccount: scope.account,
    sourceArn: ruleArn(scope, rule),
  });
}

export function ruleArn(scope: CellStack, rule: RuleName): string {
  return scope.formatArn({ service: 'iot', resource: 'rule', resourceName: rule });
}
