/** CRC-32C (Castagnoli) and CRC-64/NVME, which Node does not have; both reflected, all ones before and after. */

const CRC32C_POLYNOMIAL = 0x82f63b78;
const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n;

let crc32cTable: Uint32Array | undefined;
let crc64Tables: { readonly high: Uint32Array; readonly low: Uint32Array } | undefined;

export function crc32c(bytes: Uint8Array): number {
  const table = (crc32cTable ??= Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ CRC32C_POLYNOMIAL : value >>> 1;
    return value;
  }));
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}

/** Two halves of 32 bits, as BigInt arithmetic for every byte would be a hundred times slower. */
export function crc64nvme(bytes: Uint8Array): bigint {
  const { high, low } = (crc64Tables ??= makeCrc64Tables());
  let upper = 0xffffffff;
  let lower = 0xffffffff;
  for (const byte of bytes) {
    const index = (lower ^ byte) & 0xff;
    lower = ((lower >>> 8) | (upper << 24)) ^ low[index]!;
    upper = (upper >>> 8) ^ high[index]!;
  }
  return (BigInt(~upper >>> 0) << 32n) | BigInt(~lower >>> 0);
}

function makeCrc64Tables(): { high: Uint32Array; low: Uint32Array } {
  const high = new Uint32Array(256);
  const low = new Uint32Array(256);
  for (let index = 0; index < 256; index += 1) {
    let value = BigInt(index);
    for (let bit = 0; bit < 8; bit += 1) value = value & 1n ? (value >> 1n) ^ CRC64NVME_POLYNOMIAL : value >> 1n;
    high[index] = Number(value >> 32n);
    low[index] = Number(value & 0xffffffffn);
  }
  return { high, low };
}
