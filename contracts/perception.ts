import { AREA_GEOHASH_PATTERN } from './geohash.ts';
import type { JsonSchema } from './schema.ts';

/** What a roadside unit can tell apart. */
export const OBJECT_KINDS = [
  'car',
  'truck',
  'bus',
  'motorcycle',
  'bicycle',
  'pedestrian',
  'animal',
  'unknown',
] as const;

export type ObjectKind = (typeof OBJECT_KINDS)[number];

/** What vehicles are warned of. */
export const HAZARD_KINDS = [
  'accident',
  'obstacle',
  'pedestrian_on_road',
  'wrong_way_driver',
  'stationary_vehicle',
  'slippery_road',
  'low_visibility',
  'road_works',
] as const;

export type HazardKind = (typeof HAZARD_KINDS)[number];

/** One road user, as a roadside unit sees it. */
export interface PerceivedObject {
  /** The unit's own number for it, kept as long as it is tracked. */
  readonly id: number;
  readonly kind: ObjectKind;
  readonly latitude: number;
  readonly longitude: number;
  /** In km/h. */
  readonly speed?: number;
  /** In degrees from north. */
  readonly heading?: number;
  /** 0 to 1. */
  readonly confidence?: number;
}

/** Something that vehicles near it must know at once. */
export interface Hazard {
  /** The same for every message about the same hazard. */
  readonly id: string;
  readonly kind: HazardKind;
  /** The area whose vehicles are told, by `bc/area/<geohash>`. */
  readonly geohash: string;
  readonly latitude: number;
  readonly longitude: number;
  /** How far it reaches, in metres. */
  readonly radius: number;
  /** After this it is no longer told to anybody: Unix time in ms. */
  readonly until: number;
}

/** What a roadside unit perceives at a moment. */
export interface PerceptionMessage {
  /** Counts the unit's messages from 0. */
  readonly sequence: number;
  /** Unix time in ms. */
  readonly at: number;
  readonly objects: readonly PerceivedObject[];
  /** At most one a message: each is published to its own area. */
  readonly hazard?: Hazard;
}

/** What arrives on `bc/area/<geohash>`: the hazard, with who saw it (from the topic, not from the message) and when AWS IoT passed it on. */
export interface HazardBroadcast extends Omit<Hazard, 'geohash'> {
  /** Thing name of the roadside unit. */
  readonly source: string;
  /** Unix time in ms. */
  readonly at: number;
}

const position: Readonly<Record<string, JsonSchema>> = {
  latitude: { description: 'in degrees', type: 'number', minimum: -90, maximum: 90 },
  longitude: { description: 'in degrees', type: 'number', minimum: -180, maximum: 180 },
};

const hazardMembers: Readonly<Record<string, JsonSchema>> = {
  id: { type: 'string', minLength: 1, maxLength: 64 },
  kind: { type: 'string', enum: HAZARD_KINDS },
  ...position,
  radius: { description: 'in metres', type: 'number', minimum: 0, maximum: 5_000 },
  until: { description: 'Unix time in ms', type: 'integer', minimum: 0 },
};

export const perceptionSchema: JsonSchema = {
  $id: 'iov.perception',
  title: 'PerceptionMessage',
  type: 'object',
  required: ['sequence', 'at', 'objects'],
  additionalProperties: false,
  properties: {
    sequence: { type: 'integer', minimum: 0 },
    at: { description: 'Unix time in ms', type: 'integer', minimum: 0 },
    objects: {
      type: 'array',
      maxItems: 200,
      items: {
        type: 'object',
        required: ['id', 'kind', 'latitude', 'longitude'],
        additionalProperties: false,
        properties: {
          id: { type: 'integer', minimum: 0 },
          kind: { type: 'string', enum: OBJECT_KINDS },
          ...position,
          speed: { description: 'in km/h', type: 'number', minimum: 0, maximum: 500 },
          heading: { description: 'in degrees from north', type: 'number', minimum: 0, maximum: 360 },
          confidence: { type: 'number', minimum: 0, maximum: 1 },
        },
      },
    },
    hazard: {
      type: 'object',
      required: ['id', 'kind', 'geohash', 'latitude', 'longitude', 'radius', 'until'],
      additionalProperties: false,
      properties: { ...hazardMembers, geohash: { type: 'string', pattern: AREA_GEOHASH_PATTERN } },
    },
  },
};

export const hazardBroadcastSchema: JsonSchema = {
  $id: 'iov.hazard-broadcast',
  title: 'HazardBroadcast',
  type: 'object',
  required: ['id', 'kind', 'latitude', 'longitude', 'radius', 'until', 'source', 'at'],
  properties: {
    ...hazardMembers,
    source: { description: 'Thing name of the roadside unit', type: 'string' },
    at: { description: 'Unix time in ms', type: 'integer', minimum: 0 },
  },
};
