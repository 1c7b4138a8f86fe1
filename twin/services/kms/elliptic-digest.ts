import { createECDH, randomBytes } from 'node:crypto';

/**
 * ECDSA over a digest that was made elsewhere (KMS, MessageType DIGEST). Node's own ECDSA always hashes what it signs.
 * The arithmetic is not constant in time: these keys never leave a development machine.
 */

interface Curve {
  /** Name in `node:crypto`. */
  readonly name: string;
  readonly p: bigint;
  /** y² = x³ + a·x + b; b is not needed. */
  readonly a: bigint;
  readonly n: bigint;
  readonly g: Point;
  readonly bytes: number;
}

type Point = readonly [bigint, bigint];

const P256 = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const P384 = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn;

/** Domain parameters of SEC 2, by the curve's name in a JWK. */
const CURVES: Readonly<Record<string, Curve>> = {
  'P-256': {
    name: 'prime256v1',
    p: P256,
    a: P256 - 3n,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    g: [
      0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
      0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
    ],
    bytes: 32,
  },
  'P-384': {
    name: 'secp384r1',
    p: P384,
    a: P384 - 3n,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    g: [
      0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
      0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
    ],
    bytes: 48,
  },
};

export function isKnownCurve(curve: string | undefined): boolean {
  return curve !== undefined && curve in CURVES;
}

/** @returns the signature in DER, as KMS gives it */
export function signDigest(privateKey: { readonly crv?: string; readonly d?: string }, digest: Buffer): Buffer {
  const curve = CURVES[privateKey.crv!]!;
  const secret = toBigInt(Buffer.from(privateKey.d!, 'base64url'));
  for (;;) {
    const nonce = toBigInt(randomBytes(curve.bytes)) % curve.n;
    if (nonce === 0n) continue;
    const ecdh = createECDH(curve.name);
    ecdh.setPrivateKey(toBytes(nonce, curve.bytes));
    const r = toBigInt(ecdh.getPublicKey().subarray(1, 1 + curve.bytes)) % curve.n;
    const s = (inverse(nonce, curve.n) * (truncated(digest, curve) + r * secret)) % curve.n;
    if (r !== 0n && s !== 0n) return derSequence(r, s);
  }
}

/** @param signature in DER */
export function verifyDigest(
  publicKey: { readonly crv?: string; readonly x?: string; readonly y?: string },
  digest: Buffer,
  signature: Buffer,
): boolean {
  const curve = CURVES[publicKey.crv!]!;
  const parts = parseDer(signature);
  if (!parts) return false;
  const [r, s] = parts;
  if (r < 1n || r >= curve.n || s < 1n || s >= curve.n) return false;
  const w = inverse(s, curve.n);
  const q: Point = [toBigInt(Buffer.from(publicKey.x!, 'base64url')), toBigInt(Buffer.from(publicKey.y!, 'base64url'))];
  const sum = add(
    multiply(curve.g, (truncated(digest, curve) * w) % curve.n, curve),
    multiply(q, (r * w) % curve.n, curve),
    curve,
  );
  return sum !== undefined && sum[0] % curve.n === r;
}

/** The leftmost bits of the digest, as many as the order has (FIPS 186-5, 6.4.1). */
function truncated(digest: Buffer, { bytes }: Curve): bigint {
  return toBigInt(digest.subarray(0, bytes));
}

function multiply(point: Point, factor: bigint, curve: Curve): Point | undefined {
  let result: Point | undefined;
  let addend: Point | undefined = point;
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = add(result, addend, curve);
    addend = add(addend, addend, curve);
  }
  return result;
}

/** `undefined` is the point at infinity. */
function add(left: Point | undefined, right: Point | undefined, { p, a }: Curve): Point | undefined {
  if (!left) return right;
  if (!right) return left;
  const [x1, y1] = left;
  const [x2, y2] = right;
  if (x1 === x2 && (y1 + y2) % p === 0n) return undefined;
  const slope = x1 === x2 ? (3n * x1 * x1 + a) * inverse(2n * y1, p) : (y2 - y1) * inverse(x2 - x1, p);
  const x = modulo(slope * slope - x1 - x2, p);
  return [x, modulo(slope * (x1 - x) - y1, p)];
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b] = [modulo(value, modulus), modulus];
  let [x, y] = [1n, 0n];
  while (a > 1n) {
    const quotient = a / b;
    [a, b] = [b, a % b];
    [x, y] = [y, x - quotient * y];
  }
  return modulo(x, modulus);
}

function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

function toBigInt(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);
}

function toBytes(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');
}

function derSequence(...integers: bigint[]): Buffer {
  const body = Buffer.concat(
    integers.map((integer) => {
      const hex = integer.toString(16);
      const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
      const positive = bytes[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
      return Buffer.concat([Buffer.from([0x02, positive.length]), positive]);
    }),
  );
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

function parseDer(signature: Buffer): [bigint, bigint] | undefined {
  if (signature[0] !== 0x30 || signature[1] !== signature.length - 2) return undefined;
  const integers: bigint[] = [];
  let position = 2;
  while (position < signature.length) {
    const length = signature[position + 1] ?? 0;
    if (signature[position] !== 0x02 || length === 0 || position + 2 + length > signature.length) return undefined;
    integers.push(toBigInt(signature.subarray(position + 2, position + 2 + length)));
    position += 2 + length;
  }
  return integers.length === 2 ? [integers[0]!, integers[1]!] : undefined;
}
