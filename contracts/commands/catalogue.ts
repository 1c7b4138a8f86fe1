import type { JsonSchema } from '../schema.ts';

/** One command that an app can send to a vehicle. Adding a command is adding an entry; nothing else in the cloud names commands. */
export interface CommandDefinition {
  readonly description: string;
  readonly arguments: JsonSchema;
  readonly result: JsonSchema;
  /** How long a command waits for its vehicle, and its vehicle may take to answer, when the app does not say; seconds. */
  readonly defaultTimeToLive: number;
  /** The longest that an app may ask for, in seconds: a door must not unlock hours later. */
  readonly maximumTimeToLive: number;
}

const nothing: JsonSchema = { type: 'object', additionalProperties: false, properties: {} };
const HOUR = 3600;

const doors: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    doors: {
      description: 'which doors; all of them when it is left out',
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: { type: 'string', enum: ['row1-left', 'row1-right', 'row2-left', 'row2-right', 'tailgate'] },
    },
  },
};

const doorsResult: JsonSchema = {
  type: 'object',
  required: ['locked'],
  properties: { locked: { type: 'boolean' } },
};

export const COMMANDS: Readonly<Record<string, CommandDefinition>> = {
  'doors.lock': {
    description: 'Locks doors.',
    arguments: doors,
    result: doorsResult,
    defaultTimeToLive: 60,
    maximumTimeToLive: HOUR,
  },
  'doors.unlock': {
    description: 'Unlocks doors.',
    arguments: doors,
    result: doorsResult,
    defaultTimeToLive: 30,
    maximumTimeToLive: 300,
  },
  'climate.start': {
    description: 'Starts the climate control before a drive.',
    arguments: {
      type: 'object',
      additionalProperties: false,
      properties: {
        temperature: { description: 'target in degrees Celsius', type: 'number', minimum: 15, maximum: 30 },
        minutes: { description: 'for how long', type: 'integer', minimum: 1, maximum: 60 },
      },
    },
    result: {
      type: 'object',
      required: ['until'],
      properties: { until: { description: 'Unix time in ms', type: 'integer' } },
    },
    defaultTimeToLive: 300,
    maximumTimeToLive: 24 * HOUR,
  },
  'horn.honk': {
    description: 'Sounds the horn.',
    arguments: {
      type: 'object',
      additionalProperties: false,
      properties: { times: { type: 'integer', minimum: 1, maximum: 5 } },
    },
    result: nothing,
    defaultTimeToLive: 30,
    maximumTimeToLive: 120,
  },
  'location.get': {
    description: 'Asks for the position.',
    arguments: nothing,
    result: {
      type: 'object',
      required: ['latitude', 'longitude', 'at'],
      properties: {
        latitude: { type: 'number', minimum: -90, maximum: 90 },
        longitude: { type: 'number', minimum: -180, maximum: 180 },
        at: { description: 'when the position was taken, Unix time in ms', type: 'integer' },
      },
    },
    defaultTimeToLive: 60,
    maximumTimeToLive: HOUR,
  },
};

/** The definition of a command by its name; inherited names such as `constructor` are no commands. */
export function findCommand(name: string): CommandDefinition | undefined {
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}
