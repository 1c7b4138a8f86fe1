import { Encoder } from 'cbor-x';

import { readJson, SerializationError, writeJson } from './json-codec.ts';
import type { JsonNaming } from './json-codec.ts';
import { messageMembers } from './json-protocol.ts';
import type { WireProtocol, WireResponse } from './protocol.ts';

const MEMBER_NAMES: JsonNaming = { useJsonName: false, native: true };

const codec = new Encoder({
  useRecords: false,
  mapsAsObjects: true,
  tagUint8Array: false,
  int64AsNumber: true,
} as never);

/**
 * Smithy RPC v2 CBOR: the path names service and operation, bodies are CBOR
 * (https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html). The AWS CLI speaks it to CloudWatch.
 */
export const cborProtocol: WireProtocol = {
  address(model, request) {
    const name = /^\/service\/[^/]+\/operation\/([^/]+)$/.exec(request.path)?.[1] ?? request.path;
    const operation = model.operations.get(name);
    return operation ? { operation, labels: {} } : { unknown: name };
  },

  readInput({ operation }, request) {
    return readJson(operation.input, decode(request.body), MEMBER_NAMES) as Record<string, unknown>;
  },

  writeOutput(_model, operation, output, requestId) {
    return cborResponse(200, writeJson(operation.output, output, MEMBER_NAMES), requestId);
  },

  writeError(model, error, requestId) {
    const type = model?.errors.has(error.code) ? `${model.namespace}#${error.code}` : error.code;
    const body = { __type: type, ...messageMembers(model, error), ...error.members };
    const response = cborResponse(error.statusCode, body, requestId);
    const fault = error.statusCode < 500 ? 'Sender' : 'Receiver';
    const code = model?.errors.get(error.code)?.queryCode ?? error.code;
    return { ...response, headers: { ...response.headers, 'x-amzn-query-error': `${code};${fault}` } };
  },
};

function decode(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return codec.decode(body) as unknown;
  } catch {
    throw new SerializationError('The body is not valid CBOR.');
  }
}

function cborResponse(statusCode: number, body: unknown, requestId: string): WireResponse {
  return {
    statusCode,
    headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor', 'x-amzn-requestid': requestId },
    body: codec.encode(body),
  };
}
