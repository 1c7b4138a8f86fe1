import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, Readable } from 'node:stream';

import type { Account } from '../account.ts';
import type { Clock } from '../clock.ts';
import { IovError } from '../errors.ts';
import type { CredentialLookup } from './credentials.ts';
import { RequestHandler } from './request-handler.ts';
import type { Authorize } from './request-handler.ts';
import type { WireRequest, WireResponse } from './protocol.ts';
import type { AwsService } from './service.ts';

export interface EndpointOptions {
  readonly services: readonly AwsService[];
  readonly account: Account;
  readonly credentials: CredentialLookup;
  readonly authorize: Authorize;
  readonly clock: Clock;
  /** Told of faults of the twin itself, which the client sees as InternalFailure. */
  readonly report?: (error: unknown, operation: string) => void;
}

export interface Endpoint {
  /** @throws IovError IOV_PORT_TAKEN */
  listen(address: { readonly port: number; readonly host?: string }): Promise<void>;
  close(): Promise<void>;
  /** `http://127.0.0.1:<port>`, once it listens. */
  readonly url: string;
}

export const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** One PutObject or UploadPart; what is larger goes up in parts. */
export const MAX_OBJECT_BYTES = 256 * 1024 * 1024;

/** The one AWS endpoint of the twin: every service, each in its own protocol. */
export function createEndpoint(options: EndpointOptions): Endpoint {
  const handler = new RequestHandler(options);
  const server = createServer((request, response) => {
    void answer(handler, request, response);
  });
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    else socket.destroy();
  });
  let url = '';
  return {
    async listen({ port, host = '127.0.0.1' }) {
      await listenOn(server, port, host);
      const address = server.address() as AddressInfo;
      url = `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
    get url() {
      return url;
    },
  };
}

function listenOn(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void => {
      reject(
        cause.code === 'EADDRINUSE'
          ? new IovError('IOV_PORT_TAKEN', `The AWS endpoint's port ${port} is taken.`, { cause })
          : cause,
      );
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

async function answer(handler: RequestHandler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await readBody(request);
    const disconnected = new AbortController();
    response.once('close', () => disconnected.abort());
    send(
      response,
      request.method,
      await (body ? handler.handle(wireRequest(request, body), disconnected.signal) : handler.refuseTooLarge()),
    );
  } catch {
    // The client has gone, or its request could not be read: nobody is left to tell.
    response.destroy();
  }
}

/** The whole body, or undefined when it is larger than the endpoint takes. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  const most = isObjectUpload(request) ? MAX_OBJECT_BYTES : MAX_BODY_BYTES;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= most) chunks.push(chunk);
    else chunks.length = 0;
  }
  return size > most ? undefined : Buffer.concat(chunks);
}

function isObjectUpload({ method, url, headers }: IncomingMessage): boolean {
  const scope = `${headers.authorization ?? ''} ${url ?? ''}`;
  return method === 'PUT' && /(\/|%2F)s3(\/|%2F)aws4_request|[?&]AWSAccessKeyId=/i.test(scope);
}

function wireRequest(request: IncomingMessage, body: Buffer): WireRequest & { readonly queryString: string } {
  const target = request.url ?? '/';
  const separator = target.indexOf('?');
  const queryString = separator < 0 ? '' : target.slice(separator + 1);
  return {
    method: request.method ?? 'GET',
    path: separator < 0 ? target : target.slice(0, separator),
    queryString,
    query: new URLSearchParams(queryString),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(',') : (value ?? ''),
      ]),
    ),
    body,
  };
}

function send(response: ServerResponse, method: string | undefined, { statusCode, headers, body }: WireResponse): void {
  const bodiless = statusCode === 204 || statusCode === 304;
  if (body instanceof Readable) {
    response.writeHead(statusCode, headers);
    if (method === 'HEAD') {
      body.destroy();
      response.end();
    } else {
      pipeline(body, response, () => undefined);
    }
    return;
  }
  // The answer to HEAD may tell the length that the answer to GET would have.
  const length = method === 'HEAD' ? headers['content-length'] : undefined;
  const ownLength = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  response.writeHead(statusCode, bodiless ? headers : { ...headers, 'content-length': length ?? String(ownLength) });
  response.end(method === 'HEAD' || bodiless ? undefined : body);
}
