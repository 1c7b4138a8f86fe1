const ALPHABET = '0123456789bcdefghjkmnpqrstuvwxyz';

/** Characters of the geohash that names an area: cells of about 4.9 km by 4.9 km at the equator, narrower towards the poles. */
export const AREA_GEOHASH_LENGTH = 5;

/** What names an area in `bc/area/<geohash>`. */
export const AREA_GEOHASH_PATTERN = `^[0-9b-hjkmnp-z]{${AREA_GEOHASH_LENGTH}}$`;

/**
 * The geohash of a position (https://en.wikipedia.org/wiki/Geohash): the longer, the smaller the cell that it names.
 * @param latitude in degrees, -90 to 90
 * @param longitude in degrees, -180 to 180
 */
export function geohash(latitude: number, longitude: number, length = AREA_GEOHASH_LENGTH): string {
  const ranges: [number, number][] = [
    [-180, 180],
    [-90, 90],
  ];
  const position = [longitude, latitude];
  let text = '';
  // Bits of longitude and latitude take turns, five a character.
  for (let bit = 0, character = 0; text.length < length; bit++) {
    const range = ranges[bit % 2]!;
    const middle = (range[0] + range[1]) / 2;
    const upper = position[bit % 2]! >= middle;
    range[upper ? 0 : 1] = middle;
    character = character * 2 + (upper ? 1 : 0);
    if (bit % 5 === 4) {
      text += ALPHABET[character];
      character = 0;
    }
  }
  return text;
}
