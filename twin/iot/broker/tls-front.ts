import type { X509Certificate } from 'node:crypto';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';

import type { Clock } from '../../clock.ts';
import { IovError } from '../../errors.ts';
import type { Peer } from './connection.ts';
import { Handshakes } from './handshakes.ts';
import type { ClientCertificate } from './ports.ts';

export type FrontProtocol = 'mqtt' | 'http';

export interface ListenOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Loopback when absent. */
  readonly host?: string;
  /** PEM. */
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  /** CAs named to clients; which certificates are good is the gatekeeper's decision, for they are registered one by one. */
  readonly ca?: string | Buffer;
  /** Whether a client certificate is asked for: true on MQTT and HTTPS listeners, false on WebSocket ones, when absent. */
  readonly requestCert?: boolean;
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
}

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** ALPN names of IoT Core's ports (developer guide, "Device communication protocols"), and the usual ones. */
const ALPN: Readonly<Record<string, FrontProtocol>> = {
  'x-amzn-mqtt-ca': 'mqtt',
  mqtt: 'mqtt',
  'x-amzn-http-ca': 'http',
  'http/1.1': 'http',
};

export interface FrontOptions extends ListenOptions {
  /** What is spoken when the client names no ALPN protocol. */
  readonly protocol: FrontProtocol;
  readonly missingServerName: 'refuse' | 'accept';
  readonly clock: Clock;
  onMqtt(socket: TLSSocket, peer: Peer): void;
  onHttp(socket: TLSSocket): void;
  onRefused(socket: TLSSocket, reason: string): void;
  /** Whether the endpoint of this name takes a version of TLS; all that the listener takes when absent. */
  acceptsTls?(serverName: string | undefined, version: string): boolean;
}

/**
 * One TLS port. The handshake proves that the client holds its certificate's key; whose certificate that is, and
 * whether it is active, the gatekeeper says.
 *
 * @throws IovError IOV_PORT_TAKEN
 */
export async function listenTls(options: FrontOptions): Promise<Listener> {
  const server = createServer({
    key: options.key,
    cert: options.cert,
    ca: options.ca,
    requestCert: options.requestCert ?? true,
    rejectUnauthorized: false,
    minVersion: options.minVersion ?? 'TLSv1.2',
    ALPNProtocols: Object.keys(ALPN),
  });
  const sockets = new Set<Socket>();
  const handshakes = new Handshakes(options.clock);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    handshakes.began(socket);
    socket.on('error', ignore);
    socket.once('close', forgetSocket);
  });
  function forgetSocket(this: Socket): void {
    sockets.delete(this);
  }
  // Node leaves the socket of a failed handshake open.
  server.on('tlsClientError', (_error, socket) => {
    handshakes.ended(socket);
    socket.destroy();
  });
  server.on('secureConnection', (socket) => {
    handshakes.ended(socket);
    socket.on('error', ignore);
    // @types/node does not know that Node sets `servername` on the server's side.
    const { servername } = socket as TLSSocket & { servername?: string | false };
    if (!servername && options.missingServerName === 'refuse') {
      options.onRefused(socket, 'the TLS client hello names no server (SNI); connect by host name, not by address');
      socket.destroy();
      return;
    }
    const version = socket.getProtocol() ?? '';
    if (options.acceptsTls?.(servername || undefined, version) === false) {
      options.onRefused(socket, `the security policy of ${servername || 'the endpoint'} does not take ${version}`);
      socket.destroy();
      return;
    }
    const certificate = socket.getPeerX509Certificate();
    if (certificate && certificate.validToDate.getTime() < options.clock.now()) {
      options.onRefused(socket, `the client certificate expired on ${certificate.validTo}`);
      socket.destroy();
      return;
    }
    const protocol = (socket.alpnProtocol && ALPN[socket.alpnProtocol]) || options.protocol;
    if (protocol === 'mqtt') options.onMqtt(socket, peerOf(socket, certificate));
    else options.onHttp(socket);
  });
  await listening(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A socket's error is followed by its close, which is where it matters. */
function ignore(): void {}

function listening(server: Server, { port, host = '127.0.0.1' }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new IovError('IOV_PORT_TAKEN', `Port ${port} on ${host} is taken.`, { cause: error })
          : error,
      );
    });
    server.listen({ port, host, backlog: 4096 }, () => {
      // Accepting may fail while file descriptors are short; clients try again.
      server.on('error', ignore);
      resolve();
    });
  });
}

/** Who is at the other end of a TLS socket. Each asking for the certificate parses it anew. */
export function peerOf(
  socket: TLSSocket,
  certificate: X509Certificate | undefined = socket.getPeerX509Certificate(),
): Peer {
  const { servername } = socket as TLSSocket & { servername?: string | false };
  return {
    sourceIp: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    sourcePort: socket.remotePort ?? 0,
    ...(servername && { serverName: servername }),
    ...(certificate && { certificate: clientCertificate(certificate) }),
  };
}

export function clientCertificate(certificate: X509Certificate): ClientCertificate {
  return {
    certificateId: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    der: certificate.raw,
    get pem() {
      return certificate.toString();
    },
  };
}
