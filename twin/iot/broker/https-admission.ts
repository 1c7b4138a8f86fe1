import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

import type { SignedRequest } from '../../endpoint/sigv4.ts';
import type { BrokerCore } from './core.ts';
import { httpContext } from './http-front.ts';
import type { Admission, VerifiedSignature } from './ports.ts';
import { verifySignedRequest } from './signed-request.ts';
import { peerOf } from './tls-front.ts';

/** An answer in the form of the iot-data API: status, exception name, text. */
export class HttpRefusal extends Error {
  readonly statusCode: number;
  readonly code: string;

  constructor(statusCode: number, code: string, message: string) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
  }
}

/** What a request asks for: its path as received, and its query. */
export interface HttpTarget {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** @throws HttpRefusal 413 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > limit) throw new HttpRefusal(413, 'RequestEntityTooLargeException', 'The payload exceeds 128 KB.');
    parts.push(part);
  }
  return Buffer.concat(parts, length);
}

/**
 * Who sends an HTTPS request, by client certificate, signature or custom authorizer.
 *
 * @throws HttpRefusal 403
 */
export async function admitHttps(
  core: BrokerCore,
  request: IncomingMessage,
  { path, payload, clientId }: { readonly path: string; readonly payload: Buffer; readonly clientId: string },
): Promise<{ admission: Admission; sourceIp: string }> {
  const peer = peerOf(request.socket as TLSSocket);
  const http = httpContext(request);
  const method = request.method ?? 'GET';
  const signature = await checkSignature(core, { method, path, body: payload, ...http }, peer.sourceIp);
  const admission = await core.gatekeeper.admit({
    ...peer,
    transport: 'https',
    clientId,
    http,
    httpConnection: request.socket,
    ...(signature && { signature }),
    cleanStart: true,
    persistent: false,
  });
  if ('refused' in admission) {
    logRefusal(core, 'AUTHENTICATION_FAILED', admission.detail, peer.sourceIp);
    throw new HttpRefusal(403, 'ForbiddenException', 'Forbidden');
  }
  return { admission, sourceIp: peer.sourceIp };
}

async function checkSignature(
  core: BrokerCore,
  request: SignedRequest,
  sourceIp: string,
): Promise<VerifiedSignature | undefined> {
  const signature = await verifySignedRequest(request, core.signingCredentials, core.clock);
  if (!signature || !('invalid' in signature)) return signature;
  logRefusal(core, 'AUTHENTICATION_FAILED', signature.invalid, sourceIp);
  throw new HttpRefusal(403, 'ForbiddenException', signature.invalid);
}

function logRefusal(core: BrokerCore, reason: string, details: string, sourceIp: string): void {
  if (!core.log.enabled('ERROR')) return;
  const entry = { logLevel: 'ERROR', eventType: 'Publish-In', status: 'Failure', protocol: 'HTTP' } as const;
  core.log.write({ ...entry, reason, details, sourceIp });
}
