import { deltaOf } from './delta.ts';
import type { JsonObject } from './json.ts';
import { ShadowRefusal } from './refusal.ts';
import type { UpdateRequest } from './request-document.ts';
import { stamp, updateSection, type Section } from './section.ts';

/** What is kept of a shadow. */
export interface ShadowDocument {
  readonly desired?: Section;
  readonly reported?: Section;
  /** 1 when it is created, one more with every update. */
  readonly version: number;
}

/** Bytes of `desired` and `reported` together, as compact JSON; metadata does not count. */
const LARGEST_STATE_BYTES = 8192;

const bytesOf = (section: Section | undefined): number =>
  section ? Buffer.byteLength(JSON.stringify(section.state)) : 0;

/**
 * The document after an update.
 *
 * @param document what is there; `{ version }` of the last one where the shadow does not exist
 * @param timestamp seconds since the epoch
 * @throws ShadowRefusal 409 for another version than the document's, 413 when the state becomes too large
 */
export function updateDocument(document: ShadowDocument, request: UpdateRequest, timestamp: number): ShadowDocument {
  if (request.version !== undefined && request.version !== document.version)
    throw new ShadowRefusal(409, 'Version conflict');
  const change = request.state ?? { desired: null, reported: null };
  const [desired, reported] = (['desired', 'reported'] as const).map((name) =>
    change[name] === undefined ? document[name] : updateSection(document[name], change[name], timestamp),
  );
  if (bytesOf(desired) + bytesOf(reported) > LARGEST_STATE_BYTES)
    throw new ShadowRefusal(413, 'The payload exceeds the maximum size allowed');
  return { ...(desired && { desired }), ...(reported && { reported }), version: document.version + 1 };
}

type Sections = Readonly<Partial<Record<'desired' | 'reported' | 'delta', Section | undefined>>>;

function rendered(sections: Sections): { state: JsonObject; metadata: JsonObject } {
  const present = Object.entries(sections).flatMap(([name, section]) => (section ? [[name, section] as const] : []));
  return {
    state: Object.fromEntries(present.map(([name, { state }]) => [name, state])),
    metadata: Object.fromEntries(present.map(([name, { metadata }]) => [name, metadata])),
  };
}

/** The whole document with its delta: the answer to a get. */
export function wholeDocument({ desired, reported, version }: ShadowDocument, timestamp: number): JsonObject {
  return { ...rendered({ desired, reported, delta: deltaOf(desired, reported) }), version, timestamp };
}

/** The answer to an update: what was asked for, nulls included. */
export function acceptedDocument({ state }: UpdateRequest, version: number, timestamp: number): JsonObject {
  if (state === null) return { state, metadata: {}, version, timestamp };
  return { state: { ...state } as JsonObject, metadata: stamp(state as JsonObject, timestamp), version, timestamp };
}

/** The message on `update/delta`; none where everything desired is reported. */
export function deltaDocument(document: ShadowDocument, timestamp: number): JsonObject | undefined {
  const delta = deltaOf(document.desired, document.reported);
  return delta && { version: document.version, timestamp, ...delta };
}

/** The message on `update/documents`: before and after. */
export function documentsDocument(previous: ShadowDocument, current: ShadowDocument, timestamp: number): JsonObject {
  const [before, after] = [previous, current].map(({ desired, reported, version }) => ({
    ...rendered({ desired, reported }),
    version,
  }));
  return { previous: before!, current: after!, timestamp };
}
