import type { Query } from './query.ts';

const METRES: Readonly<Record<string, number>> = {
  '': 1,
  mm: 0.001,
  cm: 0.01,
  m: 1,
  km: 1000,
  in: 0.0254,
  ft: 0.3048,
  yd: 0.9144,
  mi: 1609.344,
  nmi: 1852,
};

const GEO_DISTANCE = /^geo_distance,([-+]?[\d.]+),([-+]?[\d.]+),([\d.]+)([a-z]*)$/;
const EARTH_RADIUS_METRES = 6_371_008.8;

/** `geo_distance,<latitude>,<longitude>,<distance><unit>`; `undefined` for what is not written so. */
export function parseGeoDistance(field: string, value: string): Query | undefined {
  const [, latitude, longitude, distance, unit] = GEO_DISTANCE.exec(value) ?? [];
  if (latitude === undefined) return undefined;
  const place = { latitude: Number(latitude), longitude: Number(longitude) };
  const metres = Number(distance) * (METRES[unit!] ?? NaN);
  const valid = Math.abs(place.latitude) <= 90 && Math.abs(place.longitude) <= 180 && metres >= 0;
  return valid ? { kind: 'near', field, ...place, metres } : undefined;
}

export interface Place {
  /** Degrees. */
  readonly latitude: number;
  readonly longitude: number;
}

/** Great-circle distance in metres (haversine, mean Earth radius). */
export function distanceMetres(from: Place, to: Place): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const halfLatitude = Math.sin(radians(to.latitude - from.latitude) / 2);
  const halfLongitude = Math.sin(radians(to.longitude - from.longitude) / 2);
  const h = halfLatitude ** 2 + Math.cos(radians(from.latitude)) * Math.cos(radians(to.latitude)) * halfLongitude ** 2;
  return 2 * EARTH_RADIUS_METRES * Math.asin(Math.min(1, Math.sqrt(h)));
}
