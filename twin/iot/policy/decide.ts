import type { Account } from '../../account.ts';
import type { Policy } from '../../policy-language/document.ts';
import {
  conclude,
  judgeAll,
  type Decision,
  type PolicyRequest,
  type StatementVerdict,
} from '../../policy-language/evaluate.ts';
import { connectionContext, type ConnectionFacts } from './facts.ts';

/**
 * Decides a request of a connection and names the statement that decided, or the nearest that did not match.
 *
 * @param request `resource` is an ARN, see `resourceArn`
 */
export function decide(
  policies: readonly Policy[],
  request: PolicyRequest,
  facts: ConnectionFacts,
  account: Account,
): Decision {
  return conclude(request, explain(policies, request, facts, account));
}

/** What every statement says to the request, in order. */
export function explain(
  policies: readonly Policy[],
  request: PolicyRequest,
  facts: ConnectionFacts,
  account: Account,
): StatementVerdict[] {
  return judgeAll(policies, request, connectionContext(facts, request.action, account));
}
