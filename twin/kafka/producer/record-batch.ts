import type { OutgoingRecord } from './record.ts';
import { sizeOfVarint, writeVarint } from './varint.ts';

/** Bytes before the first record of a version 2 batch (Kafka documentation, "Record Batch"). */
const HEADER_BYTES = 61;
const CRC_FROM = 21;
const FIRST_SIZE = 4096;
const NO_PRODUCER = -1n;

/** Who wrote a batch and the how-manieth record its first one is: by these the broker recognises a repeated batch. */
export interface BatchIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

export interface BatchCodec {
  readonly crc32c: (data: Buffer) => number;
  /** Absent for `compression.type=none`. */
  readonly compression?: { readonly bitmask: number; compressSync(data: Buffer): Buffer };
}

/** Callback of a record whose batch has been decided upon. */
export type Settle = (error?: Error) => void;

/**
 * Records of one partition, encoded as they come, so that a buffered message costs its bytes and one callback. Once sealed the
 * bytes do not change: a repeated attempt sends the same batch, which the broker then knows as a duplicate.
 */
export class RecordBatch {
  readonly createdAt: number;
  readonly settles: Settle[] = [];
  /** Whether an attempt ended without an answer, so that the records may be in Kafka. */
  mayBeWritten = false;
  #buffer: Buffer = Buffer.allocUnsafe(FIRST_SIZE);
  #length = HEADER_BYTES;
  #maxTimestamp: number;
  #sealed: Buffer | undefined;

  /** @param createdAt milliseconds since the epoch; the timestamp of its first record as well */
  constructor(createdAt: number) {
    this.createdAt = createdAt;
    this.#maxTimestamp = createdAt;
  }

  get count(): number {
    return this.settles.length;
  }

  /** Bytes buffered, before compression. */
  get bytes(): number {
    return this.#length;
  }

  get isSealed(): boolean {
    return this.#sealed !== undefined;
  }

  append(record: OutgoingRecord, timestamp: number, settle: Settle): void {
    const { key, value, headers } = record;
    const delta = Math.max(0, timestamp - this.createdAt);
    const keyBytes = key === undefined ? -1 : byteLength(key);
    let size = 1 + sizeOfVarint(delta) + sizeOfVarint(this.count) + sizeOfVarint(keyBytes) + Math.max(0, keyBytes);
    size += sizeOfVarint(value.length) + value.length + sizeOfVarint(headers.length);
    for (const header of headers) size += sizeOfText(header.key) + sizeOfText(header.value);

    let at = this.#reserve(size + sizeOfVarint(size));
    const buffer = this.#buffer;
    at = writeVarint(buffer, at, size);
    buffer[at++] = 0;
    at = writeVarint(buffer, at, delta);
    at = writeVarint(buffer, at, this.count);
    at = key === undefined ? writeVarint(buffer, at, -1) : writeText(buffer, at, key);
    at = writeVarint(buffer, at, value.length);
    at += value.copy(buffer, at);
    at = writeVarint(buffer, at, headers.length);
    for (const header of headers) {
      at = writeText(buffer, at, header.key);
      at = writeText(buffer, at, header.value);
    }
    this.#length = at;
    this.#maxTimestamp = Math.max(this.#maxTimestamp, timestamp);
    this.settles.push(settle);
  }

  #reserve(bytes: number): number {
    const needed = this.#length + bytes;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    return this.#length;
  }

  /** The batch's bytes. The first call decides them; later ones return the same. */
  seal(identity: BatchIdentity | undefined, codec: BatchCodec): Buffer {
    if (this.#sealed) return this.#sealed;
    let batch = this.#buffer.subarray(0, this.#length);
    if (codec.compression) {
      const records = codec.compression.compressSync(batch.subarray(HEADER_BYTES));
      batch = Buffer.concat([batch.subarray(0, HEADER_BYTES), records]);
    }
    batch.writeBigInt64BE(0n, 0);
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeInt32BE(-1, 12);
    batch[16] = 2;
    batch.writeInt16BE(codec.compression?.bitmask ?? 0, 21);
    batch.writeInt32BE(this.count - 1, 23);
    batch.writeBigInt64BE(BigInt(this.createdAt), 27);
    batch.writeBigInt64BE(BigInt(this.#maxTimestamp), 35);
    batch.writeBigInt64BE(identity?.producerId ?? NO_PRODUCER, 43);
    batch.writeInt16BE(identity?.producerEpoch ?? -1, 51);
    batch.writeInt32BE(identity?.baseSequence ?? -1, 53);
    batch.writeInt32BE(this.count, 57);
    batch.writeUInt32BE(codec.crc32c(batch.subarray(CRC_FROM)) >>> 0, 17);
    return (this.#sealed = batch);
  }

  /** Takes the seal off, for a batch that the broker has certainly not written and wants under another identity. */
  unseal(): void {
    this.#sealed = undefined;
  }

  /** The encoded records, uncompressed: what a batch that is too large as a whole is cut up from. */
  get records(): Buffer {
    return this.#buffer.subarray(HEADER_BYTES, this.#length);
  }
}

/** Beyond this the runtime's own conversion is faster than a loop, whose advantage is that it calls nothing. */
const SHORT_TEXT = 48;

/** Bytes of short ASCII text, which keys and headers nearly always are; -1 for any other. */
function asciiLength(text: string): number {
  const { length } = text;
  if (length > SHORT_TEXT) return -1;
  for (let index = 0; index < length; index += 1) if (text.charCodeAt(index) > 0x7f) return -1;
  return length;
}

function byteLength(text: string): number {
  const ascii = asciiLength(text);
  return ascii === -1 ? Buffer.byteLength(text) : ascii;
}

function sizeOfText(text: string): number {
  const bytes = byteLength(text);
  return sizeOfVarint(bytes) + bytes;
}

function writeText(buffer: Buffer, offset: number, text: string): number {
  const ascii = asciiLength(text);
  if (ascii === -1) {
    const at = writeVarint(buffer, offset, Buffer.byteLength(text));
    return at + buffer.write(text, at);
  }
  const at = writeVarint(buffer, offset, ascii);
  for (let index = 0; index < ascii; index += 1) buffer[at + index] = text.charCodeAt(index);
  return at + ascii;
}
