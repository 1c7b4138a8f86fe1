import { isIP } from 'node:net';

/**
 * `Fn::Cidr`: the first `count` blocks of `hostBits` host bits each inside an address block.
 *
 * @param hostBits the part of the address that is *not* network (8 gives /24 for IPv4, 64 gives /64 for IPv6)
 * @throws Error when the block is none, or too small for them
 */
export function cidrBlocks(block: string, count: number, hostBits?: number): string[] {
  const [address, prefixText] = block.split('/') as [string, string | undefined];
  const version = isIP(address);
  const prefix = Number(prefixText);
  const width = version === 6 ? 128 : 32;
  if (version === 0 || prefixText === undefined || !Number.isInteger(prefix) || prefix < 0 || prefix > width) {
    throw new Error(`"${block}" is not an address block`);
  }
  if (!Number.isInteger(count) || count < 1 || count > 256)
    throw new Error(`the count ${count} is not between 1 and 256`);
  const bits = hostBits ?? (version === 6 ? 64 : 8);
  if (
    !Number.isInteger(bits) ||
    bits < 1 ||
    bits > width - prefix ||
    BigInt(count) > 1n << BigInt(width - prefix - bits)
  ) {
    throw new Error(`${block} has no room for ${count} blocks of ${bits} host bits`);
  }
  const start = (parse(address, version) >> BigInt(width - prefix)) << BigInt(width - prefix);
  return Array.from(
    { length: count },
    (_, index) => `${format(start + (BigInt(index) << BigInt(bits)), version)}/${width - bits}`,
  );
}

function parse(address: string, version: number): bigint {
  if (version === 4) return address.split('.').reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
  const [head, tail] = address.split('::') as [string, string | undefined];
  const groups = (part: string | undefined): string[] => (part ? part.split(':') : []);
  const [left, right] = [groups(head), groups(tail)];
  const middle = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...middle, ...right].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

function format(address: bigint, version: number): string {
  const pieces = (count: number, bits: bigint, radix: number): string[] =>
    Array.from({ length: count }, (_, index) =>
      ((address >> (BigInt(count - 1 - index) * bits)) & ((1n << bits) - 1n)).toString(radix),
    );
  if (version === 4) return pieces(4, 8n, 10).join('.');
  return new URL(`http://[${pieces(8, 16n, 16).join(':')}]`).hostname.slice(1, -1);
}
