import { toIndex } from '../conversion.ts';
import { EvaluationFailure } from '../errors.ts';
import { isArray, isObject, memberOf, setMember, type Value } from '../value.ts';
import { literalText, pure, special, type SqlFunction } from './definition.ts';

/** Limit of `transform()` (Developer Guide, "transform"). */
const MAX_TRANSFORM_BYTES = 131_072;

/** Picks an item, a character or a member; no conversion is made to reach a key of an object. */
function pick(collection: Value, key: Value): Value {
  if (isObject(collection)) return typeof key === 'string' ? memberOf(collection, key) : undefined;
  if (typeof collection !== 'string' && !isArray(collection)) return undefined;
  const index = toIndex(key);
  return index === undefined || index < 0 ? undefined : collection[index];
}

function enrichArray(attributes: Value, array: Value): Value {
  if (!isObject(attributes) || !isArray(array) || !array.every(isObject)) return undefined;
  const enriched = array.map((element) => {
    const merged = { ...element };
    for (const key of Object.keys(attributes)) setMember(merged, key, attributes[key]);
    return merged;
  });
  const bytes = Buffer.byteLength(JSON.stringify(enriched));
  if (bytes > MAX_TRANSFORM_BYTES) {
    throw new EvaluationFailure(`transform() makes ${bytes} bytes, and its limit is ${MAX_TRANSFORM_BYTES}`);
  }
  return enriched;
}

/** Arrays and objects (Developer Guide, "Functions"). */
export const COLLECTIONS: readonly SqlFunction[] = [
  pure('get', '2015-10-08', [2, 2], pick),
  special('transform', '2016-03-23', [3, 3], ({ args }, context) => {
    const [mode, attributes, array] = args;
    if (mode?.kind === 'variable') throw context.error('the mode of transform() cannot be a variable', mode);
    const compiled = args.map((argument) => context.compile(argument));
    if (!attributes || !array || literalText(mode) !== 'enrichArray') return () => undefined;
    return (frame) => enrichArray(compiled[1]!(frame), compiled[2]!(frame));
  }),
];
