import type { CallExpression, Expression } from '../ast.ts';
import type { CompileContext } from '../compile-context.ts';
import type { Evaluator, Frame } from '../frame.ts';
import type { SqlVersion } from '../version.ts';
import type { Value } from '../value.ts';

interface Signature {
  readonly name: string;
  /** The SQL version that brought the function. */
  readonly since: Exclude<SqlVersion, 'beta'>;
  /** Least and greatest number of arguments; other calls are Undefined (Developer Guide, "Data types", Undefined). */
  readonly arity: readonly [least: number, greatest: number];
}

/** Depends on its arguments alone. */
export interface PureFunction extends Signature {
  readonly kind: 'pure';
  /** Version 2015-10-08 keeps whole results as Decimals: always, or where an argument was not an Int. */
  readonly decimal?: 'always' | 'like arguments';
  readonly call: (...args: Value[]) => Value;
}

/** Also reads the message, or spends from the evaluation's budget. */
export interface ContextFunction extends Signature {
  readonly kind: 'context';
  readonly call: (frame: Frame, ...args: Value[]) => Value;
}

/** Decides for itself how its arguments are evaluated. */
export interface SpecialFunction extends Signature {
  readonly kind: 'special';
  /** Fetches data from outside: may wait, may fail, and is not allowed in the default of `get_or_default()`. */
  readonly isExternal?: boolean;
  readonly compile: (call: CallExpression, context: CompileContext) => Evaluator;
}

export type SqlFunction = PureFunction | ContextFunction | SpecialFunction;

type Since = Signature['since'];
type Arity = Signature['arity'];

export function pure(
  name: string,
  since: Since,
  arity: Arity,
  call: PureFunction['call'],
  decimal?: PureFunction['decimal'],
): PureFunction {
  return { kind: 'pure', name, since, arity, call, decimal };
}

export function context(name: string, since: Since, arity: Arity, call: ContextFunction['call']): ContextFunction {
  return { kind: 'context', name, since, arity, call };
}

export function special(
  name: string,
  since: Since,
  arity: Arity,
  compile: SpecialFunction['compile'],
  isExternal = false,
): SpecialFunction {
  return { kind: 'special', name, since, arity, compile, isExternal };
}

/** The text of an argument that must be a literal string; `undefined` where it is something else. */
export function literalText(expression: Expression | undefined): string | undefined {
  return expression?.kind === 'constant' && typeof expression.value === 'string' ? expression.value : undefined;
}
