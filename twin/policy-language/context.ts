/**
 * What is known about a request, by condition key (`aws:SourceIp`, `iot:ClientId`, …). Key names are case-insensitive.
 * `undefined` means that the request does not carry the key; an empty list that a key of many values carries none.
 */
export interface RequestContext {
  values(key: string): readonly string[] | undefined;
}

/** A context made of plain values; keys may be spelled in any case. */
export function contextOf(keys: Readonly<Record<string, string | readonly string[] | undefined>>): RequestContext {
  const byKey = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(keys)) {
    if (value !== undefined) byKey.set(key.toLowerCase(), typeof value === 'string' ? [value] : value);
  }
  return { values: (key) => byKey.get(key.toLowerCase()) };
}
