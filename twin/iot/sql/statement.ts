import type { Statement } from './ast.ts';
import { CompileContext } from './compile-context.ts';
import { compileExpression } from './compile-expression.ts';
import { EvaluationFailure } from './errors.ts';
import type { Externals } from './externals.ts';
import { Frame, type Evaluator } from './frame.ts';
import { runToEnd } from './journal.ts';
import type { RuleMessage } from './message.ts';
import { type Output, RawOutput, ValueOutput } from './output.ts';
import { compileProjection, isWholeInput } from './projection.ts';
import { StatementParser } from './statement-parser.ts';
import { isArray, setMember, type Value } from './value.ts';
import { DEFAULT_SQL_VERSION, isOriginalVersion, type SqlVersion } from './version.ts';

/** Limit of one SET variable and of all together, as minified JSON (Developer Guide, "SET clause limits"). */
const MAX_VARIABLE_BYTES = 131_072;

/** The values of `@name`, by name without the `@`, for substitution templates. */
export type Variables = Readonly<Record<string, Value>>;

/** `failed`: the rule ends and no action runs, the error action neither. */
export type Outcome =
  | { readonly fires: false }
  | { readonly fires: true; readonly output: Output; readonly variables: Variables }
  | { readonly failed: string };

export interface CompiledStatement {
  /** Absent where the rule listens to Basic Ingest alone. Matching it is the caller's part. */
  readonly topicFilter?: string;
  /** Answers without a promise unless an external function has to be waited for. Never throws. */
  evaluate(message: RuleMessage, externals: Externals): Outcome | Promise<Outcome>;
}

const DOES_NOT_FIRE: Outcome = { fires: false };
const NO_VARIABLES: Variables = {};

/**
 * Reads and compiles a rule's statement.
 * @throws SqlSyntaxError where it is not IoT SQL of that version
 */
export function compileStatement(sql: string, version: SqlVersion = DEFAULT_SQL_VERSION): CompiledStatement {
  return new RuleStatement(new StatementParser(sql, version).parseStatement(), sql, version);
}

class RuleStatement implements CompiledStatement {
  readonly topicFilter?: string;
  readonly #keepsWholeDecimals: boolean;
  readonly #mayWait: boolean;
  readonly #variables: readonly { readonly name: string; readonly evaluate: Evaluator }[];
  readonly #where: Evaluator | undefined;
  readonly #project: Evaluator;
  readonly #isPassThrough: boolean;
  readonly #isWholeArrayRefused: boolean;

  constructor({ variables, selection, topicFilter, where }: Statement, sql: string, version: SqlVersion) {
    const context = new CompileContext(sql, version, false, compileExpression);
    this.topicFilter = topicFilter;
    this.#keepsWholeDecimals = isOriginalVersion(version);
    this.#variables = variables.map(({ name, value }) => ({ name, evaluate: context.compile(value) }));
    this.#where = where && context.compile(where);
    this.#project = compileProjection(selection, context);
    this.#isPassThrough = selection.items.length === 1 && isWholeInput(selection.items[0]!);
    this.#isWholeArrayRefused = selection.isValue && isOriginalVersion(version);
    this.#mayWait = context.mayWait;
  }

  evaluate(message: RuleMessage, externals: Externals): Outcome | Promise<Outcome> {
    const frame = new Frame(message, externals, this.#keepsWholeDecimals, this.#mayWait);
    try {
      if (!frame.journal) return this.#run(frame);
      const outcome = runToEnd(
        frame.journal,
        () => frame.rewind(),
        () => this.#run(frame),
      );
      return outcome instanceof Promise ? outcome.catch(asFailed) : outcome;
    } catch (failure) {
      return asFailed(failure);
    }
  }

  #run(frame: Frame): Outcome {
    if (this.#variables.length > 0) this.#setVariables(frame);
    if (this.#where && this.#where(frame) !== true) return DOES_NOT_FIRE;
    return { fires: true, output: this.#select(frame), variables: frame.variables ?? NO_VARIABLES };
  }

  #select(frame: Frame): Output {
    if (this.#isPassThrough) return new RawOutput(frame.message.payload, () => frame.payload);
    const value = this.#project(frame);
    // Arrays as the whole output came with version 2016-03-23 (Developer Guide, "SQL versions").
    return new ValueOutput(this.#isWholeArrayRefused && isArray(value) ? undefined : value);
  }

  #setVariables(frame: Frame): void {
    const variables: Record<string, Value> = {};
    frame.variables = variables;
    let total = 0;
    for (const { name, evaluate } of this.#variables) {
      const value = evaluate(frame);
      if (value === undefined) continue;
      total += jsonLength(value);
      if (total > MAX_VARIABLE_BYTES) {
        throw new EvaluationFailure(`@${name} takes the SET variables over ${MAX_VARIABLE_BYTES} bytes`);
      }
      setMember(variables, name, value);
    }
  }
}

/** Bytes of the value as minified JSON; short scalars, which most variables are, need no text made of them. */
function jsonLength(value: Value): number {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return 8;
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

function asFailed(failure: unknown): Outcome {
  if (failure instanceof EvaluationFailure) return { failed: failure.message };
  throw failure;
}
