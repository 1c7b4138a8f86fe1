/** The MD2 message digest (RFC 1319). OpenSSL no longer has it, and the rules engine still offers it. */

const BLOCK = 16;
const ROUNDS = 18;

/**
 * RFC 1319's table of 256 bytes "constructed from the digits of pi", computed as its authors did: a Fisher-Yates shuffle whose
 * random numbers are the decimal digits of pi, taken from a spigot. Made when the first
 * digest is asked for.
 */
let table: Uint8Array | undefined;

/** @returns the digest in lower-case hexadecimal */
export function md2(data: Buffer): string {
  const substitution = (table ??= shuffledByPi());
  const padding = BLOCK - (data.length % BLOCK);
  const padded = Buffer.alloc(data.length + padding + BLOCK, padding);
  data.copy(padded);
  appendChecksum(padded, data.length + padding, substitution);
  const state = new Uint8Array(3 * BLOCK);
  for (let block = 0; block < padded.length; block += BLOCK) {
    for (let i = 0; i < BLOCK; i++) {
      const byte = padded[block + i]!;
      state[BLOCK + i] = byte;
      state[2 * BLOCK + i] = byte ^ state[i]!;
    }
    mix(state, substitution);
  }
  return Buffer.from(state.subarray(0, BLOCK)).toString('hex');
}

/** RFC 1319, section 3.2. */
function appendChecksum(padded: Buffer, length: number, substitution: Uint8Array): void {
  const checksum = new Uint8Array(BLOCK);
  let last = 0;
  for (let block = 0; block < length; block += BLOCK) {
    for (let i = 0; i < BLOCK; i++) {
      last = checksum[i]! ^ substitution[padded[block + i]! ^ last]!;
      checksum[i] = last;
    }
  }
  padded.set(checksum, length);
}

/** RFC 1319, section 3.4. */
function mix(state: Uint8Array, substitution: Uint8Array): void {
  let t = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < state.length; i++) {
      t = state[i]! ^ substitution[t]!;
      state[i] = t;
    }
    t = (t + round) & 0xff;
  }
}

function shuffledByPi(): Uint8Array {
  const digits = digitsOfPi();
  const next = (): number => digits.next().value!;
  /** A number below `bound`, from as many digits as it needs; numbers that would favour some results are thrown away. */
  const below = (bound: number): number => {
    const range = bound > 100 ? 1_000 : bound > 10 ? 100 : 10;
    let drawn = next();
    for (let power = 10; power < range; power *= 10) drawn = drawn * 10 + next();
    const fair = Math.floor(range / bound) * bound;
    return drawn < fair ? drawn % bound : below(bound);
  };
  const shuffled = Uint8Array.from({ length: 256 }, (_, index) => index);
  for (let i = 2; i <= 256; i++) {
    const j = below(i);
    [shuffled[j], shuffled[i - 1]] = [shuffled[i - 1]!, shuffled[j]!];
  }
  return shuffled;
}

/** Gibbons' unbounded spigot. */
function* digitsOfPi(): Generator<number, never> {
  let [q, r, t, k, n, l] = [1n, 0n, 1n, 1n, 3n, 3n];
  for (;;) {
    if (4n * q + r - t < n * t) {
      yield Number(n);
      [q, r, n] = [10n * q, 10n * (r - n * t), (10n * (3n * q + r)) / t - 10n * n];
    } else {
      [q, r, t, k, n, l] = [q * k, (2n * q + r) * l, t * l, k + 1n, (q * (7n * k) + 2n + r * l) / (t * l), l + 2n];
    }
  }
}
