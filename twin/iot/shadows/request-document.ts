import { isObject, memberOf, type Json, type JsonObject } from './json.ts';
import { ShadowRefusal } from './refusal.ts';

/** The changes that an update asks for: a section that is null goes, one that is absent stays. */
export interface StateChange {
  readonly desired?: JsonObject | null;
  readonly reported?: JsonObject | null;
}

/** A request state document. */
export interface UpdateRequest {
  /** Null empties the whole shadow. */
  readonly state: StateChange | null;
  readonly version?: number;
}

/** Levels of `desired` and of `reported` (quota "Maximum depth of JSON device state documents"). */
const DEEPEST = 8;
const LONGEST_CLIENT_TOKEN_BYTES = 64;

/**
 * Reads the payload of an update.
 *
 * @throws ShadowRefusal 415 when it is not UTF-8, 400 when it is not a JSON object
 */
export function readDocument(payload: Uint8Array): JsonObject {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
  } catch {
    throw new ShadowRefusal(415, 'Unsupported documented encoding; supported encoding is UTF-8');
  }
  const document = parse(text);
  if (!isObject(document)) throw new ShadowRefusal(400, 'Invalid JSON');
  return document;
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** The client token of a get or delete, whose content has no other meaning; an unreadable one has none. */
export function clientTokenIn(payload: Uint8Array): string | undefined {
  if (payload.length === 0) return undefined;
  const document = parse(Buffer.from(payload).toString());
  return isObject(document) ? clientTokenOf(document) : undefined;
}

/** @throws ShadowRefusal 400 when it is not a string of at most 64 bytes */
export function clientTokenOf(document: JsonObject): string | undefined {
  const token = memberOf(document, 'clientToken');
  if (token === undefined || token === null) return undefined;
  if (typeof token !== 'string' || Buffer.byteLength(token) > LONGEST_CLIENT_TOKEN_BYTES)
    throw new ShadowRefusal(400, 'Invalid clientToken');
  return token;
}

/** @throws ShadowRefusal 400 with the texts of the developer guide, "Device Shadow error messages" */
export function readUpdate(document: JsonObject): UpdateRequest {
  const version = versionOf(document);
  if (!Object.hasOwn(document, 'state')) throw new ShadowRefusal(400, 'Missing required node: state');
  const { state } = document;
  if (state !== null && !isObject(state)) throw new ShadowRefusal(400, 'State node must be an object');
  return {
    state: (state as JsonObject | null) && changeOf(state as JsonObject),
    ...(version !== undefined && { version }),
  };
}

function versionOf(document: JsonObject): number | undefined {
  const version = memberOf(document, 'version');
  if (version === undefined || version === null) return undefined;
  if (!Number.isSafeInteger(version) || (version as number) < 0) throw new ShadowRefusal(400, 'Invalid version');
  return version as number;
}

function changeOf(state: JsonObject): StateChange {
  for (const name of Object.keys(state)) {
    if (name !== 'desired' && name !== 'reported') throw new ShadowRefusal(400, 'State contains an invalid node');
  }
  return { ...sectionOf(state, 'desired', 'Desired'), ...sectionOf(state, 'reported', 'Reported') };
}

function sectionOf<Name extends 'desired' | 'reported'>(
  state: JsonObject,
  name: Name,
  title: string,
): { readonly [N in Name]?: JsonObject | null } {
  const section = memberOf(state, name);
  if (section === undefined) return {};
  if (section !== null) {
    if (!isObject(section)) throw new ShadowRefusal(400, `${title} node must be an object`);
    checkNode(section, 0);
  }
  return { [name]: section } as { readonly [N in Name]?: JsonObject | null };
}

/** Levels are counted as in the quota's example: a member of `desired` is the first, its members are the second. */
function checkNode(node: Json, level: number): void {
  if (typeof node !== 'object' || node === null) return;
  const members: readonly Json[] = Array.isArray(node) ? node : Object.values(node as JsonObject);
  if (members.length === 0) return;
  if (level >= DEEPEST) throw new ShadowRefusal(400, `JSON contains too many levels of nesting; maximum is ${DEEPEST}`);
  for (const member of members) {
    if (member === null && Array.isArray(node)) throw new ShadowRefusal(400, 'State contains an invalid node');
    checkNode(member, level + 1);
  }
}
