import { isObject, memberOf, type Json, type JsonObject } from './json.ts';

/**
 * `desired` or `reported`: the state, and when each of its values was last set. The metadata has the shape of the state
 * with `{ timestamp }` in the place of every value; members of arrays have one each.
 */
export interface Section {
  readonly state: JsonObject;
  readonly metadata: JsonObject;
}

/** Metadata of values that are set at this time, in seconds since the epoch; a value that is removed has it too. */
export function stamp(value: Json, timestamp: number): Json {
  if (Array.isArray(value)) return value.map((item: Json) => stamp(item, timestamp));
  if (!isObject(value)) return { timestamp };
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, stamp(each, timestamp)]));
}

/**
 * Applies an update: null removes a member, objects are merged, anything else, arrays too, replaces what was there
 * (developer guide, "Array values in shadow documents"). An object whose last member goes stays, empty.
 *
 * @returns undefined when nothing is left, for a section without content is not kept
 */
export function updateSection(
  section: Section | undefined,
  change: JsonObject | null,
  timestamp: number,
): Section | undefined {
  if (change === null) return undefined;
  const updated = merge(section, change, timestamp);
  return Object.keys(updated.state).length === 0 ? undefined : updated;
}

function merge(current: Section | undefined, change: JsonObject, timestamp: number): Section {
  // Maps, since assigning a member called `__proto__` would not make one.
  const state = new Map(Object.entries(current?.state ?? {}));
  const metadata = new Map(Object.entries(current?.metadata ?? {}));
  for (const [name, value] of Object.entries(change)) {
    if (value === null) {
      state.delete(name);
      metadata.delete(name);
    } else if (isObject(value)) {
      const merged = merge(below(current, name), value, timestamp);
      state.set(name, merged.state);
      metadata.set(name, merged.metadata);
    } else {
      state.set(name, value);
      metadata.set(name, stamp(value, timestamp));
    }
  }
  return { state: Object.fromEntries(state), metadata: Object.fromEntries(metadata) };
}

/** The object of this name with its metadata; undefined when it is no object, so that nothing of it is kept. */
function below(section: Section | undefined, name: string): Section | undefined {
  const state = memberOf(section?.state, name);
  return isObject(state) ? { state, metadata: memberOf(section?.metadata, name) as JsonObject } : undefined;
}
