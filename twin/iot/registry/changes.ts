import type { ThingGroupRecord } from './thing-groups.ts';
import type { ThingTypeRecord } from './thing-types.ts';
import type { ThingRecord } from './things.ts';

/** What changed in the registry. Listeners use it to disconnect, re-authorize or announce; a change has happened. */
export type RegistryChange =
  | { readonly kind: 'certificate-created'; readonly certificateId: string }
  | { readonly kind: 'certificate-status'; readonly certificateId: string; readonly status: string }
  | { readonly kind: 'certificate-deleted'; readonly certificateId: string }
  | { readonly kind: 'policy-attached' | 'policy-detached'; readonly policyName: string; readonly target: string }
  /** A version became the default, so that connections under this policy are judged anew. */
  | { readonly kind: 'policy-changed'; readonly policyName: string }
  | {
      readonly kind: 'principal-attached' | 'principal-detached';
      readonly thingName: string;
      readonly principal: string;
    }
  /** With the thing as it is, or as it was when it was deleted. */
  | { readonly kind: 'thing-created' | 'thing-deleted'; readonly thingName: string; readonly thing: ThingRecord }
  | {
      readonly kind: 'thing-updated';
      readonly thingName: string;
      readonly thing: ThingRecord;
      readonly before: ThingRecord;
    }
  | {
      readonly kind: 'thing-type-created' | 'thing-type-updated' | 'thing-type-deleted';
      readonly thingTypeName: string;
      readonly thingType: ThingTypeRecord;
    }
  | {
      readonly kind: 'group-created' | 'group-updated' | 'group-deleted';
      readonly thingGroupName: string;
      readonly group: ThingGroupRecord;
      /** The groups above it, root first. */
      readonly ancestors: readonly ThingGroupRecord[];
    }
  | {
      readonly kind: 'group-member-added' | 'group-member-removed';
      readonly thingGroupName: string;
      readonly thingName: string;
      readonly group: ThingGroupRecord;
      readonly thing: ThingRecord;
      readonly membershipId: string;
    }
  | { readonly kind: 'event-configurations' | 'indexing-configuration' | 'logging-options' | 'domain-configurations' };

export type RegistryListener = (change: RegistryChange) => void;

/**
 * Delivers changes to listeners in the order in which they happened, once the transaction that made them has been
 * written; those of a failed one are dropped.
 */
export class RegistryChanges {
  readonly #listeners = new Set<RegistryListener>();
  #held: RegistryChange[] | undefined;

  /** @returns a function that ends the subscription */
  subscribe(listener: RegistryListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  announce(change: RegistryChange): void {
    if (this.#held) this.#held.push(change);
    else for (const listener of this.#listeners) listener(change);
  }

  /** Runs `work` and announces its changes after it; none when it throws. */
  holding<T>(work: () => T): T {
    if (this.#held) return work();
    const held: RegistryChange[] = (this.#held = []);
    let result: T;
    try {
      result = work();
    } finally {
      this.#held = undefined;
    }
    for (const change of held) this.announce(change);
    return result;
  }
}
