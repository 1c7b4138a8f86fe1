import { trustOf } from '../iam/trust.ts';
import { wildcardPattern } from '../policy-language/template.ts';

/** A service that acts for a resource of the account. */
export interface ServiceCaller {
  readonly service: string;
  readonly sourceArn: string;
  readonly accountId: string;
}

/**
 * Whether a resource's own policy lets a service do something to it. A queue or topic without such a policy gets nothing
 * from SNS or EventBridge, on AWS in silence.
 *
 * @param document JSON of the policy; undefined when the resource has none
 */
export function policyPermits(
  document: string | undefined,
  caller: ServiceCaller,
  action: string,
  resource: string,
): boolean {
  const policy = parse(document);
  if (!policy) return false;
  const statements = [policy['Statement'] ?? []].flat() as Record<string, unknown>[];
  // A principal's policy has no Resource; those of other resources do not count.
  const ofResource = statements
    .filter(({ Resource: resources = '*' }) =>
      ([resources].flat() as unknown[]).some((pattern) => wildcardPattern(String(pattern)).matches(resource)),
    )
    .map(({ Resource: _resource, ...statement }) => statement);
  if (ofResource.length === 0) return false;
  const keys = { 'aws:SourceArn': caller.sourceArn, 'aws:SourceAccount': caller.accountId };
  const trust = trustOf(
    { Version: '2012-10-17', ...policy, Statement: ofResource },
    { service: caller.service },
    action,
    keys,
  );
  return trust === 'trusted';
}

function parse(document: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(document ?? 'null');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
