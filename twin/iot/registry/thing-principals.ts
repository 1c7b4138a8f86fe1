import type { RegistryContext } from './context.ts';
import { invalidRequest } from './failures.ts';
import type { KeySet } from './key-set.ts';
import type { Table } from './table.ts';

export type ThingPrincipalType = 'EXCLUSIVE_THING' | 'NON_EXCLUSIVE_THING';

export interface ThingPrincipal {
  readonly thingName: string;
  /** ARN of a certificate, or a Cognito identity id. */
  readonly principal: string;
  readonly thingPrincipalType: ThingPrincipalType;
}

/** Which principal is attached to which thing, exclusively or not. */
export class ThingPrincipals {
  readonly #context: RegistryContext;
  readonly #table: Table<ThingPrincipal, 'thing' | 'principal'>;

  constructor(context: RegistryContext) {
    this.#context = context;
    this.#table = context.tables.open<ThingPrincipal, 'thing' | 'principal'>('iot.thing-principals', {
      thing: (attachment) => attachment.thingName,
      principal: (attachment) => attachment.principal,
    });
  }

  /**
   * Attaching again, even as the other type, is no error when nothing stands against it.
   *
   * @throws AwsError InvalidRequestException when the principal belongs, or is to belong, to one thing exclusively and
   *   is attached to another
   */
  attach(thingName: string, principal: string, thingPrincipalType: ThingPrincipalType = 'NON_EXCLUSIVE_THING'): void {
    const others = this.ofPrincipal(principal).filter((attachment) => attachment.thingName !== thingName);
    const holder = others.find((attachment) => attachment.thingPrincipalType === 'EXCLUSIVE_THING');
    if (holder) {
      throw invalidRequest(`Principal ${principal} is already attached exclusively to thing ${holder.thingName}`);
    }
    if (thingPrincipalType === 'EXCLUSIVE_THING' && others.length > 0) {
      throw invalidRequest(
        `Principal ${principal} is attached to thing ${others[0]!.thingName}; detach it before an exclusive attachment`,
      );
    }
    const existing = this.#table.get(keyOf(thingName, principal));
    if (existing?.thingPrincipalType === thingPrincipalType) return;
    this.#table.set(keyOf(thingName, principal), { thingName, principal, thingPrincipalType });
    this.#context.changes.announce({ kind: 'principal-attached', thingName, principal });
  }

  detach(thingName: string, principal: string): boolean {
    const was = this.#table.delete(keyOf(thingName, principal));
    if (was) this.#context.changes.announce({ kind: 'principal-detached', thingName, principal });
    return was;
  }

  has(thingName: string, principal: string): boolean {
    return this.#table.has(keyOf(thingName, principal));
  }

  /** In alphabetical order of thing names. */
  ofPrincipal(principal: string): ThingPrincipal[] {
    return this.#table
      .by('principal', principal)
      .sorted()
      .map((key) => this.#table.get(key)!);
  }

  /** In alphabetical order of principals. */
  ofThing(thingName: string): ThingPrincipal[] {
    return this.#table
      .by('thing', thingName)
      .sorted()
      .map((key) => this.#table.get(key)!);
  }

  /** Attachment keys of one thing or principal, for pages; the attachment is `ofKey`. */
  keysOfThing(thingName: string): KeySet {
    return this.#table.by('thing', thingName);
  }

  keysOfPrincipal(principal: string): KeySet {
    return this.#table.by('principal', principal);
  }

  ofKey(key: string): ThingPrincipal {
    return this.#table.get(key)!;
  }

  /** The thing that this principal belongs to exclusively. */
  exclusiveThingOf(principal: string): string | undefined {
    for (const attachment of this.#table.recordsBy('principal', principal)) {
      if (attachment.thingPrincipalType === 'EXCLUSIVE_THING') return attachment.thingName;
    }
    return undefined;
  }
}

// A thing's name has no space.
function keyOf(thingName: string, principal: string): string {
  return `${thingName} ${principal}`;
}
