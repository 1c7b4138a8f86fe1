import { findCommand } from '../contracts/commands/catalogue.ts';
import { commandRequestSchema, type CommandAnswer, type CommandRequest } from '../contracts/commands/wire.ts';
import { violations } from '../contracts/schema.ts';

/** What a vehicle remembers of a command, on disk, so that it executes an id once however often it arrives. */
export interface ExecutionRecord {
  readonly id: string;
  /** Unix time in ms; the record may be forgotten a while after it. */
  readonly deadline: number;
  /** Absent while it runs: a restart in between means that nobody knows how far it got. */
  readonly answer?: CommandAnswer;
}

export interface ExecutionJournal {
  find(id: string): ExecutionRecord | undefined;
  /** On disk when it returns. */
  record(record: ExecutionRecord): void;
}

/** Does what a command says, and gives its result. @throws CommandRefused when the vehicle will not */
export type CommandHandler = (
  parameters: Readonly<Record<string, unknown>>,
) => Promise<Readonly<Record<string, unknown>>> | Readonly<Record<string, unknown>>;

export class CommandRefused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'CommandRefused';
    this.code = code;
  }
}

export interface CommandExecutorOptions {
  readonly journal: ExecutionJournal;
  readonly handlers: Readonly<Record<string, CommandHandler>>;
  now(): number;
  /** Sends an answer; called once or twice a command (ACCEPTED first). */
  answer(commandId: string, answer: CommandAnswer): void;
}

const rejected = (code: string, message: string): CommandAnswer => ({ status: 'REJECTED', reason: { code, message } });

/** The vehicle's side of a command: at most one execution, never after the deadline, always an answer. */
export class CommandExecutor {
  readonly #options: CommandExecutorOptions;

  constructor(options: CommandExecutorOptions) {
    this.#options = options;
  }

  /**
   * Takes a message from `cmd/<thing>/req/<commandId>`.
   *
   * @param commandId from the topic, which is what the answer goes to
   */
  async receive(commandId: string, payload: Buffer): Promise<void> {
    const { journal } = this.#options;
    const known = journal.find(commandId);
    if (known) return this.#repeat(known);
    const request = this.#parse(commandId, payload);
    if ('status' in request) return this.#conclude(commandId, this.#options.now(), request);
    const refusal = this.#refusalOf(request);
    if (refusal) return this.#conclude(commandId, request.deadline, refusal);
    journal.record({ id: commandId, deadline: request.deadline });
    this.#send(commandId, { status: 'ACCEPTED' });
    this.#conclude(commandId, request.deadline, await this.#execute(request));
  }

  /** After a start: answers for what the last power cut interrupted. It is not executed again, since it may have been. */
  recover(interrupted: readonly ExecutionRecord[]): void {
    for (const { id, deadline } of interrupted) {
      const reason = { code: 'interrupted', message: 'the vehicle restarted while it ran; it may have been executed' };
      this.#conclude(id, deadline, { status: 'FAILED', reason });
    }
  }

  #repeat(known: ExecutionRecord): void {
    // Without an answer it is running now, and will answer.
    if (known.answer) this.#send(known.id, known.answer);
  }

  #parse(commandId: string, payload: Buffer): CommandRequest | CommandAnswer {
    let document: unknown;
    try {
      document = JSON.parse(payload.toString('utf8'));
    } catch {
      return rejected('invalid-arguments', 'the message is not JSON');
    }
    const [violation] = violations(commandRequestSchema, document);
    if (violation) return rejected('invalid-arguments', `${violation.pointer || 'the message'} ${violation.message}`);
    const request = document as CommandRequest;
    return request.id === commandId ? request : rejected('invalid-arguments', 'the id is not that of the topic');
  }

  #refusalOf(request: CommandRequest): CommandAnswer | undefined {
    const definition = findCommand(request.command);
    if (!definition || !Object.hasOwn(this.#options.handlers, request.command))
      return rejected('unknown-command', request.command);
    if (this.#options.now() >= request.deadline)
      return rejected('deadline-passed', `the deadline was ${new Date(request.deadline).toISOString()}`);
    const [violation] = violations(definition.arguments, request.arguments);
    return violation && rejected('invalid-arguments', `${violation.pointer || 'arguments'} ${violation.message}`);
  }

  async #execute(request: CommandRequest): Promise<CommandAnswer> {
    try {
      return { status: 'SUCCEEDED', result: await this.#options.handlers[request.command]!(request.arguments) };
    } catch (error) {
      if (error instanceof CommandRefused) return rejected(error.code, error.message);
      return { status: 'FAILED', reason: { code: 'error', message: (error as Error).message } };
    }
  }

  #conclude(commandId: string, deadline: number, answer: CommandAnswer): void {
    this.#options.journal.record({ id: commandId, deadline, answer });
    this.#send(commandId, answer);
  }

  #send(commandId: string, answer: CommandAnswer): void {
    this.#options.answer(commandId, { ...answer, at: this.#options.now() });
  }
}
