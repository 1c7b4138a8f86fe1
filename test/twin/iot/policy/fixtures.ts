import type { Account } from '../../../../twin/account.ts';
import {
  Authorizer,
  parsePolicyDocument,
  resourceArn,
  decide,
  type ConnectionFacts,
  type Decision,
  type IotAction,
} from '../../../../twin/iot/policy/index.ts';

export const ACCOUNT: Account = { partition: 'aws', accountId: '123456789012', region: 'us-east-1' };

export type StatementJson = Readonly<Record<string, unknown>>;

/** `client/c1` becomes an ARN of the account; `*` and whole ARNs stay. */
export function arnOf(resource: string): string {
  return resource === '*' || resource.startsWith('arn:') ? resource : `arn:aws:iot:us-east-1:123456789012:${resource}`;
}

export function statement(
  Effect: 'Allow' | 'Deny',
  Action: string | string[],
  resources: string | string[],
  Condition?: object,
): StatementJson {
  const Resource = Array.isArray(resources) ? resources.map(arnOf) : arnOf(resources);
  return { Effect, Action, Resource, ...(Condition && { Condition }) };
}

export const allow = (action: string | string[], resources: string | string[], condition?: object): StatementJson =>
  statement('Allow', action, resources, condition);
export const deny = (action: string | string[], resources: string | string[], condition?: object): StatementJson =>
  statement('Deny', action, resources, condition);

export function document(...statements: readonly StatementJson[]): object {
  return { Version: '2012-10-17', Statement: statements };
}

export const client = (clientId: string, more: Partial<ConnectionFacts> = {}): ConnectionFacts => ({
  clientId,
  ...more,
});

/** A device whose certificate is attached to the thing of its client ID. */
export const thing = (name: string, more: Partial<ConnectionFacts> = {}): ConnectionFacts =>
  client(name, { thingName: name, isAttached: true, ...more });

/** Decides twice: with the reasons and on the fast path. Both must agree. */
export function ask(
  documents: readonly object[],
  connection: ConnectionFacts,
  action: IotAction,
  resource: string,
): Decision {
  const policies = documents.map((json, index) => parsePolicyDocument(json, `P${index + 1}`));
  const decision = decide(policies, { action, resource: resourceArn(action, resource, ACCOUNT) }, connection, ACCOUNT);
  const fast = new Authorizer(policies, connection, ACCOUNT);
  for (const attempt of [1, 2]) {
    if (fast.isAllowed(action, resource) !== (decision.effect === 'allow'))
      throw new Error(`Fast path differs (attempt ${attempt}).`);
  }
  return decision;
}
