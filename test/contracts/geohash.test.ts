import { describe, expect, test } from '@jest/globals';
import { AREA_GEOHASH_PATTERN, geohash } from '../../contracts/geohash.ts';

describe('a geohash', () => {
  // Published values: Wikipedia's examples, and places whose geohashes are widely quoted.
  test.each([
    [57.64911, 10.40744, 11, 'u4pruydqqvj'],
    [42.605, -5.603, 5, 'ezs42'],
    [48.669, -4.329, 5, 'gbsuv'],
    [0, 0, 5, 's0000'],
    [-90, -180, 5, '00000'],
    [90, 180, 5, 'zzzzz'],
  ])('of %d, %d in %d characters is %s', (latitude, longitude, length, expected) => {
    expect(geohash(latitude, longitude, length)).toBe(expected);
  });

  test('of any place names an area', () => {
    for (let latitude = -90; latitude <= 90; latitude += 7.3)
      for (let longitude = -180; longitude <= 180; longitude += 11.7)
        expect(geohash(latitude, longitude)).toMatch(new RegExp(AREA_GEOHASH_PATTERN));
  });
});
