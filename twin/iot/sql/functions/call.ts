import { asDecimal } from '../arithmetic.ts';
import type { CallExpression } from '../ast.ts';
import type { CompileContext } from '../compile-context.ts';
import type { Evaluator } from '../frame.ts';
import { isInt } from '../value.ts';
import { isOriginalVersion } from '../version.ts';
import type { PureFunction, SqlFunction } from './definition.ts';
import { findFunction, similarFunction } from './registry.ts';

const alwaysUndefined: Evaluator = () => undefined;

/** Compiles a function call. Unknown names, and functions newer than the statement's version, are errors of the text. */
export function compileCall(call: CallExpression, context: CompileContext): Evaluator {
  const definition = findFunction(call.name);
  if (!definition) {
    const similar = similarFunction(call.name);
    throw context.error(`there is no function ${call.name}()${similar ? `; did you mean ${similar}()?` : ''}`, call);
  }
  if (isOriginalVersion(context.version) && definition.since !== '2015-10-08') {
    throw context.error(`${call.name}() needs SQL version ${definition.since}, and this is 2015-10-08`, call);
  }
  const [least, greatest] = definition.arity;
  if (definition.kind === 'special') {
    if (definition.isExternal) context.count('external');
    const compiled = definition.compile(call, context);
    return call.args.length < least || call.args.length > greatest ? alwaysUndefined : compiled;
  }
  const args = call.args.map((argument) => context.compile(argument));
  if (args.length < least || args.length > greatest) return alwaysUndefined;
  return definition.kind === 'context' ? bindContext(definition, args) : bindPure(definition, args, context);
}

function bindPure(definition: PureFunction, args: readonly Evaluator[], context: CompileContext): Evaluator {
  const { call, decimal } = definition;
  if (decimal && isOriginalVersion(context.version)) {
    return (frame) => {
      const values = args.map((argument) => argument(frame));
      const result = call(...values);
      return decimal === 'always' || !values.every(isInt) ? asDecimal(result) : result;
    };
  }
  // The common numbers of arguments without an array for each call.
  const [first, second] = args;
  if (!first) return () => call();
  if (!second) return (frame) => call(first(frame));
  if (args.length === 2) return (frame) => call(first(frame), second(frame));
  return (frame) => call(...args.map((argument) => argument(frame)));
}

function bindContext(definition: SqlFunction & { kind: 'context' }, args: readonly Evaluator[]): Evaluator {
  const { call } = definition;
  const [first] = args;
  if (!first) return (frame) => call(frame);
  if (args.length === 1) return (frame) => call(frame, first(frame));
  return (frame) => call(frame, ...args.map((argument) => argument(frame)));
}
