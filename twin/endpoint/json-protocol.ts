import { readJson, SerializationError, writeJson } from './json-codec.ts';
import type { JsonNaming } from './json-codec.ts';
import type { ServiceModel } from './model.ts';
import type { WireProtocol, WireResponse } from './protocol.ts';
import type { AwsError } from './service.ts';

const MEMBER_NAMES: JsonNaming = { useJsonName: false };

/** awsJson1_0 and awsJson1_1: every operation is a POST to `/`, named by X-Amz-Target. */
export const jsonProtocol: WireProtocol = {
  address(model, request) {
    const target = request.headers['x-amz-target'] ?? '';
    const name = target.slice(target.lastIndexOf('.') + 1);
    const operation = model.operations.get(name);
    return operation ? { operation, labels: {} } : { unknown: name || '(no X-Amz-Target header)' };
  },

  readInput({ operation }, request) {
    return readJson(operation.input, parseJsonBody(request.body), MEMBER_NAMES) as Record<string, unknown>;
  },

  writeOutput(model, operation, output, requestId) {
    return jsonResponse(model, 200, writeJson(operation.output, output, MEMBER_NAMES), requestId);
  },

  writeError(model, error, requestId) {
    const known = model?.errors.get(error.code);
    const type = known && model ? `${model.namespace}#${error.code}` : error.code;
    const response = jsonResponse(
      model,
      error.statusCode,
      { __type: type, ...messageMembers(model, error), ...error.members },
      requestId,
    );
    if (!model?.queryCompatible) return response;
    const queryCode = known?.queryCode ?? error.code;
    const fault = error.statusCode < 500 ? 'Sender' : 'Receiver';
    return { ...response, headers: { ...response.headers, 'x-amzn-query-error': `${queryCode};${fault}` } };
  },
};

/**
 * A JSON body, where an empty one counts as an empty object.
 *
 * @throws SerializationError
 */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw new SerializationError('The body is not valid JSON.');
  }
}

/** The message under the name that the error's shape has for it, and under `message`, where every client finds it. */
export function messageMembers(model: ServiceModel | undefined, error: AwsError): Record<string, string> {
  const names = model?.errors.get(error.code)?.memberNames ?? [];
  return names.includes('Message') ? { message: error.message, Message: error.message } : { message: error.message };
}

function jsonResponse(
  model: ServiceModel | undefined,
  statusCode: number,
  body: unknown,
  requestId: string,
): WireResponse {
  return {
    statusCode,
    headers: { 'content-type': `application/x-amz-json-${model?.jsonVersion ?? '1.1'}`, 'x-amzn-requestid': requestId },
    body: JSON.stringify(body),
  };
}
