import { createHash } from 'node:crypto';

import type { Clock } from '../../clock.ts';
import type { ConnectRequest, Refusal } from '../broker/ports.ts';
import type { Verdict } from './verdict.ts';

interface CachedVerdict {
  readonly verdict: Verdict;
  readonly until: number;
}

/** What a request says of itself and not of its sender. */
const OF_THE_REQUEST = /^(content-|x-amz-mqtt5-|date$)/;

/**
 * Verdicts of authorizers with EnableCachingForHttp. One lives as long as its HTTP connection and at most until it is to
 * be refreshed, and serves requests that pass the same credentials; what was refused is asked again.
 */
export class CachedVerdicts {
  readonly #clock: Clock;
  readonly #ofConnection = new WeakMap<object, Map<string, CachedVerdict>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async verdict(
    authorizerName: string,
    request: ConnectRequest,
    isCaching: boolean,
    ask: () => Promise<Verdict | Refusal>,
  ): Promise<Verdict | Refusal> {
    const { httpConnection } = request;
    if (!isCaching || !httpConnection || request.transport !== 'https') return ask();
    let known = this.#ofConnection.get(httpConnection);
    if (!known) this.#ofConnection.set(httpConnection, (known = new Map()));
    const key = keyOf(authorizerName, request);
    const cached = known.get(key);
    if (cached && this.#clock.now() < cached.until) return cached.verdict;
    const verdict = await ask();
    // One client, one set of credentials: another one takes the place of the first.
    known.clear();
    if (!('refused' in verdict)) {
      const seconds = verdict.refreshAfterSeconds ?? verdict.disconnectAfterSeconds;
      known.set(key, { verdict, until: this.#clock.now() + seconds * 1000 });
    }
    return verdict;
  }
}

function keyOf(authorizerName: string, { http }: ConnectRequest): string {
  const headers = Object.entries(http?.headers ?? {}).filter(([name]) => !OF_THE_REQUEST.test(name));
  return createHash('sha256')
    .update(JSON.stringify([authorizerName, headers.sort(), http?.queryString]))
    .digest('hex');
}
