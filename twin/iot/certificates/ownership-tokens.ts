import { createHash, randomBytes } from 'node:crypto';

import type { Clock, ScheduledCall } from '../../clock.ts';
import type { RegistryContext } from '../registry/context.ts';
import type { Table } from '../registry/table.ts';

export interface OwnershipToken {
  readonly certificateId: string;
  readonly expiresAt: number;
  /** Name of the thing that was provisioned with it; empty for a template without a thing. */
  readonly provisionedThing?: string;
}

/** A token, and a certificate that was not provisioned with it, live this long (developer guide, MQTT API). */
const LIFETIME_MS = 3_600_000;

/**
 * Proofs that a device made its certificate over this front door. Only their digests are kept. When one expires, the
 * certificate that it stands for goes with it, unless it has been provisioned.
 */
export class OwnershipTokens {
  readonly #clock: Clock;
  readonly #table: Table<OwnershipToken>;
  readonly #expired: (certificateId: string) => void;
  #timer: ScheduledCall | undefined;

  constructor(context: RegistryContext, expired: (certificateId: string) => void) {
    this.#clock = context.clock;
    this.#expired = expired;
    this.#table = context.tables.open<OwnershipToken>('iot.ownership-tokens');
  }

  /** Takes up what earlier runs left: expires what is due and waits for the rest. */
  resume(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#expireDue();
  }

  /** Ends the waiting; the store may be closed then. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  create(certificateId: string): string {
    const token = randomBytes(96).toString('base64url');
    const expiresAt = this.#clock.now() + LIFETIME_MS;
    this.#table.set(digest(token), { certificateId, expiresAt });
    this.#timer ??= this.#clock.schedule(LIFETIME_MS, () => this.resume());
    return token;
  }

  /** What this token stands for; `undefined` when it is unknown or expired. */
  find(token: string): OwnershipToken | undefined {
    const record = this.#table.get(digest(token));
    return record && record.expiresAt > this.#clock.now() ? record : undefined;
  }

  /** Binds the token to what was provisioned with it: a repeated request is answered, another thing is not. */
  spend(token: string, provisionedThing: string): void {
    const key = digest(token);
    const record = this.#table.get(key);
    if (record) this.#table.set(key, { ...record, provisionedThing });
  }

  /** Tokens live equally long, so the oldest, which the table gives first, is the next to expire. */
  #expireDue(): void {
    const now = this.#clock.now();
    const due: [string, OwnershipToken][] = [];
    let next: number | undefined;
    for (const [key, token] of this.#table.entries()) {
      if (token.expiresAt > now) {
        next = token.expiresAt;
        break;
      }
      due.push([key, token]);
    }
    for (const [key, token] of due) {
      this.#table.delete(key);
      if (token.provisionedThing === undefined) this.#expired(token.certificateId);
    }
    if (next !== undefined) this.#timer = this.#clock.schedule(next - now, () => this.resume());
  }
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
