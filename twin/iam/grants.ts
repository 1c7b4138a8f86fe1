import type { Statement } from '../policy-language/document.ts';
import type { Collection, Store } from '../state/store.ts';
import type { Role, RoleRegistry } from './role-registry.ts';

/** One action that one Allow statement grants to a role. */
export interface Grant {
  readonly role: string;
  readonly policy: string;
  /** `Sid`, or the statement's number counted from 1. */
  readonly statement: string;
  /** As the policy writes it, e.g. `dynamodb:*`; `not …` for NotAction. */
  readonly action: string;
  readonly resources: readonly string[];
  readonly used: boolean;
}

function keyOf(role: string, policy: string, statement: Statement, action: string): string {
  return JSON.stringify([role, policy, statement.sid ?? statement.number, action]);
}

/** The actions of a statement, each as its own grant; a NotAction is one grant. */
function actionsOf(statement: Statement): string[] {
  const sources = statement.actions.map(({ source }) => source);
  return statement.notAction ? [`not ${sources.join(', ')}`] : sources;
}

function grantedBy(statement: Statement, action: string): string[] {
  if (statement.notAction) return actionsOf(statement);
  const lowered = action.toLowerCase();
  return statement.actions.filter(({ pattern }) => pattern.matches(lowered)).map(({ source }) => source);
}

/** Remembers which grants were needed, so that those never used can be named. */
export class GrantLedger {
  readonly #used: Collection<true>;

  constructor(store: Store) {
    this.#used = store.collection<true>('iam.used-grants');
  }

  /** Every Allow statement that matched an allowed request counts as used. Writes only the first time. */
  record(role: Role, policy: string, statement: Statement, action: string): void {
    for (const granted of grantedBy(statement, action)) {
      const key = keyOf(role.name, policy, statement, granted);
      if (!this.#used.has(key)) this.#used.set(key, true);
    }
  }

  /** Forgets what was used, to look at one run alone. */
  reset(): void {
    for (const [key] of [...this.#used.entries()]) this.#used.delete(key);
  }

  report(registry: RoleRegistry): Grant[] {
    const grants: Grant[] = [];
    for (const role of registry.roles()) {
      for (const { policy } of registry.policiesOf(role)) {
        for (const statement of policy.statements) {
          if (statement.effect !== 'Allow') continue;
          const resources = statement.resources.map(({ source }) => (statement.notResource ? `not ${source}` : source));
          for (const action of actionsOf(statement)) {
            const used = this.#used.has(keyOf(role.name, policy.name, statement, action));
            const label = statement.sid ?? String(statement.number);
            grants.push({ role: role.name, policy: policy.name, statement: label, action, resources, used });
          }
        }
      }
    }
    return grants;
  }
}
