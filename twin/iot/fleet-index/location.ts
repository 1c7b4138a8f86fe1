import type { Place } from './query/geo-distance.ts';

export type CoordinateOrder = 'LatLon' | 'LonLat';

const POINT = /^\s*POINT\s*\(\s*([-+\d.eE]+)\s+([-+\d.eE]+)\s*\)\s*$/i;

/**
 * Reads a location in any of the formats of the guide ("Indexing location data"): well-known text, a text of two
 * numbers, an object, an array; a GeoJSON point by its `coordinates`.
 */
export function placeOf(value: unknown, order: CoordinateOrder): Place | undefined {
  if (typeof value === 'string') {
    const [, longitude, latitude] = POINT.exec(value) ?? [];
    // Well-known text has the longitude first whatever the order is.
    if (longitude !== undefined) return checked(Number(latitude), Number(longitude));
    return placeOf(value.split(',').map(Number), order);
  }
  if (Array.isArray(value)) {
    const [first, second] = value as unknown[];
    if (value.length !== 2 || typeof first !== 'number' || typeof second !== 'number') return undefined;
    return order === 'LatLon' ? checked(first, second) : checked(second, first);
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const members = value as Readonly<Record<string, unknown>>;
  if (Array.isArray(members['coordinates'])) return placeOf(members['coordinates'], order);
  const latitude = members['lat'] ?? members['latitude'];
  const longitude = members['lon'] ?? members['long'] ?? members['longitude'];
  return typeof latitude === 'number' && typeof longitude === 'number' ? checked(latitude, longitude) : undefined;
}

function checked(latitude: number, longitude: number): Place | undefined {
  const onEarth = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  return onEarth ? { latitude, longitude } : undefined;
}
