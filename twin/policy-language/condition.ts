import { CONDITION_OPERATORS, type ConditionOperator } from './condition-operators.ts';
import type { RequestContext } from './context.ts';
import { resolveTemplate, type Template } from './template.ts';

/** One `operator: { key: values }` of a statement. All conditions of a statement must hold. */
export interface Condition {
  /** As the policy spells it, e.g. `ForAnyValue:StringLikeIfExists`. */
  readonly name: string;
  /** `Null` asks whether the key is absent and has no operator. */
  readonly operator: ConditionOperator | 'Null';
  readonly over: 'ForAllValues' | 'ForAnyValue' | 'plain';
  readonly ifExists: boolean;
  readonly key: string;
  readonly values: readonly Template[];
}

const NAME = /^(?:(ForAllValues|ForAnyValue):)?(.+?)(IfExists)?$/;

/** Reads an operator's name; `undefined` when AWS knows no such operator. */
export function parseConditionName(name: string): Pick<Condition, 'operator' | 'over' | 'ifExists'> | undefined {
  const [, set, base = '', suffix] = NAME.exec(name) ?? [];
  const operator = base === 'Null' && !suffix && !set ? 'Null' : CONDITION_OPERATORS.get(base);
  if (!operator) return undefined;
  return {
    operator,
    over: (set as 'ForAllValues' | 'ForAnyValue' | undefined) ?? 'plain',
    ifExists: suffix !== undefined,
  };
}

/** A variable without value equals nothing, so its policy value matches no request value. */
function testsOf(condition: Condition, operator: ConditionOperator, context: RequestContext) {
  return condition.values.flatMap((template) => {
    if (!operator.variables) return [operator.compare([{ kind: 'literal', text: template.source }])];
    const resolved = resolveTemplate(template, context);
    return resolved.parts ? [operator.compare(resolved.parts)] : [];
  });
}

/**
 * Whether a condition holds (IAM User Guide, "Condition operators" and "Set operators for multivalued context keys").
 *
 * A request without the key: `…IfExists` and `ForAllValues` hold, `ForAnyValue` does not, negated operators hold, all
 * others do not. A plain operator on a key with several values holds when it holds for each of them, which is how the
 * IoT guide uses `StringEquals` on `iot:ConnectAttributes`.
 */
export function conditionHolds(condition: Condition, context: RequestContext): boolean {
  const values = context.values(condition.key);
  if (condition.operator === 'Null') {
    const absent = values === undefined || values.length === 0;
    return condition.values.some((template) => template.source.toLowerCase() === String(absent));
  }
  const operator = condition.operator;
  if (condition.ifExists && !values?.length) return true;
  if (values === undefined)
    return condition.over === 'ForAllValues' || (condition.over === 'plain' && operator.negated);
  const tests = testsOf(condition, operator, context);
  const holds = (value: string): boolean => tests.some((test) => test(value)) !== operator.negated;
  return condition.over === 'ForAnyValue' ? values.some(holds) : values.every(holds);
}
