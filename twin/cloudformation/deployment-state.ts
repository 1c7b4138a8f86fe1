import type { Account } from '../account.ts';
import type { Collection, Store } from '../state/store.ts';
import type { Liveness } from './classification.ts';

/** What is kept of a resource between runs. */
export interface ResourceRecord {
  readonly stackKey: string;
  readonly logicalId: string;
  readonly type: string;
  readonly liveness: Liveness;
  readonly physicalId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Intrinsic functions resolved; dynamic references not, so that no secret is written here. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly assemblyFolder: string;
  /** Logical ids, for deletion in reverse. */
  readonly dependsOn: readonly string[];
  readonly deletionPolicy?: string;
  readonly updateReplacePolicy?: string;
  /** Of a custom resource: what its function could see of the twin when it answered. */
  readonly surroundings?: string;
}

export interface StackRecord {
  readonly stackKey: string;
  readonly stackId: string;
  readonly stackName: string;
  readonly account: Account;
  /** Stack key of the parent of a nested stack. */
  readonly parent?: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string>>;
}

/** The deployment's memory: stacks, their resources, and what is still to be deleted after a replacement or removal. */
export class DeploymentState {
  readonly #stacks: Collection<StackRecord>;
  readonly #resources: Collection<ResourceRecord>;
  readonly #removals: Collection<ResourceRecord>;

  constructor(store: Store) {
    this.#stacks = store.collection('cloudformation.stacks');
    this.#resources = store.collection('cloudformation.resources');
    this.#removals = store.collection('cloudformation.removals');
  }

  static stackKey(account: Account, stackName: string): string {
    return `${account.accountId}/${account.region}/${stackName}`;
  }

  stack(stackKey: string): StackRecord | undefined {
    return this.#stacks.get(stackKey);
  }

  stacks(): StackRecord[] {
    return [...this.#stacks.values()];
  }

  saveStack(record: StackRecord): void {
    this.#stacks.set(record.stackKey, record);
  }

  forgetStack(stackKey: string): void {
    this.#stacks.delete(stackKey);
  }

  resources(stackKey: string): ResourceRecord[] {
    return [...this.#resources.values()].filter((record) => record.stackKey === stackKey);
  }

  resource(stackKey: string, logicalId: string): ResourceRecord | undefined {
    return this.#resources.get(`${stackKey}/${logicalId}`);
  }

  saveResource(record: ResourceRecord): void {
    // As a later run reads it, so that comparing with it means the same in this run.
    const saved = JSON.parse(JSON.stringify(record)) as ResourceRecord;
    this.#resources.set(`${record.stackKey}/${record.logicalId}`, saved);
  }

  forgetResource(record: ResourceRecord): void {
    this.#resources.delete(`${record.stackKey}/${record.logicalId}`);
  }

  /** To be deleted once the stack's update has ended well; survives a restart in between. */
  scheduleRemoval(record: ResourceRecord): void {
    this.#removals.set(removalKey(record), record);
  }

  removals(stackKey: string): ResourceRecord[] {
    return [...this.#removals.values()].filter((record) => record.stackKey === stackKey);
  }

  removed(record: ResourceRecord): void {
    this.#removals.delete(removalKey(record));
  }

  /** The value that a stack of this account and Region exports. */
  exportedValue(account: Account, name: string): string | undefined {
    return this.exporter(account, name)?.exports[name];
  }

  exporter(account: Account, name: string): StackRecord | undefined {
    return this.stacks().find(
      (stack) =>
        stack.account.region === account.region &&
        stack.account.accountId === account.accountId &&
        Object.hasOwn(stack.exports, name),
    );
  }
}

function removalKey(record: ResourceRecord): string {
  return `${record.stackKey}/${record.logicalId}/${record.type}/${record.physicalId}`;
}
