import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { arn, type Account } from '../account.ts';
import type { Clock, ScheduledCall } from '../clock.ts';
import type { Invocation, LambdaInvoker } from '../lambda/invoker.ts';
import { functionArnOf, type Authorizer, type CorsConfiguration, type HttpApi, type Stage } from './definition.ts';
import { requestEvent, responseOf, type HttpRequest, type HttpResponse } from './event.ts';
import type { HttpApis } from './http-apis.ts';
import type { JwtContext, JwtVerifier } from './jwt-authorizer.ts';
import { selectRoute, type RouteMatch } from './routing.ts';
import { Throttle } from './throttle.ts';

export interface HttpApiServerOptions {
  readonly apis: HttpApis;
  readonly account: Account;
  readonly clock: Clock;
  readonly invoker: LambdaInvoker;
  readonly jwtVerifier: JwtVerifier;
  /** One record a request, as an access log. */
  log(record: Readonly<Record<string, unknown>>): void;
}

/** API Gateway's own limit on a payload. */
const LARGEST_BODY = 10 * 1024 * 1024;

const plain = (statusCode: number, message: string, headers: Record<string, string> = {}): HttpResponse => ({
  statusCode,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ message }),
});

class BodyTooLarge extends Error {}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LARGEST_BODY) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function corsHeaders(cors: CorsConfiguration, origin: string): Record<string, string> {
  if (!cors.allowOrigins.includes('*') && !cors.allowOrigins.includes(origin)) return {};
  return {
    'access-control-allow-origin': cors.allowOrigins.includes('*') ? '*' : origin,
    ...(cors.allowMethods.length > 0 && { 'access-control-allow-methods': cors.allowMethods.join(',') }),
    ...(cors.allowHeaders.length > 0 && { 'access-control-allow-headers': cors.allowHeaders.join(',') }),
    ...(cors.exposeHeaders.length > 0 && { 'access-control-expose-headers': cors.exposeHeaders.join(',') }),
    ...(cors.maxAgeSeconds !== undefined && { 'access-control-max-age': String(cors.maxAgeSeconds) }),
    ...(cors.allowCredentials && { 'access-control-allow-credentials': 'true' }),
  };
}

type Admission =
  | { readonly refused: HttpResponse }
  | { readonly refused?: undefined; readonly jwt?: JwtContext; readonly lambda?: unknown };

/** Serves every HTTP API of the account on one port: by the API's id as the first label of the host name, else the first API. */
class Gateway {
  readonly #options: HttpApiServerOptions;
  readonly #throttles = new Map<string, { key: string; throttle: Throttle }>();

  constructor(options: HttpApiServerOptions) {
    this.#options = options;
  }

  async handle(request: HttpRequest, requestId: string): Promise<HttpResponse> {
    const { apis } = this.#options;
    const host = String(request.headers['host'] ?? '').split('.')[0]!;
    const api = apis.apis.get(host) ?? [...apis.apis.values()][0];
    if (!api) return plain(404, 'Not Found');
    const origin = request.headers['origin'];
    const cors = api.cors && typeof origin === 'string' ? corsHeaders(api.cors, origin) : {};
    if (api.cors && request.method === 'OPTIONS' && typeof origin === 'string')
      return { statusCode: 204, headers: cors, body: '' };
    const response = await this.#route(api, request, requestId);
    return { ...response, headers: { ...response.headers, ...cors, 'apigw-requestid': requestId } };
  }

