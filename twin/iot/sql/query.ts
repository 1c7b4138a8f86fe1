import type { Query } from './ast.ts';
import type { CompileContext } from './compile-context.ts';
import type { Evaluator } from './frame.ts';
import { compileProjection } from './projection.ts';
import { isArray, isObject, type Value } from './value.ts';

/**
 * A nested SELECT: over an array it is the array of what its rows select, over an object what that object selects
 * (Developer Guide, "Nested object queries"; the object form from `transform()`, example 3). Over anything else, and over
 * an object that its WHERE leaves out, Undefined.
 */
export function compileQuery(query: Query, context: CompileContext): Evaluator {
  const from = context.compile(query.from);
  const inner = context.within(query.alias);
  const depth = inner.scope!.depth;
  const where = query.where && inner.compile(query.where);
  const project = compileProjection(query.selection, inner);
  return (frame) => {
    const source = from(frame);
    const select = (row: Value): Value => {
      frame.enterRow();
      frame.rows[depth] = row;
      return where && where(frame) !== true ? undefined : project(frame);
    };
    if (isArray(source)) return source.map(select).filter((row) => row !== undefined);
    return isObject(source) ? select(source) : undefined;
  };
}
