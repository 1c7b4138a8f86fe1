import type { JsonSchema } from '../schema.ts';

/** Command ids are topic levels and DynamoDB keys. */
export const COMMAND_ID_PATTERN = '^[A-Za-z0-9_-]{1,64}$';

const commandId = new RegExp(COMMAND_ID_PATTERN);

export function isCommandId(value: string): boolean {
  return commandId.test(value);
}

/** What a vehicle receives on `cmd/<thing>/req/<id>`. It executes an id once, however often it arrives. */
export interface CommandRequest {
  readonly id: string;
  readonly command: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Unix time in ms after which the vehicle must not start to execute: it answers REJECTED with reason `deadline-passed`. */
  readonly deadline: number;
}

/** What a vehicle can answer. ACCEPTED says that it has begun; the other three are final. */
export const ANSWER_STATUSES = ['ACCEPTED', 'SUCCEEDED', 'FAILED', 'REJECTED'] as const;

export type AnswerStatus = (typeof ANSWER_STATUSES)[number];

/** Reasons of REJECTED that vehicles share; FAILED has the command's own. */
export const REJECTION_REASONS = ['deadline-passed', 'unknown-command', 'invalid-arguments', 'not-now'] as const;

/**
 * What a vehicle publishes to `$aws/rules/command_status/cmd/<thing>/res/<id>`. Who answers which command is in the topic, which the
 * device's policy guards; a body that claims otherwise is not believed.
 */
export interface CommandAnswer {
  readonly status: AnswerStatus;
  /** Fits the command's result schema; with SUCCEEDED only. */
  readonly result?: Readonly<Record<string, unknown>>;
  /** Why not; with FAILED and REJECTED. */
  readonly reason?: { readonly code: string; readonly message?: string };
  /** The vehicle's clock, Unix time in ms; for the record, never for decisions. */
  readonly at?: number;
}

export const commandRequestSchema: JsonSchema = {
  $id: 'iov.command-request',
  title: 'CommandRequest',
  type: 'object',
  required: ['id', 'command', 'arguments', 'deadline'],
  properties: {
    id: { type: 'string', pattern: COMMAND_ID_PATTERN },
    command: { type: 'string' },
    arguments: { type: 'object' },
    deadline: { type: 'integer', minimum: 0 },
  },
};

export const commandAnswerSchema: JsonSchema = {
  $id: 'iov.command-answer',
  title: 'CommandAnswer',
  type: 'object',
  required: ['status'],
  properties: {
    status: { type: 'string', enum: ANSWER_STATUSES },
    result: { type: 'object' },
    reason: {
      type: 'object',
      required: ['code'],
      properties: { code: { type: 'string', maxLength: 64 }, message: { type: 'string', maxLength: 512 } },
    },
    at: { type: 'integer', minimum: 0 },
  },
};
