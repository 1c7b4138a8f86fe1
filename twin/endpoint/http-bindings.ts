import { SerializationError } from './json-codec.ts';
import type { Addressed, WireRequest } from './protocol.ts';
import { readScalarText } from './query-codec.ts';
import type { Shape } from './shape.ts';
import { formatTimestamp } from './timestamp.ts';

/**
 * Reads a label, query parameter or header into `input` (https://smithy.io/2.0/spec/http-bindings.html); false when the
 * member travels in the body.
 *
 * @throws SerializationError when the text is not of the member's type
 */
export function readAddressedMember(
  name: string,
  member: Shape,
  { labels }: Pick<Addressed, 'labels'>,
  request: WireRequest,
  input: Record<string, unknown>,
): boolean {
  const { traits } = member;
  if (traits['httpLabel'] !== undefined) {
    if (labels[name] !== undefined) input[name] = readScalarText(member, labels[name], name);
    return true;
  }
  if (typeof traits['httpQuery'] === 'string') {
    const values = request.query.getAll(traits['httpQuery']);
    if (values.length > 0) input[name] = readTexts(member, values, name);
    return true;
  }
  if (traits['httpQueryParams'] !== undefined) {
    const list = member.element.kind === 'list';
    input[name] = Object.fromEntries(
      [...new Set(request.query.keys())].map((key) => [key, list ? request.query.getAll(key) : request.query.get(key)]),
    );
    return true;
  }
  if (typeof traits['httpPrefixHeaders'] === 'string') {
    const prefix = traits['httpPrefixHeaders'].toLowerCase();
    const entries = Object.entries(request.headers).filter(([header]) => header.startsWith(prefix));
    if (entries.length > 0)
      input[name] = Object.fromEntries(entries.map(([header, value]) => [header.slice(prefix.length), value]));
    return true;
  }
  if (typeof traits['httpHeader'] === 'string') {
    const text = request.headers[traits['httpHeader'].toLowerCase()];
    if (text !== undefined) input[name] = readHeader(member, text, name);
    return true;
  }
  return false;
}

/** Writes a member of an output that travels as headers; false when it travels in the body. */
export function writeHeaderMember(member: Shape, value: unknown, headers: Record<string, string>): boolean {
  const { traits } = member;
  if (typeof traits['httpHeader'] === 'string') {
    headers[traits['httpHeader'].toLowerCase()] = headerText(member, value);
    return true;
  }
  if (typeof traits['httpPrefixHeaders'] === 'string') {
    const prefix = traits['httpPrefixHeaders'].toLowerCase();
    for (const [key, text] of Object.entries(value as Record<string, string>)) headers[prefix + key] = text;
    return true;
  }
  return false;
}

function readTexts(member: Shape, values: readonly string[], name: string): unknown {
  if (member.kind === 'list') return values.map((value) => readScalarText(member.element, value, name));
  if (member.kind === 'map') throw new SerializationError(`The value at '${name}' cannot travel in a query.`);
  return readScalarText(member, values[0]!, name);
}

function readHeader(member: Shape, text: string, name: string): unknown {
  if (member.kind === 'list') return text.split(',').map((value) => readScalarText(member.element, value.trim(), name));
  // JSON in a header is base64 of the JSON text (Smithy's mediaType trait).
  if (member.traits['mediaType'] !== undefined) return Buffer.from(text, 'base64').toString('utf8');
  return readScalarText(member, text, name);
}

function headerText(member: Shape, value: unknown): string {
  if (member.kind === 'timestamp') return String(formatTimestamp(value, member.timestampFormat, 'http-date'));
  if (member.traits['mediaType'] !== undefined) return Buffer.from(String(value), 'utf8').toString('base64');
  if (Array.isArray(value)) return value.join(', ');
  return String(value);
}
