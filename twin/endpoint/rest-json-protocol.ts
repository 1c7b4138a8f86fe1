import { readAddressedMember, writeHeaderMember } from './http-bindings.ts';
import { bytesOf, readJson, SerializationError, writeJson } from './json-codec.ts';
import type { JsonNaming } from './json-codec.ts';
import { messageMembers, parseJsonBody } from './json-protocol.ts';
import type { OperationModel, ServiceModel } from './model.ts';
import type { WireProtocol, WireRequest, WireResponse } from './protocol.ts';
import type { Shape } from './shape.ts';
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
    } else if (!writeHeaderMember(member, value, headers)) {
      body[String(traits['jsonName'] ?? name)] = writeJson(member, value, JSON_NAMES);
    }
  }
  headers['content-type'] ??= 'application/json';
  return { statusCode, headers, body: payload ?? (statusCode === 204 ? '' : JSON.stringify(body)) };
}
