import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';

import type { Identity, Target } from './job.ts';
import { connectPacket, DISCONNECT, PACKET, PacketSplitter, subscribePacket } from './packets.ts';

const CONNECT_TIMEOUT_MS = 60_000;

/** One context for each certificate: reading the key anew for each connection would be most of the load's work. */
const contexts = new Map<string, SecureContext>();

function contextOf(target: Target, identity: Identity): SecureContext {
  const key = identity.certificate ?? '';
  let context = contexts.get(key);
  if (!context) {
    context = createSecureContext({ ca: target.ca, cert: identity.certificate, key: identity.privateKey });
    contexts.set(key, context);
  }
  return context;
}

/** One MQTT client over TLS with its certificate, or over plain TCP. */
export class Device {
  readonly clientId: string;
  readonly socket: Socket;
  onPublish: (packet: Buffer) => void = () => undefined;
  onPuback: (packetId: number) => void = () => undefined;
  #await: { type: number; resolve: () => void; reject: (error: Error) => void } | undefined;
  #ended = false;

  private constructor(identity: Identity, socket: Socket) {
    this.clientId = identity.clientId;
    this.socket = socket;
    const splitter = new PacketSplitter((type, packet) => this.#take(type, packet));
    socket.on('data', (chunk: Buffer) => splitter.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!this.#ended) this.#await?.reject(new Error(`${this.clientId}: the broker closed the connection`));
    });
  }

  /** Resolves with the CONNACK. @throws Error when the broker refuses, closes, or takes a minute */
  static async connect(target: Target, identity: Identity): Promise<Device> {
    const socket = target.ca
      ? connectTls({
          ...{ host: '127.0.0.1', port: target.port, servername: 'localhost' },
          secureContext: contextOf(target, identity),
        })
      : connectTcp(target.port, '127.0.0.1');
    socket.setNoDelay(true);
    const device = new Device(identity, socket);
    socket.once(target.ca ? 'secureConnect' : 'connect', () => socket.write(connectPacket(identity.clientId)));
    await device.#expect(PACKET.CONNACK);
    return device;
  }

  async subscribe(filter: string, qos: 0 | 1): Promise<void> {
    this.socket.write(subscribePacket(1, filter, qos));
    await this.#expect(PACKET.SUBACK);
  }

  close(): void {
    this.#ended = true;
    this.socket.end(DISCONNECT);
  }

  #expect(type: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${this.clientId}: no packet of type ${type} in ${CONNECT_TIMEOUT_MS} ms`)),
        CONNECT_TIMEOUT_MS,
      );
      const settle =
        <A extends unknown[]>(then: (...values: A) => void) =>
        (...values: A) => {
          clearTimeout(timer);
          this.#await = undefined;
          then(...values);
        };
      this.#await = { type, resolve: settle(resolve), reject: settle(reject) };
    });
  }

  #take(type: number, packet: Buffer): void {
    if (type === PACKET.PUBLISH) this.onPublish(packet);
    else if (type === PACKET.PUBACK) this.onPuback(packet.readUInt16BE(2));
    else if (type === PACKET.CONNACK && packet[3] !== 0)
      this.#await?.reject(new Error(`${this.clientId}: CONNECT refused with code ${packet[3]}`));
    else if (type === PACKET.SUBACK && packet.at(-1)! >= 0x80)
      this.#await?.reject(new Error(`${this.clientId}: SUBSCRIBE refused with code ${packet.at(-1)}`));
    else if (type === this.#await?.type) this.#await.resolve();
  }
}

/** Connects all of them, so many at a time. */
export async function connectAll(target: Target, identities: readonly Identity[], atOnce = 50): Promise<Device[]> {
  const devices: Device[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let identity = identities[next++]; identity; identity = identities[next++])
      devices.push(await Device.connect(target, identity));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, identities.length) }, worker));
  return devices;
}
