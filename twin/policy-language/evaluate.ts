import { conditionHolds } from './condition.ts';
import type { RequestContext } from './context.ts';
import type { Policy, Statement } from './document.ts';
import { resolveTemplate, type Template } from './template.ts';
import { Pattern } from './wildcard.ts';

export interface PolicyRequest {
  /** e.g. `iot:Publish` */
  readonly action: string;
  /** ARN, or `*` for actions that know no resource. */
  readonly resource: string;
}

/** What one statement says to a request. `failedAt` is the first element that did not match. */
export interface StatementVerdict {
  readonly policy: Policy;
  readonly statement: Statement;
  readonly failedAt?: 'action' | 'resource' | 'condition';
  /** What did not match and why; empty when everything did. */
  readonly detail: string;
  /** Orders mismatches: the larger, the nearer to matching. */
  readonly closeness: number;
}

export interface Decision {
  readonly effect: 'allow' | 'deny';
  readonly kind: 'allowed' | 'explicit-deny' | 'implicit-deny';
  /** Of the statement that decided, or of the nearest that did not match. */
  readonly policyName?: string;
  /** Counted from 1. */
  readonly statementNumber?: number;
  readonly sid?: string;
  /** One sentence that names the statement and what it says. */
  readonly because: string;
}

export function actionMatches(statement: Statement, action: string): boolean {
  const lowered = action.toLowerCase();
  return statement.actions.some(({ pattern }) => pattern.matches(lowered)) !== statement.notAction;
}

/** The pattern of a resource, or `undefined`: a resource with a variable that has no value matches nothing. */
export function resourcePattern(template: Template, context: RequestContext): Pattern | undefined {
  const { parts } = resolveTemplate(template, context);
  return parts && new Pattern(parts);
}

export function conditionsHold(statement: Statement, context: RequestContext): boolean {
  return statement.conditions.every((condition) => conditionHolds(condition, context));
}

/** Whether a statement applies to a request; `judge` says the same with reasons. */
export function statementMatches(statement: Statement, request: PolicyRequest, context: RequestContext): boolean {
  return (
    actionMatches(statement, request.action) &&
    statement.resources.some((template) => resourcePattern(template, context)?.matches(request.resource)) !==
      statement.notResource &&
    conditionsHold(statement, context)
  );
}

const listed = (items: readonly string[]): string =>
  items.length > 3 ? `${items.slice(0, 3).join(', ')}, …` : items.join(', ');

function resourceMismatch(
  statement: Statement,
  resource: string,
  context: RequestContext,
): { detail: string; closeness: number } | undefined {
  let nearest: Template | undefined;
  let longest = -1;
  let unresolved: { template: Template; key: string } | undefined;
  for (const template of statement.resources) {
    const resolved = resolveTemplate(template, context);
    if (!resolved.parts) {
      unresolved ??= { template, key: resolved.unresolved };
      continue;
    }
    const pattern = new Pattern(resolved.parts);
    if (pattern.matches(resource)) {
      return statement.notResource
        ? { detail: `its NotResource ${template.source} excludes ${resource}`, closeness: 0 }
        : undefined;
    }
    const common = pattern.commonPrefixLength(resource);
    if (common > longest) [longest, nearest] = [common, template];
  }
  if (statement.notResource) return undefined;
  if (unresolved) {
    const text = `the variable ${unresolved.key} has no value here, so its resource ${unresolved.template.source} matches nothing`;
    if (statement.resources.length === 1) return { detail: text, closeness: resource.length };
    return {
      detail: `none of its resources (${listed(statement.resources.map(({ source }) => source))}) matches; ${text}`,
      closeness: Math.max(longest, 0),
    };
  }
  return { detail: `its resource ${nearest!.source} does not match ${resource}`, closeness: longest };
}

function conditionMismatch(statement: Statement, context: RequestContext): string | undefined {
  const failed = statement.conditions.find((condition) => !conditionHolds(condition, context));
  if (!failed) return undefined;
  const actual = context.values(failed.key);
  const found =
    actual === undefined
      ? 'has no value here'
      : actual.length === 0
        ? 'is empty here'
        : `is ${listed(actual.map((value) => JSON.stringify(value)))} here`;
  const wanted = failed.values.map(({ source }) => JSON.stringify(source)).join(', ');
  return `its condition ${failed.name} ${failed.key} [${wanted}] does not hold: ${failed.key} ${found}`;
}

