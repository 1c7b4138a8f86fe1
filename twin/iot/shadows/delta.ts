import { isObject, isSame, memberOf, type Json, type JsonObject } from './json.ts';
import type { Section } from './section.ts';

/**
 * What is desired and not reported, with the metadata of what is desired (developer guide, "Delta state"). Arrays differ
 * as a whole; objects differ member by member, and the delta holds the path to each that does.
 *
 * @returns undefined when there is no difference
 */
export function deltaOf(desired: Section | undefined, reported: Section | undefined): Section | undefined {
  if (!desired) return undefined;
  const state = difference(desired.state, reported?.state);
  return state && { state, metadata: metadataOf(state, desired.metadata) };
}

function difference(desired: JsonObject, reported: JsonObject | undefined): JsonObject | undefined {
  const members: [string, Json][] = [];
  for (const [name, value] of Object.entries(desired)) {
    const other = memberOf(reported, name);
    if (isObject(value) && isObject(other)) {
      const below = difference(value, other);
      if (below) members.push([name, below]);
    } else if (!isSame(value, other)) members.push([name, value]);
  }
  return members.length > 0 ? Object.fromEntries(members) : undefined;
}

/** The part of the metadata that belongs to this part of the state. */
function metadataOf(state: JsonObject, metadata: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(state).map(([name, value]): [string, Json] => {
      const entry = memberOf(metadata, name)!;
      return [name, isObject(value) ? metadataOf(value, entry as JsonObject) : entry];
    }),
  );
}
