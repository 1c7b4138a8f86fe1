import { globalArn, type Account } from '../account.ts';
import { AwsError } from '../endpoint/service.ts';
import { MalformedPolicy, parsePolicy, type DocumentRules, type Policy } from '../policy-language/document.ts';
import type { Collection, Store } from '../state/store.ts';
import { uniqueId } from './identifiers.ts';
import { awsManagedPolicy, isAwsManagedPolicy } from './managed-policies.ts';

export interface Role {
  readonly name: string;
  /** Begins and ends with a slash. */
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly trustPolicy: unknown;
  readonly inlinePolicies: Readonly<Record<string, unknown>>;
  readonly managedPolicyArns: readonly string[];
  readonly permissionsBoundary?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly description?: string;
  /** Seconds; the longest that AssumeRole may ask for. */
  readonly maxSessionDuration: number;
  /** ISO 8601 */
  readonly createdAt: string;
}

export interface ManagedPolicy {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  readonly document: unknown;
  /** ISO 8601 */
  readonly createdAt: string;
}

/** A policy as it takes part in decisions about a role. */
export interface AttachedPolicy {
  readonly policy: Policy;
  /** Of a managed policy; denials by it name it. */
  readonly arn?: string;
}

export type NewRole = Pick<Role, 'name' | 'trustPolicy'> & Partial<Omit<Role, 'id' | 'arn' | 'createdAt'>>;

/**
 * Reads a document as IAM does when a policy is put.
 *
 * @throws AwsError MalformedPolicyDocument
 */
function checked(document: unknown, name: string, kind: DocumentRules['kind']): Policy {
  try {
    return parsePolicy(document, name, { kind });
  } catch (error) {
    if (error instanceof MalformedPolicy) throw new AwsError('MalformedPolicyDocument', `${name}: ${error.message}`);
    throw error;
  }
}

/** Roles and customer managed policies of the account, and which policies a role has. */
export class RoleRegistry {
  readonly #account: Account;
  readonly #roles: Collection<Role>;
  readonly #policies: Collection<ManagedPolicy>;
  readonly #now: () => number;
  /** Parsed policies by role name, dropped at any change. */
  readonly #parsed = new Map<string, readonly AttachedPolicy[]>();

  constructor(store: Store, account: Account, now: () => number) {
    this.#account = account;
    this.#roles = store.collection<Role>('iam.roles');
    this.#policies = store.collection<ManagedPolicy>('iam.managed-policies');
    this.#now = now;
  }

  /**
   * Makes a role, or changes the one of this name; identifiers and creation time stay.
   *
   * @throws AwsError MalformedPolicyDocument
   */
  putRole(role: NewRole): Role {
    checked(role.trustPolicy, 'AssumeRolePolicyDocument', 'trust');
    for (const [name, document] of Object.entries(role.inlinePolicies ?? {})) checked(document, name, 'identity');
    const before = this.#roles.get(role.name);
    const path = role.path ?? '/';
    const stored: Role = {
      inlinePolicies: {},
      managedPolicyArns: [],
      tags: {},
      maxSessionDuration: 3600,
      ...role,
      path,
      id: before?.id ?? uniqueId('AROA', 21),
      arn: globalArn(this.#account, 'iam', `role${path}${role.name}`),
      createdAt: before?.createdAt ?? new Date(this.#now()).toISOString(),
    };
    this.#store(stored);
    return stored;
  }

  deleteRole(name: string): void {
    this.#parsed.clear();
    this.#roles.delete(name);
  }

  role(name: string): Role | undefined {
    return this.#roles.get(name);
  }

  roleByArn(arn: string): Role | undefined {
    const role = this.#roles.get(arn.slice(arn.lastIndexOf('/') + 1));
    return role?.arn === arn ? role : undefined;
  }

  roles(): IterableIterator<Role> {
    return this.#roles.values();
  }

  /** @throws AwsError NoSuchEntity, MalformedPolicyDocument */
  putInlinePolicy(roleName: string, policyName: string, document: unknown): void {
    const role = this.#existing(roleName);
    checked(document, policyName, 'identity');
    this.#store({ ...role, inlinePolicies: { ...role.inlinePolicies, [policyName]: document } });
  }

  /** Nothing happens when either is gone already. */
  deleteInlinePolicy(roleName: string, policyName: string): void {
    const role = this.#roles.get(roleName);
    if (!role) return;
    const inlinePolicies = Object.fromEntries(
      Object.entries(role.inlinePolicies).filter(([name]) => name !== policyName),
    );
    this.#store({ ...role, inlinePolicies });
  }

  /** @throws AwsError NoSuchEntity */
  attachManagedPolicy(roleName: string, policyArn: string): void {
    const role = this.#existing(roleName);
    if (!role.managedPolicyArns.includes(policyArn)) {
      this.#store({ ...role, managedPolicyArns: [...role.managedPolicyArns, policyArn] });
    }
  }

  detachManagedPolicy(roleName: string, policyArn: string): void {
    const role = this.#roles.get(roleName);
    if (role) this.#store({ ...role, managedPolicyArns: role.managedPolicyArns.filter((arn) => arn !== policyArn) });
  }

  /** @throws AwsError MalformedPolicyDocument */
  putManagedPolicy(name: string, path: string, document: unknown): ManagedPolicy {
    checked(document, name, 'identity');
    const arn = globalArn(this.#account, 'iam', `policy${path}${name}`);
    const before = this.#policies.get(arn);
    const createdAt = before?.createdAt ?? new Date(this.#now()).toISOString();
    const policy = { name, arn, id: before?.id ?? uniqueId('ANPA', 21), document, createdAt };
    this.#parsed.clear();
    this.#policies.set(arn, policy);
    return policy;
  }

  deleteManagedPolicy(arn: string): void {
    this.#parsed.clear();
    this.#policies.delete(arn);
  }

  managedPolicy(arn: string): ManagedPolicy | undefined {
    return this.#policies.get(arn);
  }

  /** Everything that grants or denies something to the role's sessions. */
  policiesOf(role: Role): readonly AttachedPolicy[] {
    let policies = this.#parsed.get(role.name);
    if (!policies) {
      const inline = Object.entries(role.inlinePolicies).map(([name, document]) => ({
        policy: checked(document, name, 'identity'),
      }));
      policies = [...inline, ...role.managedPolicyArns.flatMap((arn) => this.managed(arn) ?? [])];
      this.#parsed.set(role.name, policies);
    }
    return policies;
  }

  /** A managed policy, AWS's or the account's; `undefined` when the twin knows none of this ARN. */
  managed(arn: string): AttachedPolicy | undefined {
    const document = awsManagedPolicy(arn) ?? this.#policies.get(arn)?.document;
    return document === undefined
      ? undefined
      : { policy: checked(document, arn.slice(arn.lastIndexOf('/') + 1), 'identity'), arn };
  }

  /** AWS managed policies that roles name and the twin does not ship: they grant nothing here. */
  unknownAwsPolicies(): { readonly role: string; readonly policyArn: string }[] {
    return [...this.#roles.values()].flatMap((role) =>
      role.managedPolicyArns
        .filter((arn) => isAwsManagedPolicy(arn) && !awsManagedPolicy(arn))
        .map((policyArn) => ({ role: role.name, policyArn })),
    );
  }

  #existing(name: string): Role {
    const role = this.#roles.get(name);
    if (!role) throw new AwsError('NoSuchEntity', `The role with name ${name} cannot be found.`, 404);
    return role;
  }

  #store(role: Role): void {
    this.#parsed.clear();
    this.#roles.set(role.name, role);
  }
}