/** Compares one statement with a request, element by element. */
export function judge(
  policy: Policy,
  statement: Statement,
  request: PolicyRequest,
  context: RequestContext,
): StatementVerdict {
  if (!actionMatches(statement, request.action)) {
    const actions = listed(statement.actions.map(({ source }) => source));
    const detail = statement.notAction
      ? `its NotAction ${actions} excludes ${request.action}`
      : `its action ${actions} is not ${request.action}`;
    return { policy, statement, failedAt: 'action', detail, closeness: 0 };
  }
  const resource = resourceMismatch(statement, request.resource, context);
  if (resource)
    return { policy, statement, failedAt: 'resource', detail: resource.detail, closeness: 1 + resource.closeness };
  const condition = conditionMismatch(statement, context);
  if (condition !== undefined)
    return { policy, statement, failedAt: 'condition', detail: condition, closeness: Number.MAX_SAFE_INTEGER };
  return { policy, statement, detail: '', closeness: Infinity };
}

/** `statement 2 ("Telemetry") of policy Vehicle` */
export function nameOf({ policy, statement }: Pick<StatementVerdict, 'policy' | 'statement'>): string {
  return `statement ${statement.number}${statement.sid === undefined ? '' : ` (${JSON.stringify(statement.sid)})`} of policy ${policy.name}`;
}

function elements(statement: Statement): string {
  const actions = `${statement.notAction ? 'NotAction ' : ''}${listed(statement.actions.map(({ source }) => source))}`;
  const resources = `${statement.notResource ? 'NotResource ' : ''}${listed(statement.resources.map(({ source }) => source))}`;
  return `${statement.effect} ${actions} on ${resources}`;
}

function decisionOf(kind: Decision['kind'], verdict: StatementVerdict, because: string): Decision {
  const { policy, statement } = verdict;
  return {
    effect: kind === 'allowed' ? 'allow' : 'deny',
    kind,
    policyName: policy.name,
    statementNumber: statement.number,
    ...(statement.sid !== undefined && { sid: statement.sid }),
    because,
  };
}

function nothingAllows({ action, resource }: PolicyRequest, verdicts: readonly StatementVerdict[]): Decision {
  const allows = verdicts.filter(({ statement }) => statement.effect === 'Allow');
  const nearest = allows.reduce<StatementVerdict | undefined>(
    (best, verdict) => (best && best.closeness >= verdict.closeness ? best : verdict),
    undefined,
  );
  const lead = `No statement allows ${action} on ${resource}`;
  if (!nearest) {
    const because = verdicts.length === 0 ? `${lead}: there is no policy.` : `${lead}: the policies only deny.`;
    return { effect: 'deny', kind: 'implicit-deny', because };
  }
  if (nearest.failedAt === 'action') {
    return {
      effect: 'deny',
      kind: 'implicit-deny',
      because: `${lead}: no Allow statement names the action ${action}.`,
    };
  }
  return decisionOf(
    'implicit-deny',
    nearest,
    `${lead}; the nearest, ${nameOf(nearest)}, does not match: ${nearest.detail}.`,
  );
}

/** The decision that follows from every statement's verdict: a Deny wins, then an Allow, else deny. */
export function conclude(request: PolicyRequest, verdicts: readonly StatementVerdict[]): Decision {
  const matching = verdicts.filter(({ failedAt }) => failedAt === undefined);
  const denied = matching.find(({ statement }) => statement.effect === 'Deny');
  if (denied) return decisionOf('explicit-deny', denied, `Denied by ${nameOf(denied)}: ${elements(denied.statement)}.`);
  const allowed = matching[0];
  if (allowed) return decisionOf('allowed', allowed, `Allowed by ${nameOf(allowed)}: ${elements(allowed.statement)}.`);
  return nothingAllows(request, verdicts);
}

/** Judges every statement of every policy. */
export function judgeAll(
  policies: readonly Policy[],
  request: PolicyRequest,
  context: RequestContext,
): StatementVerdict[] {
  return policies.flatMap((policy) => policy.statements.map((statement) => judge(policy, statement, request, context)));
}
