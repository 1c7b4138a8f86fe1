import { bytesOf, readJson, SerializationError, writeJson } from './json-codec.ts';
import type { JsonNaming } from './json-codec.ts';
import { messageMembers, parseJsonBody } from './json-protocol.ts';
import type { OperationModel, ServiceModel } from './model.ts';
import type { Addressed, WireProtocol, WireRequest, WireResponse } from './protocol.ts';
import { readScalarText } from './query-codec.ts';
import type { Shape } from './shape.ts';
import { formatTimestamp } from './timestamp.ts';
import { RouteTable } from './uri-template.ts';

const JSON_NAMES: JsonNaming = { useJsonName: true };

const routeTables = new WeakMap<ServiceModel, RouteTable>();

/** restJson1: method and path name the operation; members travel as labels, query, headers and body. */
export const restJsonProtocol: WireProtocol = {
  address(model, request) {
    let routes = routeTables.get(model);
    if (!routes) routeTables.set(model, (routes = new RouteTable(model.operations.values())));
    return (
      routes.match(request.method, request.path, request.query) ?? { unknown: `${request.method} ${request.path}` }
    );
  },

  readInput(addressed, request) {
    const { operation } = addressed;
    const input: Record<string, unknown> = {};
    const bodyMembers: [string, Shape][] = [];
    let payload: [string, Shape] | undefined;
    for (const [name, member] of operation.input.members) {
      if (member.traits['httpPayload'] !== undefined) payload = [name, member];
      else if (!readAddressedMember(name, member, addressed, request, input)) bodyMembers.push([name, member]);
    }
    if (payload) readPayload(payload[0], payload[1], request, input);
    else if (bodyMembers.length > 0) readBody(bodyMembers, request, input);
    return input;
  },

  writeOutput: writeRestOutput,

  writeError(model, error, requestId) {
    return {
      statusCode: error.statusCode,
      headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, 'x-amzn-errortype': error.code },
      body: JSON.stringify(renamed(model, error.code, { ...messageMembers(model, error), ...error.members })),
    };
  },
};

// Errors of Kafka have `Message` in the model but `message` on the wire; both are given, other members go by lower case.
function renamed(
  model: ServiceModel | undefined,
  code: string,
  members: Record<string, unknown>,
): Record<string, unknown> {
  const names = model?.errors.get(code)?.memberNames ?? [];
  if (names.includes('message') || !names.includes('Message')) return members;
  return { ...members, message: members['message'] };
}

/** Reads a label, query parameter or header into `input`; false when the member travels in the body. */
function readAddressedMember(
  name: string,
  member: Shape,
  { labels }: Addressed,
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

function readPayload(name: string, member: Shape, request: WireRequest, input: Record<string, unknown>): void {
  if (member.kind === 'blob') {
    input[name] = request.body;
  } else if (member.kind === 'string') {
    input[name] = request.body.toString('utf8');
  } else if (request.body.length > 0) {
    input[name] = readJson(member, parseJsonBody(request.body), JSON_NAMES, name);
  }
}

function readBody(members: readonly [string, Shape][], request: WireRequest, input: Record<string, unknown>): void {
  const body = parseJsonBody(request.body);
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new SerializationError('The body must be an object.');
  const source = body as Record<string, unknown>;
  for (const [name, member] of members) {
    const wireName = String(member.traits['jsonName'] ?? name);
    const value = Object.hasOwn(source, wireName) ? source[wireName] : undefined;
    if (value !== undefined && value !== null) {
      input[name] = readJson(member, value, JSON_NAMES, name.charAt(0).toLowerCase() + name.slice(1));
    }
  }
}

function writeRestOutput(
  _model: ServiceModel,
  operation: OperationModel,
  output: Record<string, unknown>,
  requestId: string,
): WireResponse {
  const headers: Record<string, string> = { 'x-amzn-requestid': requestId };
  const body: Record<string, unknown> = {};
  let statusCode = operation.http?.statusCode ?? 200;
  let payload: string | Buffer | undefined;
  for (const [name, member] of operation.output.members) {
    const value = output[name];
    const { traits } = member;
    if (traits['httpPayload'] !== undefined) {
      payload = '';
      if (value === undefined || value === null) continue;
      const raw = member.kind === 'blob' || member.kind === 'string';
      headers['content-type'] ??= member.kind === 'blob' ? 'application/octet-stream' : 'application/json';
      payload = raw ? bytesOf(value) : JSON.stringify(writeJson(member, value, JSON_NAMES));
    } else if (value === undefined || value === null) {
      continue;
    } else if (traits['httpResponseCode'] !== undefined) {
      statusCode = Number(value);
    } else if (typeof traits['httpHeader'] === 'string') {
      headers[traits['httpHeader'].toLowerCase()] = headerText(member, value);
    } else {
      body[String(traits['jsonName'] ?? name)] = writeJson(member, value, JSON_NAMES);
    }
  }
  headers['content-type'] ??= 'application/json';
  return { statusCode, headers, body: payload ?? (statusCode === 204 ? '' : JSON.stringify(body)) };
}

function headerText(member: Shape, value: unknown): string {
  if (member.kind === 'timestamp') return String(formatTimestamp(value, member.timestampFormat, 'http-date'));
  if (member.traits['mediaType'] !== undefined) return Buffer.from(String(value), 'utf8').toString('base64');
  if (Array.isArray(value)) return value.join(', ');
  return String(value);
}
