import type { JsonSchema } from './schema.ts';

/** Something that happened at a device, reported once. */
export interface DeviceEvent {
  /** Unique for the device, so that consumers can drop repetitions (QoS 1 delivers at least once). */
  readonly id: string;
  /** What happened, dotted, general to particular: `door.opened`, `alarm.triggered`, `charging.started`, `connection.lost`. */
  readonly type: string;
  /** When it happened: Unix time in ms. For a last will: when the will was set. */
  readonly at: number;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The type of event that a device leaves as its last will. */
export const CONNECTION_LOST = 'connection.lost';

export const eventSchema: JsonSchema = {
  $id: 'iov.event',
  title: 'DeviceEvent',
  type: 'object',
  required: ['id', 'type', 'at'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', minLength: 1, maxLength: 64 },
    type: { type: 'string', maxLength: 64, pattern: '^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)+$' },
    at: { type: 'integer', minimum: 0 },
    data: { type: 'object' },
  },
};
