import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { BrokerCore } from './core.ts';
import { admitHttps, HttpRefusal, readBody, type HttpTarget } from './https-admission.ts';
import { publishOverHttps } from './https-publish.ts';
import type { DeviceApiResponse } from './ports.ts';

/** Answers what devices ask over HTTPS: publishing, and the services that have an HTTPS API for devices. */
export async function answerHttp(core: BrokerCore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const traceId = randomUUID();
  const { statusCode, errorType, body } = await answer(core, request).catch(refusal);
  // Every error says by which id to find it; an answer is the service's own document.
  const document = !Buffer.isBuffer(body) && (errorType || 'message' in body) ? { ...body, traceId } : body;
  const bytes = Buffer.isBuffer(document) ? document : Buffer.from(JSON.stringify(document));
  response.writeHead(statusCode, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    'x-amzn-requestid': traceId,
    ...(errorType && { 'x-amzn-errortype': errorType }),
  });
  response.end(bytes);
}

async function answer(core: BrokerCore, request: IncomingMessage): Promise<DeviceApiResponse> {
  const [path = '', queryString = ''] = (request.url ?? '').split('?', 2);
  const target: HttpTarget = { path, query: new URLSearchParams(queryString) };
  if (path.startsWith('/topics/')) {
    await publishOverHttps(core, request, target);
    return { statusCode: 200, body: { message: 'OK' } };
  }
  return (await askDeviceApi(core, request, target)) ?? notFound();
}

function notFound(): DeviceApiResponse {
  throw new HttpRefusal(404, 'ResourceNotFoundException', 'There is no such resource.');
}

async function askDeviceApi(
  core: BrokerCore,
  request: IncomingMessage,
  { path, query }: HttpTarget,
): Promise<DeviceApiResponse | undefined> {
  if (!core.deviceApi?.serves(path)) return undefined;
  const payload = await readBody(request, core.quotas.payloadBytes);
  const { admission } = await admitHttps(core, request, { path, payload, clientId: query.get('clientId') ?? '' });
  return core.deviceApi.handle({
    method: request.method ?? 'GET',
    path,
    query,
    payload,
    authorize: (action, resource) => admission.authorize(action, resource),
  });
}

function refusal(error: unknown): DeviceApiResponse {
  return error instanceof HttpRefusal
    ? { statusCode: error.statusCode, errorType: error.code, body: { message: error.message } }
    : { statusCode: 500, errorType: 'InternalFailureException', body: { message: 'Internal failure' } };
}
