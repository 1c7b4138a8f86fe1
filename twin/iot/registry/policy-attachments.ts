import type { RegistryContext } from './context.ts';
import { limitExceeded } from './failures.ts';
import type { KeySet } from './key-set.ts';
import type { Table } from './table.ts';

interface PolicyAttachment {
  readonly policyName: string;
  /** ARN of a certificate or of a thing group, or a Cognito identity id. */
  readonly target: string;
}

const POLICIES_PER_PRINCIPAL = 10;

/** Which policy is attached to which target. */
export class PolicyAttachments {
  readonly #context: RegistryContext;
  readonly #table: Table<PolicyAttachment, 'policy' | 'target'>;

  constructor(context: RegistryContext) {
    this.#context = context;
    this.#table = context.tables.open<PolicyAttachment, 'policy' | 'target'>('iot.policy-attachments', {
      policy: (attachment) => attachment.policyName,
      target: (attachment) => attachment.target,
    });
  }

  /** Attaching again is no error. @throws AwsError LimitExceededException for an eleventh policy */
  attach(policyName: string, target: string): void {
    if (this.has(policyName, target)) return;
    if (this.#table.by('target', target).size >= POLICIES_PER_PRINCIPAL) {
      throw limitExceeded(`Already ${POLICIES_PER_PRINCIPAL} policies are attached to ${target}`);
    }
    this.#table.set(keyOf(policyName, target), { policyName, target });
    this.#context.changes.announce({ kind: 'policy-attached', policyName, target });
  }

  detach(policyName: string, target: string): boolean {
    const was = this.#table.delete(keyOf(policyName, target));
    if (was) this.#context.changes.announce({ kind: 'policy-detached', policyName, target });
    return was;
  }

  has(policyName: string, target: string): boolean {
    return this.#table.has(keyOf(policyName, target));
  }

  /** Names of the policies attached to the target itself, in alphabetical order. */
  policiesOf(target: string): string[] {
    return this.#table
      .by('target', target)
      .sorted()
      .map((key) => key.slice(0, key.indexOf(' ')));
  }

  /** Attachment keys of one policy; the target is `targetOfKey`. */
  targetsOf(policyName: string): KeySet {
    return this.#table.by('policy', policyName);
  }

  isAttached(policyName: string): boolean {
    return this.targetsOf(policyName).size > 0;
  }

  detachAllOf(target: string): void {
    for (const policyName of this.policiesOf(target)) this.detach(policyName, target);
  }
}

// A policy's name has no space.
function keyOf(policyName: string, target: string): string {
  return `${policyName} ${target}`;
}

export function targetOfKey(key: string): string {
  return key.slice(key.indexOf(' ') + 1);
}
