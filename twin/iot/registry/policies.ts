import { iotArn } from './arns.ts';
import { checkText, POLICY_NAME } from './constraints.ts';
import type { RegistryContext } from './context.ts';
import { alreadyExists, deleteConflict, notFound, versionsLimitExceeded } from './failures.ts';
import { checkPolicyDocument } from './policy-document.ts';
import type { Table } from './table.ts';

export interface PolicyVersionRecord {
  readonly versionId: string;
  readonly document: string;
  readonly createdAt: number;
}

export interface PolicyRecord {
  readonly policyName: string;
  readonly policyArn: string;
  readonly defaultVersionId: string;
  readonly versions: readonly PolicyVersionRecord[];
  /** Version numbers are never used again. */
  readonly nextVersion: number;
  readonly createdAt: number;
  readonly lastModifiedAt: number;
}

const VERSIONS_PER_POLICY = 5;

/** IoT policies and their versions, one of which is in force. */
export class Policies {
  readonly #context: RegistryContext;
  readonly table: Table<PolicyRecord>;

  constructor(context: RegistryContext) {
    this.#context = context;
    this.table = context.tables.open<PolicyRecord>('iot.policies');
  }

  create(policyName: string, document: string): PolicyRecord {
    checkText(policyName, 'policyName', POLICY_NAME);
    checkPolicyDocument(document);
    const existing = this.table.get(policyName);
    if (existing) {
      throw alreadyExists(
        `Policy cannot be created - name already exists (name=${policyName})`,
        policyName,
        existing.policyArn,
      );
    }
    const now = this.#context.clock.now();
    const policy: PolicyRecord = {
      policyName,
      policyArn: iotArn(this.#context.account, 'policy', policyName),
      defaultVersionId: '1',
      versions: [{ versionId: '1', document, createdAt: now }],
      nextVersion: 2,
      createdAt: now,
      lastModifiedAt: now,
    };
    this.table.set(policyName, policy);
    return policy;
  }

  /** @throws AwsError ResourceNotFoundException */
  describe(policyName: string): PolicyRecord {
    const policy = this.table.get(policyName);
    if (!policy) throw notFound(`Policy not found (name=${policyName})`);
    return policy;
  }

  /** @throws AwsError ResourceNotFoundException */
  version(policyName: string, versionId: string): PolicyVersionRecord {
    const version = this.describe(policyName).versions.find((candidate) => candidate.versionId === versionId);
    if (!version) throw notFound(`Policy version not found (name=${policyName}, version=${versionId})`);
    return version;
  }

  createVersion(policyName: string, document: string, setAsDefault = false): PolicyVersionRecord {
    checkPolicyDocument(document);
    const policy = this.describe(policyName);
    if (policy.versions.length >= VERSIONS_PER_POLICY) {
      throw versionsLimitExceeded(
        `The policy ${policyName} already has the maximum number of versions (${VERSIONS_PER_POLICY})`,
      );
    }
    const version = { versionId: String(policy.nextVersion), document, createdAt: this.#context.clock.now() };
    this.#put({
      ...policy,
      versions: [...policy.versions, version],
      nextVersion: policy.nextVersion + 1,
      ...(setAsDefault && { defaultVersionId: version.versionId }),
    });
    if (setAsDefault) this.#context.changes.announce({ kind: 'policy-changed', policyName });
    return version;
  }

  setDefaultVersion(policyName: string, versionId: string): void {
    this.version(policyName, versionId);
    this.#put({ ...this.describe(policyName), defaultVersionId: versionId });
    this.#context.changes.announce({ kind: 'policy-changed', policyName });
  }

  /** @throws AwsError DeleteConflictException for the default version */
  deleteVersion(policyName: string, versionId: string): void {
    const policy = this.describe(policyName);
    this.version(policyName, versionId);
    if (policy.defaultVersionId === versionId) {
      throw deleteConflict(`Cannot delete the default version of a policy (name=${policyName}, version=${versionId})`);
    }
    this.#put({ ...policy, versions: policy.versions.filter((version) => version.versionId !== versionId) });
  }

  /** @throws AwsError DeleteConflictException while it is attached, or has versions besides the default one */
  delete(policyName: string, attached: boolean): void {
    const policy = this.describe(policyName);
    if (attached) {
      throw deleteConflict(
        `The policy cannot be deleted as the policy is attached to one or more principals (name=${policyName})`,
      );
    }
    if (policy.versions.length > 1) {
      throw deleteConflict(
        `Cannot delete the policy because it has one or more policy versions attached to it (name=${policyName})`,
      );
    }
    this.table.delete(policyName);
  }

  #put(policy: PolicyRecord): void {
    this.table.set(policy.policyName, { ...policy, lastModifiedAt: this.#context.clock.now() });
  }
}
