import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

import { WebSocketServer, type WebSocket } from 'ws';

import { Connection, type ConnectionEvents, type Peer } from './connection.ts';
import type { BrokerCore } from './core.ts';
import { answerHttp } from './https-requests.ts';
import { pump } from './outbound.ts';
import type { HttpContext } from './ports.ts';
import { verifyPresignedUrl } from './presigned-url.ts';
import { peerOf } from './tls-front.ts';
import { WebSocketTransport } from './websocket-transport.ts';

/** A request must come, and keep-alive connections must be used, within this time. */
const IDLE_MS = 60_000;

/** HTTP on TLS sockets: `POST /topics/…`, and the upgrade of `/mqtt` to a WebSocket with the subprotocol `mqtt`. */
export class HttpFront {
  readonly #core: BrokerCore;
  readonly #events: ConnectionEvents;
  readonly #server: Server;
  readonly #webSockets: WebSocketServer;

  constructor(core: BrokerCore, events: ConnectionEvents) {
    this.#core = core;
    this.#events = events;
    this.#webSockets = new WebSocketServer({
      noServer: true,
      maxPayload: core.quotas.packetBytes,
      perMessageDeflate: false,
      handleProtocols: (offered) => ['mqtt', 'mqttv3.1'].find((name) => offered.has(name)) ?? false,
    });
    this.#server = createServer((request, response) => void answerHttp(core, request, response));
    this.#server.timeout = IDLE_MS;
    this.#server.on(
      'upgrade',
      (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.#upgrade(request, socket, head),
    );
    this.#server.on('clientError', (_error: Error, socket: Duplex) => refuseUpgrade(socket, 400));
  }

  accept(socket: TLSSocket): void {
    this.#server.emit('connection', socket);
  }

  async #upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): Promise<void> {
    const socket = duplex as TLSSocket;
    socket.setTimeout(0);
    const http = httpContext(request);
    const path = (request.url ?? '').split('?', 1)[0]!;
    if (path !== '/mqtt') {
      refuseUpgrade(socket, 404);
      return;
    }
    const signature = await verifyPresignedUrl(
      path,
      http.queryString,
      http.headers,
      this.#core.signingCredentials,
      this.#core.clock,
    ).catch((error: unknown) => ({ invalid: String(error) }));
    if (signature && 'invalid' in signature) {
      if (this.#core.log.enabled('ERROR')) {
        this.#core.log.write({
          logLevel: 'ERROR',
          eventType: 'Connect',
          status: 'Failure',
          protocol: 'MQTT',
          reason: 'AUTHENTICATION_FAILED',
          details: signature.invalid,
          sourceIp: socket.remoteAddress,
        });
      }
      refuseUpgrade(socket, 403);
      return;
    }
    const peer: Peer = { ...peerOf(socket), http, ...(signature && { signature }) };
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, socket, peer));
  }

  #open(webSocket: WebSocket, socket: TLSSocket, peer: Peer): void {
    const connection = new Connection(this.#core, new WebSocketTransport(webSocket), peer, this.#events);
    webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      // MQTT 5, section 6: text frames end the connection.
      if (isBinary) connection.receive(data);
      else webSocket.terminate();
    });
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => connection.lost());
    socket.on('drain', () => connection.session && pump(this.#core, connection.session));
  }
}

export function httpContext(request: IncomingMessage): HttpContext {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  const question = (request.url ?? '').indexOf('?');
  return { headers, queryString: question === -1 ? '' : request.url!.slice(question + 1) };
}

function refuseUpgrade(socket: Duplex, status: number): void {
  if (!socket.writable) return;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
