import type { Account } from '../account.ts';
import type { HttpApi, Stage } from './definition.ts';
import type { JwtContext } from './jwt-authorizer.ts';
import type { RouteMatch } from './routing.ts';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly queryString: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly sourceIp: string;
}

const TEXT_CONTENT = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded|[\w.-]+\+(json|xml)))/i;

/** Repeated headers and query parameters are joined with commas (payload format 2.0). */
function joinedHeaders(headers: HttpRequest['headers']): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && name !== 'cookie') joined[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return joined;
}

function joinedQuery(queryString: string): Record<string, string> | undefined {
  if (queryString === '') return undefined;
  const joined: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(queryString))
    joined[name] = name in joined ? `${joined[name]},${value}` : value;
  return joined;
}

/** The event of an HTTP API's Lambda integration, payload format version 2.0. */
export function requestEvent(
  request: HttpRequest,
  match: RouteMatch,
  context: {
    api: HttpApi;
    stage: Stage | undefined;
    account: Account;
    requestId: string;
    now: number;
    jwt?: JwtContext;
    lambda?: unknown;
  },
): Record<string, unknown> {
  const headers = joinedHeaders(request.headers);
  const cookies = String(request.headers['cookie'] ?? '')
    .split(/;\s*/)
    .filter(Boolean);
  const isText = TEXT_CONTENT.test(headers['content-type'] ?? 'text/plain');
  const time = new Date(context.now);
  const authorizer = context.jwt
    ? { jwt: context.jwt }
    : context.lambda !== undefined
      ? { lambda: context.lambda }
      : undefined;
  return {
    version: '2.0',
    routeKey: match.route.routeKey,
    rawPath: request.path,
    rawQueryString: request.queryString,
    ...(cookies.length > 0 && { cookies }),
    headers,
    queryStringParameters: joinedQuery(request.queryString),
    requestContext: {
      accountId: context.account.accountId,
      apiId: context.api.id,
      ...(authorizer && { authorizer }),
      domainName: headers['host'] ?? '',
      domainPrefix: context.api.id,
      http: {
        method: request.method,
        path: request.path,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: context.requestId,
      routeKey: match.route.routeKey,
      stage: context.stage?.name ?? '$default',
      time: time.toUTCString(),
      timeEpoch: context.now,
    },
    ...(Object.keys(match.pathParameters).length > 0 && { pathParameters: match.pathParameters }),
    ...(context.stage &&
      Object.keys(context.stage.variables).length > 0 && { stageVariables: context.stage.variables }),
    ...(request.body.length > 0 && { body: isText ? request.body.toString('utf8') : request.body.toString('base64') }),
    isBase64Encoded: request.body.length > 0 && !isText,
  };
}

export interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer | string;
}

const GATEWAY_ERROR: HttpResponse = {
  statusCode: 500,
  headers: { 'content-type': 'application/json' },
  body: '{"message":"Internal Server Error"}',
};

/**
 * What an integration's answer becomes: with a `statusCode` it is taken member by member, without one the whole answer
 * is the body of a 200; an answer that is neither is an internal server error, as in API Gateway.
 */
export function responseOf(payload: string): HttpResponse {
  let result: unknown;
  try {
    result = JSON.parse(payload);
  } catch {
    return GATEWAY_ERROR;
  }
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    const body = typeof result === 'string' ? result : JSON.stringify(result);
    return { statusCode: 200, headers: { 'content-type': 'application/json' }, body };
  }
  const { statusCode, headers, body, isBase64Encoded, cookies } = result as Record<string, unknown>;
  const code = Number(statusCode);
  if (
    !Number.isInteger(code) ||
    code < 100 ||
    code > 599 ||
    (body !== undefined && body !== null && typeof body !== 'string')
  )
    return GATEWAY_ERROR;
  const lower: Record<string, string | string[]> = { 'content-type': 'text/plain; charset=utf-8' };
  for (const [name, value] of Object.entries((headers ?? {}) as Record<string, unknown>))
    lower[name.toLowerCase()] = String(value);
  if (Array.isArray(cookies)) lower['set-cookie'] = cookies.map(String);
  const text = (body ?? '') as string;
  return { statusCode: code, headers: lower, body: isBase64Encoded === true ? Buffer.from(text, 'base64') : text };
}
