import type { Expression, Statement } from './ast.ts';
import { CompileContext } from './compile-context.ts';
import { compileExpression } from './compile-expression.ts';
import { EvaluationFailure } from './errors.ts';
import type { Externals } from './externals.ts';
import { Frame } from './frame.ts';
import { runToEnd } from './journal.ts';
import type { RuleMessage } from './message.ts';
import { StatementParser } from './statement-parser.ts';
import type { Variables } from './statement.ts';
import { isObject, setMember, type Value } from './value.ts';
import { isOriginalVersion, type SqlVersion } from './version.ts';

/** One expression of a WHERE or SET, what it came to, and the expressions in it. */
export interface Step {
  /** The expression as it stands in the statement. */
  readonly source: string;
  readonly result: { readonly value: Value } | { readonly failed: string };
  /** Why the value is Undefined, where that is plain: a missing key, a payload that is not JSON, operands that do not fit. */
  readonly because?: string;
  readonly parts: readonly Step[];
}

export interface Explanation {
  readonly variables: readonly { readonly name: string; readonly step: Step }[];
  readonly where?: Step;
}

/**
 * Evaluates each expression of the SET and WHERE clauses by itself, for people who ask why a rule did not fire.
 * @throws SqlSyntaxError
 */
export async function explainStatement(
  sql: string,
  version: SqlVersion,
  message: RuleMessage,
  externals: Externals,
): Promise<Explanation> {
  const statement = new StatementParser(sql, version).parseStatement();
  const explainer = new Explainer(sql, version, message, externals);
  return explainer.explain(statement);
}

class Explainer {
  readonly #sql: string;
  readonly #version: SqlVersion;
  readonly #message: RuleMessage;
  readonly #externals: Externals;
  readonly #variables: Record<string, Value> = {};

  constructor(sql: string, version: SqlVersion, message: RuleMessage, externals: Externals) {
    this.#sql = sql;
    this.#version = version;
    this.#message = message;
    this.#externals = externals;
  }

  async explain({ variables, where }: Statement): Promise<Explanation> {
    const steps: { name: string; step: Step }[] = [];
    for (const { name, value } of variables) {
      const step = await this.#step(value);
      if ('value' in step.result) setMember(this.#variables, name, step.result.value);
      steps.push({ name, step });
    }
    return { variables: steps, where: where && (await this.#step(where)) };
  }

  async #step(expression: Expression): Promise<Step> {
    const parts: Step[] = [];
    for (const part of partsOf(expression)) parts.push(await this.#step(part));
    const result = await this.#evaluate(expression);
    const isUndefined = 'value' in result && result.value === undefined;
    return {
      source: this.#sql.slice(expression.start, expression.end),
      result,
      because: isUndefined ? this.#reason(expression, parts) : undefined,
      parts,
    };
  }

  async #evaluate(expression: Expression): Promise<Step['result']> {
    const context = new CompileContext(this.#sql, this.#version, false, compileExpression);
    const evaluate = context.compile(expression);
    const frame = new Frame(this.#message, this.#externals, isOriginalVersion(this.#version), context.mayWait);
    const variables: Variables = this.#variables;
    const attempt = (): Value => {
      frame.variables = variables;
      return evaluate(frame);
    };
    try {
      return { value: frame.journal ? await runToEnd(frame.journal, () => frame.rewind(), attempt) : attempt() };
    } catch (failure) {
      if (failure instanceof EvaluationFailure) return { failed: failure.message };
      throw failure;
    }
  }

  #reason(expression: Expression, parts: readonly Step[]): string | undefined {
    const undefinedPart = parts.find(({ result }) => 'value' in result && result.value === undefined);
    switch (expression.kind) {
      case 'name':
        return this.#missingKey(expression.name);
      case 'member':
        return `there is no key ${JSON.stringify(expression.name)} in it`;
      case 'variable':
        return `@${expression.name} is not set`;
      case 'call':
        return `${expression.name}() was not given what it takes`;
      default:
        return undefinedPart ? `${undefinedPart.source} is Undefined` : 'its operands are not of types that it takes';
    }
  }

  #missingKey(name: string): string {
    const { payload } = new Frame(this.#message, this.#externals, isOriginalVersion(this.#version), false);
    if (payload === undefined) return 'the payload is not JSON';
    if (!isObject(payload)) return 'the payload is not a JSON object';
    const similar = Object.keys(payload).find((key) => key.toLowerCase() === name.toLowerCase());
    return `the payload has no key ${JSON.stringify(name)}${similar ? `, but ${JSON.stringify(similar)}: case counts` : ''}`;
  }
}

/** The parts worth a line of their own: neither constants nor the inside of a nested query, which has a row of its own. */
function partsOf(expression: Expression): readonly Expression[] {
  return directParts(expression).filter(({ kind }) => kind !== 'number' && kind !== 'constant' && kind !== 'payload');
}

function directParts(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'binary':
      return [expression.left, expression.right];
    case 'not':
    case 'negate':
    case 'cast':
      return [expression.operand];
    case 'member':
      return [expression.object];
    case 'call':
      return expression.args;
    case 'case':
      return [expression.subject, ...expression.branches.map(({ when }) => when)];
    case 'array':
      return expression.items;
    case 'object':
      return expression.members.map(({ value }) => value);
    default:
      return [];
  }
}
