import type { Policy } from '../policy/index.ts';
import { parsePolicyDocument } from '../policy/index.ts';
import type { Registry } from './registry.ts';

/** A policy's default version. The same object is given until another version is the default, so it can be a cache key. */
export interface PolicyInForce {
  readonly policyName: string;
  readonly policyArn: string;
  readonly versionId: string;
  readonly document: string;
  /** The document as the policy decision reads it. */
  readonly policy: Policy;
}

/**
 * Which policies decide about a principal: those attached to it, those of the groups that its thing is in, and those of
 * the groups above them (developer guide, "thing groups"; GetEffectivePolicies). Each policy once.
 */
export class PoliciesInForce {
  readonly #registry: Registry;
  readonly #byName = new Map<string, PolicyInForce>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  of(principal: string, thingName?: string): PolicyInForce[] {
    const names = new Set(this.#registry.policyAttachments.policiesOf(principal));
    if (thingName !== undefined) for (const name of this.#ofGroups(thingName)) names.add(name);
    return [...names].map((name) => this.#current(name));
  }

  /** Policies on a group itself and on those above it. */
  ofGroup(thingGroupName: string): PolicyInForce[] {
    return [...new Set(this.#ofGroupHierarchy(thingGroupName))].map((name) => this.#current(name));
  }

  *#ofGroups(thingName: string): Generator<string> {
    for (const group of this.#registry.memberships.groupsOf(thingName)) yield* this.#ofGroupHierarchy(group);
  }

  *#ofGroupHierarchy(group: string): Generator<string> {
    const { thingGroups, policyAttachments } = this.#registry;
    for (const { thingGroupArn } of [thingGroups.describe(group), ...thingGroups.ancestors(group)]) {
      yield* policyAttachments.policiesOf(thingGroupArn);
    }
  }

  #current(policyName: string): PolicyInForce {
    const policy = this.#registry.policies.describe(policyName);
    const known = this.#byName.get(policyName);
    const { document } = policy.versions.find((version) => version.versionId === policy.defaultVersionId)!;
    // Compared by document too: a policy deleted and made again starts at version 1 again.
    if (known?.versionId === policy.defaultVersionId && known.document === document) return known;
    const current = {
      policyName,
      policyArn: policy.policyArn,
      versionId: policy.defaultVersionId,
      document,
      policy: parsePolicyDocument(document, policyName),
    };
    this.#byName.set(policyName, current);
    return current;
  }
}
