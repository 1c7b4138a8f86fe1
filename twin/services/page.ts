/** One page of a listing. */
export interface Page<T> {
  readonly items: T[];
  readonly nextToken: string | undefined;
}

/**
 * Cuts a page. Its token names the last item, so that a listing goes on rightly while items come and go.
 *
 * @param size as the request asks; `largest` when it does not
 */
export function page<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  size: number | undefined,
  token: string | undefined,
  largest: number,
): Page<T> {
  const sorted = [...all].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const after = token === undefined ? undefined : Buffer.from(token, 'base64url').toString('utf8');
  const rest = after === undefined ? sorted : sorted.filter((item) => keyOf(item) > after);
  const items = rest.slice(0, Math.min(size ?? largest, largest));
  const last = items.at(-1);
  return {
    items,
    nextToken:
      items.length < rest.length && last !== undefined ? Buffer.from(keyOf(last)).toString('base64url') : undefined,
  };
}
