import { isUtf8 } from 'node:buffer';

import { REASON, type ReasonCode } from './reason-codes.ts';

/** Bytes that are no MQTT packet, or a packet that the protocol forbids: the connection ends with this code. */
export class ProtocolViolation extends Error {
  readonly reasonCode: ReasonCode;

  constructor(message: string, reasonCode: ReasonCode = REASON.MALFORMED_PACKET) {
    super(message);
    this.name = 'ProtocolViolation';
    this.reasonCode = reasonCode;
  }
}

/**
 * Length in bytes of the packet that starts at `offset`, its fixed header included (MQTT 5, section 2.1).
 *
 * @returns 0 while the header is not complete
 * @throws ProtocolViolation when the length takes more than four bytes
 */
export function packetLength(bytes: Buffer, offset: number): number {
  let value = 0;
  for (let index = 1; index <= 4; index += 1) {
    const at = offset + index;
    if (at >= bytes.length) return 0;
    const byte = bytes[at]!;
    value += (byte & 0x7f) * 2 ** (7 * (index - 1));
    if (byte < 0x80) return value + index + 1;
  }
  throw new ProtocolViolation('remaining length takes more than four bytes');
}

/** Reads the fields of one packet in turn; running past its end is a violation, never an exception of Buffer. */
export class PacketReader {
  readonly #bytes: Buffer;
  position: number;

  constructor(bytes: Buffer, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  get remaining(): number {
    return this.#bytes.length - this.position;
  }

  #advance(count: number): number {
    const at = this.position;
    if (at + count > this.#bytes.length) throw new ProtocolViolation('packet ends inside a field');
    this.position = at + count;
    return at;
  }

  byte(): number {
    return this.#bytes[this.#advance(1)]!;
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#advance(2));
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4));
  }

  variableInteger(): number {
    let value = 0;
    for (let index = 0; index < 4; index += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return value;
    }
    throw new ProtocolViolation('variable byte integer takes more than four bytes');
  }

  /** Without copying: valid as long as the packet's bytes are. */
  binary(): Buffer {
    const length = this.uint16();
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** UTF-8, checked: section 1.5.4 makes ill-formed text a malformed packet. */
  string(): string {
    const length = this.uint16();
    const at = this.#advance(length);
    const text = this.#bytes.toString('utf8', at, at + length);
    // Only text with a replacement character can have been ill-formed; the check is skipped for all other.
    if (text.includes('\ufffd') && !isUtf8(this.#bytes.subarray(at, at + length)))
      throw new ProtocolViolation('text is not UTF-8');
    if (text.includes('\0')) throw new ProtocolViolation('text contains U+0000');
    return text;
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.position);
  }
}
