import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import type { RegistryChanges } from './changes.ts';
import type { Tables } from './table.ts';

/** What every part of the registry stands on. */
export interface RegistryContext {
  readonly account: Account;
  readonly clock: Clock;
  readonly tables: Tables;
  readonly changes: RegistryChanges;
  /** All writes and announcements of `work`, or none of them. */
  atomically<T>(work: () => T): T;
}
