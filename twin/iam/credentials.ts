import { globalArn, type Account } from '../account.ts';
import type { Caller } from '../endpoint/service.ts';
import type { Collection, Store } from '../state/store.ts';
import { secretOf, uniqueId } from './identifiers.ts';
import type { Role } from './role-registry.ts';

/** What a client signs with. */
export interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch; absent when they live as long as this run of the twin. */
  readonly expiration?: number;
}

/** Credentials that the twin gave out, and to whom. */
export interface IssuedSession {
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration?: number;
  readonly caller: Caller;
}

/**
 * Access keys of role sessions. Those with a lifetime survive a restart until they expire; those without belong to
 * Lambda environments, which end with the process, and are kept in memory only.
 */
export class SessionCredentialStore {
  readonly #account: Account;
  readonly #now: () => number;
  readonly #durable: Collection<IssuedSession>;
  readonly #ofThisRun = new Map<string, IssuedSession>();

  constructor(store: Store, account: Account, now: () => number) {
    this.#account = account;
    this.#now = now;
    this.#durable = store.collection<IssuedSession>('iam.sessions');
  }

  /** @param durationSeconds lifetime; without it they are valid until the twin stops */
  issue(role: Role, sessionName: string, durationSeconds?: number): SessionCredentials {
    const arn = globalArn(this.#account, 'sts', `assumed-role/${role.name}/${sessionName}`);
    const expiration = durationSeconds === undefined ? undefined : this.#now() + durationSeconds * 1000;
    const session: IssuedSession = {
      secretAccessKey: secretOf(30),
      sessionToken: secretOf(180),
      ...(expiration !== undefined && { expiration }),
      caller: { kind: 'role', arn, roleName: role.name, sessionName },
    };
    const accessKeyId = uniqueId('ASIA', 20);
    this.#forgetExpired();
    if (expiration === undefined) this.#ofThisRun.set(accessKeyId, session);
    else this.#durable.set(accessKeyId, session);
    const { secretAccessKey, sessionToken } = session;
    return { accessKeyId, secretAccessKey, sessionToken, ...(expiration !== undefined && { expiration }) };
  }

  /** Also finds expired sessions for a day, so that their holders hear that they expired. */
  find(accessKeyId: string): IssuedSession | undefined {
    return this.#ofThisRun.get(accessKeyId) ?? this.#durable.get(accessKeyId);
  }

  /** Ends a session before its time, e.g. when a Lambda environment stops. */
  revoke(accessKeyId: string): void {
    this.#ofThisRun.delete(accessKeyId);
    this.#durable.delete(accessKeyId);
  }

  #forgetExpired(): void {
    const aDayAgo = this.#now() - 86_400_000;
    for (const [accessKeyId, { expiration }] of [...this.#durable.entries()]) {
      if (expiration !== undefined && expiration < aDayAgo) this.#durable.delete(accessKeyId);
    }
  }
}
