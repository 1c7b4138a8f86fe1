import { BlockList, isIP } from 'node:net';

const IPV4_MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An address as policies write it: IPv4 that arrived on a dual-stack socket loses its `::ffff:` prefix. */
function normalized(address: string): string {
  return IPV4_MAPPED.exec(address)?.[1] ?? address;
}

/**
 * Tells whether addresses lie in a range (`203.0.113.0/24`, `2001:db8::/32`, or one address); `undefined` when the range
 * cannot be read, in which case nothing lies in it.
 */
export function addressRange(range: string): ((address: string) => boolean) | undefined {
  const [network = '', prefix] = range.split('/');
  const version = isIP(network);
  const longest = version === 4 ? 32 : 128;
  const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity;
  if (version === 0 || length > longest) return undefined;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const block = new BlockList();
  block.addSubnet(network, length, family);
  return (address) => {
    const plain = normalized(address);
    return isIP(plain) === version && block.check(plain, family);
  };
}
