import { EvaluationFailure } from '../errors.ts';
import type { Value } from '../value.ts';
import { pure, special, type SqlFunction } from './definition.ts';

const isMissing = (value: Value): boolean => value === undefined || value === null;

/** No Value is NaN here (such results are Undefined already), so only Null and Undefined give way. */
function orElse(value: Value, otherwise: Value): Value {
  return isMissing(value) ? otherwise : value;
}

/** Null, Undefined and failures (Developer Guide, "Functions"). */
export const MISSING_VALUES: readonly SqlFunction[] = [
  pure('isnull', '2016-03-23', [1, 1], (value) => value === null),
  pure('isundefined', '2016-03-23', [1, 1], (value) => value === undefined),
  pure('nanvl', '2015-10-08', [2, 2], orElse),
  special('get_or_default', '2016-03-23', [1, 2], ({ args }, context) => {
    const [expression] = args;
    const evaluate = expression ? context.compile(expression) : () => undefined;
    const externalBefore = context.uses('external');
    const fallback = args[1];
    const otherwise = fallback ? context.compile(fallback) : () => undefined;
    if (fallback && context.uses('external') > externalBefore) {
      throw context.error('the default of get_or_default() may not call a function that fetches data', fallback);
    }
    return (frame) => {
      let value: Value;
      try {
        value = evaluate(frame);
      } catch (failure) {
        if (!(failure instanceof EvaluationFailure)) throw failure;
      }
      return isMissing(value) ? otherwise(frame) : value;
    };
  }),
];