  async #route(api: HttpApi, request: HttpRequest, requestId: string): Promise<HttpResponse> {
    const { apis, account, clock, invoker } = this.#options;
    const match = selectRoute(apis.routesOf(api.id), request.method, request.path);
    if (!match) return plain(404, 'Not Found');
    const stage = [...apis.stages.values()].find(({ apiId }) => apiId === api.id);
    if (stage && !this.#admitsRate(stage)) return plain(429, 'Too Many Requests');
    const admission = await this.#authorize(match, request, api, stage, requestId);
    if (admission.refused) return admission.refused;
    const integration = apis.integrations.get(match.route.integrationId ?? '');
    if (!integration) return plain(500, 'Internal Server Error');
    const event = requestEvent(request, match, { api, stage, account, requestId, now: clock.now(), ...admission });
    const sourceArn = arn(
      account,
      'execute-api',
      `${api.id}/${stage?.name ?? '$default'}/${match.route.routeKey.replace(' ', '')}`,
    );
    try {
      const invocation = await this.#withinTimeout(
        integration.timeoutMilliseconds,
        invoker.invoke(functionArnOf(integration.uri), event, { service: 'apigateway.amazonaws.com', sourceArn }),
      );
      if (!invocation) return plain(503, 'Service Unavailable');
      return invocation.functionError ? plain(500, 'Internal Server Error') : responseOf(invocation.payload);
    } catch (error) {
      this.#options.log({ requestId, error: (error as Error).message });
      return plain(500, 'Internal Server Error');
    }
  }

  /** API Gateway answers when an integration's time is over; the function runs on. */
  async #withinTimeout(milliseconds: number, invocation: Promise<Invocation>): Promise<Invocation | undefined> {
    let over!: ScheduledCall;
    const timeout = new Promise<undefined>((resolve) => {
      over = this.#options.clock.schedule(milliseconds, () => resolve(undefined));
    });
    try {
      return await Promise.race([invocation, timeout]);
    } finally {
      over.cancel();
    }
  }

  #admitsRate({ apiId, throttling }: Stage): boolean {
    if (throttling.rate === undefined || throttling.burst === undefined) return true;
    const key = `${throttling.rate}/${throttling.burst}`;
    let entry = this.#throttles.get(apiId);
    if (entry?.key !== key)
      this.#throttles.set(
        apiId,
        (entry = { key, throttle: new Throttle(this.#options.clock, throttling.rate, throttling.burst) }),
      );
    return entry.throttle.admits();
  }

  async #authorize(
    match: RouteMatch,
    request: HttpRequest,
    api: HttpApi,
    stage: Stage | undefined,
    requestId: string,
  ): Promise<Admission> {
    const { route } = match;
    if (route.authorizationType === 'NONE') return {};
    const authorizer = this.#options.apis.authorizers.get(route.authorizerId ?? '');
    if (route.authorizationType === 'JWT' && authorizer) {
      const verdict = await this.#options.jwtVerifier.verify(authorizer, identityOf(authorizer, request), route.scopes);
      if (verdict.allowed) return { jwt: verdict.jwt };
      return {
        refused: plain(verdict.statusCode, verdict.statusCode === 401 ? 'Unauthorized' : 'Forbidden', verdict.headers),
      };
    }
    if (route.authorizationType === 'CUSTOM' && authorizer?.functionUri)
      return this.#askFunction(authorizer, match, request, api, stage, requestId);
    // AWS_IAM routes, and routes whose authorizer is missing: nobody is let in unchecked.
    return { refused: plain(403, 'Forbidden') };
  }

  async #askFunction(
    authorizer: Authorizer,
    match: RouteMatch,
    request: HttpRequest,
    api: HttpApi,
    stage: Stage | undefined,
    requestId: string,
  ): Promise<Admission> {
    const { account, clock, invoker } = this.#options;
    const identity = authorizer.identitySource.map((source) => identitySourceValue(source, request));
    if (identity.includes(undefined)) return { refused: plain(401, 'Unauthorized') };
    const {
      body: _body,
      isBase64Encoded: _encoded,
      ...event
    } = requestEvent(request, match, { api, stage, account, requestId, now: clock.now() });
    const sourceArn = arn(account, 'execute-api', `${api.id}/authorizers/${authorizer.id}`);
    const invocation = await invoker.invoke(
      functionArnOf(authorizer.functionUri!),
      { ...event, type: 'REQUEST', routeArn: sourceArn, identitySource: identity },
      { service: 'apigateway.amazonaws.com', sourceArn },
    );
    if (invocation.functionError) return { refused: plain(500, 'Internal Server Error') };
    const answer = JSON.parse(invocation.payload) as {
      isAuthorized?: boolean;
      context?: unknown;
      policyDocument?: { Statement: { Effect: string }[] };
    };
    const allowed = authorizer.enableSimpleResponses
      ? answer.isAuthorized === true
      : answer.policyDocument?.Statement.length !== 0 &&
        answer.policyDocument?.Statement.every(({ Effect }) => Effect === 'Allow') === true;
    return allowed ? { lambda: answer.context ?? {} } : { refused: plain(403, 'Forbidden') };
  }
}

/** `$request.header.Name` or `$request.querystring.name` */
function identitySourceValue(source: string, request: HttpRequest): string | undefined {
  const [, where, name] = /^\$request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  if (where === 'header') return request.headers[name!.toLowerCase()]?.toString();
  if (where === 'querystring') return new URLSearchParams(request.queryString).get(name!) ?? undefined;
  return undefined;
}

function identityOf(authorizer: Authorizer, request: HttpRequest): string | undefined {
  return identitySourceValue(authorizer.identitySource[0] ?? '$request.header.Authorization', request);
}

function send(response: ServerResponse, { statusCode, headers, body }: HttpResponse): void {
  response.writeHead(statusCode, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** An HTTP server for the account's HTTP APIs. The caller listens and closes. */
export function createHttpApiServer(options: HttpApiServerOptions): Server {
  const gateway = new Gateway(options);
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const started = options.clock.now();
    const requestId = randomUUID();
    const [path, queryString = ''] = (incoming.url ?? '/').split(/\?(.*)/s) as [string, string?];
    let answer: HttpResponse;
    try {
      const request: HttpRequest = {
        method: incoming.method ?? 'GET',
        path,
        queryString,
        headers: incoming.headers,
        body: await readBody(incoming),
        sourceIp: incoming.socket.remoteAddress ?? '',
      };
      answer = await gateway.handle(request, requestId);
    } catch (error) {
      answer =
        error instanceof BodyTooLarge ? plain(413, 'Request Entity Too Large') : plain(500, 'Internal Server Error');
      if (!(error instanceof BodyTooLarge)) options.log({ requestId, error: (error as Error).message });
    }
    send(response, answer);
    options.log({
      requestId,
      method: incoming.method,
      path,
      status: answer.statusCode,
      milliseconds: options.clock.now() - started,
    });
  };
  return createServer((incoming, response) => {
    serve(incoming, response).catch(() => response.destroy());
  });
}
