const SEED = 0x9747b28c | 0;
const MULTIPLIER = 0x5bd1e995;

/**
 * The 32-bit hash by which Kafka's Java producer spreads keys, so that every client puts a key on the same partition
 * (Kafka, `org.apache.kafka.common.utils.Utils.murmur2`).
 *
 * @param length bytes of `data` that count
 */
export function murmur2(data: Uint8Array, length: number = data.length): number {
  let hash = SEED ^ length;
  const words = length >> 2;
  for (let word = 0; word < words; word += 1) {
    const at = word << 2;
    let k = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
    k = Math.imul(k, MULTIPLIER);
    k = Math.imul(k ^ (k >>> 24), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ k;
  }
  const rest = words << 2;
  const left = length & 3;
  if (left > 2) hash ^= data[rest + 2]! << 16;
  if (left > 1) hash ^= data[rest + 1]! << 8;
  if (left > 0) hash = Math.imul(hash ^ data[rest]!, MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/** Partition of a key, as the Java client's default partitioner chooses it: the hash made positive by its sign bit. */
export function partitionOf(hash: number, partitions: number): number {
  return (hash & 0x7fffffff) % partitions;
}
