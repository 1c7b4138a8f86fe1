import type { Externals } from './externals.ts';
import { EvaluationFailure } from './errors.ts';
import { Journal } from './journal.ts';
import type { RuleMessage } from './message.ts';
import { parsePayload } from './payload.ts';
import type { Value } from './value.ts';

/** Steps of the matcher, and rows of nested queries, that one evaluation may take: a fraction of a second's work. */
const STEP_BUDGET = 4_000_000;
const STEPS_PER_ROW = 20;
/** The wall-clock bound behind the budget, for rows that are each expensive (a hash of 128 KiB for every element). */
const MAX_MILLISECONDS = 2_000;

export type Evaluator = (frame: Frame) => Value;

/** What one evaluation of a statement or template works on. The payload is parsed when something first reads it. */
export class Frame {
  readonly message: RuleMessage;
  readonly externals: Externals;
  readonly keepsWholeDecimals: boolean;
  /** Values of `@name`, without the `@`. */
  variables: Readonly<Record<string, Value>> | undefined;
  /** The current row of each enclosing nested query, outermost first. */
  readonly rows: Value[] = [];
  /** Present where the evaluation may wait for something outside. */
  readonly journal: Journal | undefined;
  #payload: Value;
  #isParsed = false;
  #steps = STEP_BUDGET;
  #deadline = 0;

  constructor(message: RuleMessage, externals: Externals, keepsWholeDecimals: boolean, mayWait: boolean) {
    this.message = message;
    this.externals = externals;
    this.keepsWholeDecimals = keepsWholeDecimals;
    this.variables = undefined;
    this.journal = mayWait ? new Journal() : undefined;
  }

  /** The payload's JSON value, or Undefined where it is not JSON. */
  get payload(): Value {
    if (!this.#isParsed) {
      this.#payload = parsePayload(this.message.payload, this.keepsWholeDecimals);
      this.#isParsed = true;
    }
    return this.#payload;
  }

  /** Takes `steps` from the evaluation's budget, so that hostile input ends in a failure and not in a hang. */
  spend(steps: number): void {
    this.#steps -= steps;
    if (this.#steps < 0) throw new EvaluationFailure('the statement takes too many steps for this message');
  }

  enterRow(): void {
    this.spend(STEPS_PER_ROW);
    const now = performance.now();
    if (this.#deadline === 0) this.#deadline = now + MAX_MILLISECONDS;
    else if (now > this.#deadline) {
      throw new EvaluationFailure(`the statement takes longer than ${MAX_MILLISECONDS} ms for this message`);
    }
  }

  /** The result of something that is not the same each time: from the journal where the evaluation is running again. */
  record(produce: () => Value | Promise<Value>): Value {
    return this.journal ? this.journal.record(produce) : (produce() as Value);
  }

  /** Ready to run from the start again with what the journal holds. */
  rewind(): void {
    this.journal?.rewind();
    this.variables = undefined;
    this.rows.length = 0;
  }
}
