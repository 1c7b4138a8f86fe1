import type { InvocationCaller } from './invoker.ts';
import type { Permission } from './definition.ts';

/** `*` and `?` as in an ARN condition; everything else is literal. */
function matchesArn(pattern: string, arn: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${expression}$`).test(arn);
}

/**
 * Whether a function's resource policy lets a service invoke it. Without such a permission AWS drops the call, which is
 * the commonest reason for an IoT rule that "does nothing".
 */
export function permits(permissions: Iterable<Permission>, caller: InvocationCaller, accountId: string): boolean {
  for (const permission of permissions) {
    if (permission.action !== 'lambda:InvokeFunction' && permission.action !== 'lambda:*') continue;
    if (permission.principal !== caller.service && permission.principal !== '*') continue;
    if (permission.sourceAccount !== undefined && permission.sourceAccount !== accountId) continue;
    if (permission.sourceArn !== undefined && !(caller.sourceArn && matchesArn(permission.sourceArn, caller.sourceArn)))
      continue;
    return true;
  }
  return false;
}
