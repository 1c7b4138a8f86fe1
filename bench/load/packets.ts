/** The few MQTT 3.1.1 packets that the load needs, made by hand so that the load costs as little CPU as possible. */

function remainingLength(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? digit | 0x80 : digit);
  } while (rest > 0);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

function packet(firstByte: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([firstByte, ...remainingLength(body.length)]), body]);
}

/** CONNECT with a clean session and the longest keep-alive that brokers commonly take. */
export function connectPacket(clientId: string): Buffer {
  return packet(0x10, text('MQTT'), Buffer.from([4, 2, 0x04, 0xb0]), text(clientId));
}

export function subscribePacket(packetId: number, filter: string, qos: 0 | 1): Buffer {
  return packet(0x82, Buffer.from([packetId >> 8, packetId & 0xff]), text(filter), Buffer.from([qos]));
}

export function publishPacket(topic: string, payload: Buffer, qos: 0 | 1, packetId: number): Buffer {
  const id = qos === 1 ? Buffer.from([packetId >> 8, packetId & 0xff]) : Buffer.alloc(0);
  return packet(0x30 | (qos << 1), text(topic), id, payload);
}

export const DISCONNECT = Buffer.from([0xe0, 0]);

/** Types of the packets that brokers send to these clients. */
export const PACKET = { CONNACK: 2, PUBLISH: 3, PUBACK: 4, SUBACK: 9 } as const;

/** Cuts a stream of bytes into packets, without copying those that come whole. */
export class PacketSplitter {
  readonly #take: (type: number, packet: Buffer) => void;
  #pending: Buffer | undefined;

  constructor(take: (type: number, packet: Buffer) => void) {
    this.#take = take;
  }

  push(chunk: Buffer): void {
    const bytes = this.#pending ? Buffer.concat([this.#pending, chunk]) : chunk;
    this.#pending = undefined;
    let offset = 0;
    while (offset < bytes.length) {
      let length = 0;
      let at = offset + 1;
      let complete = false;
      for (let shift = 0; at < bytes.length && !complete; shift += 7, at += 1) {
        length += (bytes[at]! & 0x7f) * 2 ** shift;
        complete = bytes[at]! < 0x80;
      }
      if (!complete || at + length > bytes.length) {
        this.#pending = bytes.subarray(offset);
        return;
      }
      this.#take(bytes[offset]! >> 4, bytes.subarray(offset, at + length));
      offset = at + length;
    }
  }
}
