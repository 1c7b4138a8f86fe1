import { expect, test } from '@jest/globals';

import { cidrBlocks } from '../../../twin/cloudformation/cidr.ts';

test.each<[string, number, number | undefined, string[]]>([
  ['10.0.0.0/16', 3, 8, ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24']],
  ['192.168.0.0/24', 4, 5, ['192.168.0.0/27', '192.168.0.32/27', '192.168.0.64/27', '192.168.0.96/27']],
  ['10.0.0.0/24', 1, undefined, ['10.0.0.0/24']],
  ['10.1.2.3/16', 1, 8, ['10.1.0.0/24']],
  ['2001:db8::/56', 2, 64, ['2001:db8::/64', '2001:db8:0:1::/64']],
  ['255.255.0.0/16', 1, 8, ['255.255.0.0/24']],
])('%s gives %d blocks of %s host bits', (block, count, hostBits, blocks) => {
  expect(cidrBlocks(block, count, hostBits)).toEqual(blocks);
});

test.each<[string, number, number, string]>([
  ['10.0.0.0', 1, 8, '"10.0.0.0" is not an address block'],
  ['10.0.0.0/33', 1, 8, '"10.0.0.0/33" is not an address block'],
  ['vpc/16', 1, 8, '"vpc/16" is not an address block'],
  ['10.0.0.0/16', 0, 8, 'the count 0 is not between 1 and 256'],
  ['10.0.0.0/24', 1, 9, '10.0.0.0/24 has no room for 1 blocks of 9 host bits'],
])('%s with count %d and %d host bits is refused', (block, count, hostBits, message) => {
  expect(() => cidrBlocks(block, count, hostBits)).toThrow(message);
});
