import { findCommand, type CommandDefinition } from '../../contracts/commands/catalogue.ts';
import { violations, type JsonSchema } from '../../contracts/schema.ts';
import { Problem } from './response.ts';

/** The body of POST /v1/vehicles/{thing}/commands. */
export const commandOrderSchema: JsonSchema = {
  $id: 'iov.command-order',
  title: 'CommandOrder',
  type: 'object',
  required: ['command'],
  additionalProperties: false,
  properties: {
    command: { type: 'string', minLength: 1, maxLength: 64 },
    arguments: { type: 'object' },
    timeToLive: {
      description: 'seconds until the command expires; each command has a default and a maximum',
      type: 'integer',
      minimum: 1,
    },
  },
};

export interface CommandOrder {
  readonly command: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Seconds. */
  readonly timeToLive: number;
}

/**
 * Reads and checks what an app asks for, against the catalogue.
 * @throws Problem invalid-request, unknown-command or invalid-arguments, each naming every member that is wrong
 */
export function parseOrder(body: string): CommandOrder {
  const document = parseJson(body) as Partial<CommandOrder>;
  const wrong = violations(commandOrderSchema, document);
  if (wrong.length > 0) throw new Problem('invalid-request', 'the body is not a command order', wrong);
  const name = document.command!;
  const definition = findCommand(name);
  if (!definition) throw new Problem('unknown-command', `there is no command ${name}`);
  const given = document.arguments ?? {};
  const misfits = violations(definition.arguments, given);
  if (misfits.length > 0) {
    const errors = misfits.map(({ pointer, message }) => ({ pointer: `/arguments${pointer}`, message }));
    throw new Problem('invalid-arguments', `the arguments do not fit ${name}`, errors);
  }
  return { command: name, arguments: given, timeToLive: timeToLive(name, definition, document.timeToLive) };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Problem('invalid-request', 'the body is not JSON');
  }
}

function timeToLive(name: string, definition: CommandDefinition, asked: number | undefined): number {
  const { defaultTimeToLive, maximumTimeToLive } = definition;
  if (asked !== undefined && asked > maximumTimeToLive) {
    throw new Problem('invalid-request', `${name} may wait for ${maximumTimeToLive} seconds at most`, [
      { pointer: '/timeToLive', message: `must be at most ${maximumTimeToLive}` },
    ]);
  }
  return asked ?? defaultTimeToLive;
}
