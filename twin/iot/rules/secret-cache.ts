import type { Clock } from '../../clock.ts';
import type { SecretContent } from './ports.ts';

/** How long IoT keeps a secret that `get_secret` fetched (Developer Guide, "get_secret"). */
const CACHED_MS = 15 * 60_000;

/** Secrets for `get_secret`: one that is cached is answered without a promise, so that rules on the hot path stay synchronous. */
export class SecretCache {
  readonly #clock: Clock;
  readonly #cached = new Map<
    string,
    { readonly until: number; readonly content: SecretContent | Promise<SecretContent> }
  >();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param fetch asked when nothing younger than 15 minutes is there; a failure is not kept */
  get(name: string, fetch: () => SecretContent | Promise<SecretContent>): SecretContent | Promise<SecretContent> {
    const cached = this.#cached.get(name);
    const now = this.#clock.now();
    if (cached && cached.until > now) return cached.content;
    const fetched = fetch();
    const until = now + CACHED_MS;
    this.#cached.set(name, { until, content: fetched });
    if (!(fetched instanceof Promise)) return fetched;
    fetched.then(
      (content) => this.#cached.set(name, { until, content }),
      () => this.#cached.delete(name),
    );
    return fetched;
  }
}
