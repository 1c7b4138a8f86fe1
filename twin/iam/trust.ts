import { contextOf } from '../policy-language/context.ts';
import { MalformedPolicy, parsePolicy, type PrincipalElement, type Statement } from '../policy-language/document.ts';
import { statementMatches } from '../policy-language/evaluate.ts';

/** Who wants to assume a role. */
export interface AssumingPrincipal {
  /** e.g. `lambda.amazonaws.com` */
  readonly service?: string;
  /** ARNs that name the caller: its session's and its role's. */
  readonly arns?: readonly string[];
  readonly accountId?: string;
}

export type ConditionKeys = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * `trusted`: the policy names the principal itself. `delegated`: it names the account, so the principal needs an
 * identity policy too (IAM User Guide, "AWS JSON policy elements: Principal").
 */
export type Trust = 'trusted' | 'delegated' | 'untrusted' | 'denied';

function trustIn(element: PrincipalElement, principal: AssumingPrincipal): 'trusted' | 'delegated' | undefined {
  const aws = element.byKind.get('AWS') ?? [];
  const services = element.byKind.get('Service') ?? [];
  const named =
    (principal.service !== undefined && services.includes(principal.service)) ||
    aws.some((id) => id === '*' || (principal.arns ?? []).includes(id));
  const account = principal.accountId;
  const delegated =
    account !== undefined &&
    aws.some((id) => id === account || /^arn:[^:]*:iam::(\d+):root$/.exec(id)?.[1] === account);
  if (element.negated) return named || delegated ? undefined : 'trusted';
  return named ? 'trusted' : delegated ? 'delegated' : undefined;
}

function statementsOf(trustPolicy: unknown): readonly Statement[] {
  try {
    return parsePolicy(trustPolicy, 'trust policy', { kind: 'trust' }).statements;
  } catch (error) {
    if (error instanceof MalformedPolicy) return [];
    throw error;
  }
}

/** What a role's trust policy says to a principal that asks for an action, `sts:AssumeRole` as a rule. */
export function trustOf(
  trustPolicy: unknown,
  principal: AssumingPrincipal,
  action: string,
  keys: ConditionKeys,
): Trust {
  const context = contextOf(keys);
  let best: Trust = 'untrusted';
  for (const statement of statementsOf(trustPolicy)) {
    const trust = trustIn(statement.principal!, principal);
    if (!trust || !statementMatches(statement, { action, resource: '*' }, context)) continue;
    if (statement.effect === 'Deny') return 'denied';
    if (best !== 'trusted') best = trust;
  }
  return best;
}
