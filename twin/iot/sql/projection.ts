import type { Selection, SelectItem } from './ast.ts';
import type { CompileContext } from './compile-context.ts';
import type { Evaluator } from './frame.ts';
import { isObject, memberOf, setMember, type Value } from './value.ts';

type Output = Record<string, Value>;
type Contribution = (output: Output, value: Value) => void;

/** Where the payload goes that is not a JSON object but is to be put beside other values; the guide leaves the key open. */
export const RAW_PAYLOAD_KEY = 'payload';

/** The output of a select list. Undefined values are left out; later items replace earlier ones of the same key. */
export function compileProjection({ isValue, items }: Selection, context: CompileContext): Evaluator {
  const [first] = items;
  if (first && (isValue || (items.length === 1 && isWholeInput(first)))) return compileItem(first, context);
  const parts = items.map((item) => ({ evaluate: compileItem(item, context), contribute: contributionOf(item) }));
  return (frame) => {
    const output: Output = {};
    for (const { evaluate, contribute } of parts) {
      const value = evaluate(frame);
      if (value !== undefined) contribute(output, value);
    }
    return output;
  };
}

export function isWholeInput(item: SelectItem): boolean {
  return item.expression.kind === 'payload' && item.path === undefined;
}

/** `*` beside other items is the payload even where it is not JSON: then as base64. */
function compileItem(item: SelectItem, context: CompileContext): Evaluator {
  const evaluate = context.compile(item.expression);
  if (item.expression.kind !== 'payload' || context.scope) return evaluate;
  return (frame) => {
    const { payload } = frame;
    if (payload !== undefined) return payload;
    return frame.message.payload.length === 0 ? undefined : frame.message.payload.toString('base64');
  };
}

function contributionOf({ path, expression }: SelectItem): Contribution {
  if (path === undefined) return expression.kind === 'payload' ? mergePayload : mergeObject;
  const [key] = path;
  if (key !== undefined && path.length === 1) return (output, value) => setMember(output, key, value);
  return (output, value) => setAt(output, path, value);
}

function mergePayload(output: Output, value: Value): void {
  if (!isObject(value)) return setMember(output, RAW_PAYLOAD_KEY, value);
  mergeObject(output, value);
}

/** `{…}` and `path.*`; what is no object has no keys to give. */
function mergeObject(output: Output, value: Value): void {
  if (!isObject(value)) return;
  for (const key of Object.keys(value)) setMember(output, key, value[key]);
}

/** `AS a.b`: objects on the way are copied first, as they may belong to the payload. */
function setAt(output: Output, path: readonly string[], value: Value): void {
  let target = output;
  for (const key of path.slice(0, -1)) {
    const present = memberOf(target, key);
    const next: Output = isObject(present) ? { ...present } : {};
    setMember(target, key, next);
    target = next;
  }
  setMember(target, path.at(-1)!, value);
}
