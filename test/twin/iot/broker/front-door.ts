import { once } from 'node:events';
import { connect as connectTls, type TLSSocket } from 'node:tls';

import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import mqttPacket, { type IConnackPacket, type IConnectPacket, type Packet } from 'mqtt-packet';

import { SystemClock, type Clock } from '../../../../twin/clock.ts';
import { createBroker, type Broker, type BrokerOptions } from '../../../../twin/iot/broker/broker.ts';
import type { Admission, BrokerLogEntry, ConnectRequest, Refusal } from '../../../../twin/iot/broker/ports.ts';
import type { Publication } from '../../../../twin/iot/publication.ts';
import { openStore, type Store } from '../../../../twin/state/store.ts';
import { createCertificates, type Identity } from './certificates.ts';

/** A broker on ports of its own with everything around it replaced by what a test can steer and look at. */
export interface FrontDoor {
  readonly broker: Broker;
  readonly certificates: Awaited<ReturnType<typeof createCertificates>>;
  readonly vehicle: Identity;
  readonly mqttPort: number;
  readonly ingested: Publication[];
  readonly admitted: ConnectRequest[];
  readonly log: BrokerLogEntry[];
  /** Replaced by a test that wants a slow or failing rules engine. */
  ingest: (publication: Publication) => Promise<void> | undefined;
  admit: (request: ConnectRequest) => Admission | Refusal | Promise<Admission | Refusal>;
  authorize: (action: string, resource: string) => boolean;
  /** MQTT.js, connected. */
  client(clientId: string, options?: IClientOptions): Promise<MqttClient>;
  /** Bytes on a TLS socket. */
  raw(options?: { alpn?: string[]; serverName?: string; identity?: Identity | null }): Promise<RawClient>;
  close(): Promise<void>;
}

const certificates = createCertificates();
const vehicleIdentity = certificates.then(({ issue }) => issue('vehicle-1'));

export async function openFrontDoor(
  options: Partial<BrokerOptions> & { clock?: Clock; store?: Store } = {},
): Promise<FrontDoor> {
  const made = await certificates;
  const vehicle = await vehicleIdentity;
  const clients: MqttClient[] = [];
  const raws: RawClient[] = [];
  const store = options.store ?? openStore(':memory:');
  const broker = createBroker({
    clock: new SystemClock(),
    gatekeeper: { admit: async (request) => (door.admitted.push(request), door.admit(request)) },
    sink: { ingest: (publication) => (door.ingested.push(publication), door.ingest(publication)) },
    log: { enabled: () => true, write: (entry) => void door.log.push(entry) },
    ...options,
    store,
  });
  const { port } = await broker.listenTls({ port: 0, key: made.server.key, cert: made.server.cert, ca: made.ca });
  const door: FrontDoor = {
    broker,
    certificates: made,
    vehicle,
    mqttPort: port,
    ingested: [],
    admitted: [],
    log: [],
    ingest: () => undefined,
    admit: (request) => ({
      principal: request.certificate?.certificateId ?? 'nobody',
      thingName: request.clientId,
      authorize: (action, resource) => door.authorize(action, resource),
    }),
    authorize: () => true,
    async client(clientId, clientOptions = {}) {
      const client = await mqtt.connectAsync(`mqtts://localhost:${port}`, {
        ca: made.ca,
        cert: vehicle.cert,
        key: vehicle.key,
        clientId,
        reconnectPeriod: 0,
        ...clientOptions,
      });
      client.on('error', () => undefined);
      clients.push(client);
      return client;
    },
    async raw({ alpn, serverName = 'localhost', identity = vehicle } = {}) {
      const socket = connectTls({
        host: '127.0.0.1',
        port,
        ca: made.ca,
        ...(serverName && { servername: serverName }),
        checkServerIdentity: () => undefined,
        ...(identity && { cert: identity.cert, key: identity.key }),
        ...(alpn && { ALPNProtocols: alpn }),
      });
      const client = new RawClient(socket);
      raws.push(client);
      await once(socket, 'secureConnect');
      return client;
    },
    async close() {
      for (const client of clients) client.end(true);
      for (const client of raws) client.socket.destroy();
      await broker.close();
      if (!options.store) store.close();
    },
  };
  return door;
}

/** Speaks MQTT packet by packet, correct or not. */
export class RawClient {
  readonly socket: TLSSocket;
  readonly #packets: Packet[] = [];
  #wake: () => void = () => undefined;
  #version: 4 | 5 = 4;
  #closed = false;

  constructor(socket: TLSSocket) {
    this.socket = socket;
    let parser = mqttPacket.parser({ protocolVersion: 4 });
    let version = 4;
    socket.on('data', (chunk: Buffer) => {
      if (version !== this.#version) {
        version = this.#version;
        parser = mqttPacket.parser({ protocolVersion: this.#version });
        parser.on('packet', (packet) => this.#take(packet));
      }
      parser.parse(chunk);
    });
    parser.on('packet', (packet) => this.#take(packet));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  #take(packet: Packet): void {
    this.#packets.push(packet);
    this.#wake();
  }

  write(packet: Packet | Buffer): void {
    this.socket.write(
      Buffer.isBuffer(packet) ? packet : mqttPacket.generate(packet, { protocolVersion: this.#version }),
    );
  }

  async connect(options: Partial<IConnectPacket> & { clientId: string }): Promise<IConnackPacket> {
    this.#version = options.protocolVersion === 5 ? 5 : 4;
    this.write({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 60, ...options });
    return (await this.next()) as IConnackPacket;
  }

  /** The next packet, or `'closed'` when the connection ends first. */
  async next(): Promise<Packet | 'closed'> {
    while (this.#packets.length === 0) {
      if (this.#closed) return 'closed';
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#packets.shift()!;
  }

  async expect<C extends Packet['cmd']>(cmd: C): Promise<Extract<Packet, { cmd: C }>> {
    const packet = await this.next();
    if (packet === 'closed' || packet.cmd !== cmd) throw new Error(`expected ${cmd}, got ${JSON.stringify(packet)}`);
    return packet as Extract<Packet, { cmd: C }>;
  }

  /** Sends a PINGREQ: whatever the broker wrote before its answer comes first. */
  async ping(): Promise<void> {
    this.write({ cmd: 'pingreq' });
    await this.expect('pingresp');
  }
}

/** The next message of an MQTT.js client. */
export async function nextMessage(
  client: MqttClient,
): Promise<{ topic: string; text: string; packet: mqtt.IPublishPacket }> {
  const [topic, payload, packet] = (await once(client as unknown as NodeJS.EventEmitter, 'message')) as [
    string,
    Buffer,
    mqtt.IPublishPacket,
  ];
  return { topic, text: payload.toString(), packet };
}
