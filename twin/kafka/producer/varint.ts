/** Variable-length integers of Kafka's records: zigzag and base 128, as in Protocol Buffers. */

export function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

export function sizeOfVarint(value: number): number {
  return sizeOfUnsigned(zigzag(value));
}

export function sizeOfUnsigned(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

/** @returns the offset after what was written */
export function writeVarint(buffer: Buffer, offset: number, value: number): number {
  return writeUnsigned(buffer, offset, zigzag(value));
}

/** @returns the offset after what was written */
export function writeUnsigned(buffer: Buffer, offset: number, value: number): number {
  let rest = value;
  let at = offset;
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}
