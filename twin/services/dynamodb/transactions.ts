import { isDeepStrictEqual } from 'node:util';

import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Data } from './dynalite.ts';
import type { DynamoDbEngine, ItemWrite } from './engine.ts';

/** TransactWriteItems and TransactGetItems take at most 100 actions (Amazon DynamoDB quotas). */
const MOST_ACTIONS = 100;
/** A client request token is remembered for ten minutes (API reference, TransactWriteItems). */
const TOKEN_LIFETIME_MS = 10 * 60 * 1000;

const OPERATIONS = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheck',
} as const;

/** Codes of cancellation reasons by the error that a single write would have had. */
const REASON_CODES: Readonly<Record<string, string>> = {
  ConditionalCheckFailedException: 'ConditionalCheckFailed',
  ValidationException: 'ValidationError',
};

/** The writes that a TransactWriteItems request asks for. */
export function transactionWrites(input: Data): ItemWrite[] {
  const items = (input['TransactItems'] ?? []) as Record<string, Data>[];
  if (items.length < 1 || items.length > MOST_ACTIONS) throw countError(items.length);
  return items.map((item) => {
    const actions = Object.entries(OPERATIONS).filter(([name]) => item[name] !== undefined);
    const chosen = actions[0];
    if (!chosen || actions.length > 1) {
      throw validation('TransactItems can only contain one of Check, Put, Update or Delete');
    }
    return { operation: chosen[1], data: item[chosen[0]]! };
  });
}

interface Remembered {
  readonly input: Data;
  readonly expires: number;
  readonly output: Promise<Data>;
}

/** Transactions over the engine's all-or-nothing writes. */
export class Transactions {
  readonly #engine: DynamoDbEngine;
  readonly #clock: Clock;
  readonly #tokens = new Map<string, Remembered>();

  constructor(engine: DynamoDbEngine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /** @throws AwsError TransactionCanceledException with a reason for each action, IdempotentParameterMismatchException */
  async write(input: Data): Promise<Data> {
    const writes = transactionWrites(input);
    const token = input['ClientRequestToken'];
    if (typeof token !== 'string') return this.#write(writes);

    for (const [known, { expires }] of this.#tokens) if (expires <= this.#clock.now()) this.#tokens.delete(known);
    const earlier = this.#tokens.get(token);
    if (earlier && !isDeepStrictEqual(earlier.input, input)) {
      throw new AwsError(
        'IdempotentParameterMismatchException',
        'The provided parameters do not match those of the earlier request with this token',
      );
    }
    if (earlier) return earlier.output;
    const output = this.#write(writes);
    this.#tokens.set(token, { input, expires: this.#clock.now() + TOKEN_LIFETIME_MS, output });
    // A transaction that was cancelled may be tried again with its token.
    output.catch(() => this.#tokens.delete(token));
    return output;
  }

  async #write(writes: readonly ItemWrite[]): Promise<Data> {
    const results = await this.#engine.write(writes);
    if (results.every((result) => 'output' in result)) return {};
    const reasons = results.map((result) => {
      if ('output' in result) return { Code: 'None' };
      const { error } = result;
      return { Code: REASON_CODES[error.code] ?? error.code, Message: error.message, ...error.members };
    });
    const codes = reasons.map(({ Code: code }) => code).join(', ');
    throw new AwsError(
      'TransactionCanceledException',
      `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
      400,
      { CancellationReasons: reasons },
    );
  }

  /** Items as they were at one moment, each through its own projection. */
  async get(input: Data): Promise<Data> {
    const gets = ((input['TransactItems'] ?? []) as { Get?: Data }[]).map(({ Get }) => Get ?? {});
    if (gets.length < 1 || gets.length > MOST_ACTIONS) throw countError(gets.length);
    return { Responses: await this.#engine.readTogether(gets) };
  }
}

function countError(count: number): AwsError {
  const constraint = count < 1 ? 'greater than or equal to 1' : `less than or equal to ${MOST_ACTIONS}`;
  return validation(
    `1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length ${constraint}`,
  );
}

function validation(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
