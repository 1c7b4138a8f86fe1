import { evaluate, intrinsicName, NO_VALUE, type Scope, unresolvable } from './evaluation.ts';
import { isRecord } from './template.ts';

/**
 * Evaluates a template's `Conditions` on demand, each once.
 *
 * @param section gives the section, which loops may still change before the first question
 * @param scope knows parameters and mappings; conditions may not refer to resources
 * @returns the value of a condition by name; `undefined` for a name that the template does not define
 */
export function conditionEvaluator(
  section: () => Readonly<Record<string, unknown>>,
  scope: () => Scope,
): (name: string) => boolean | undefined {
  const values = new Map<string, boolean>();
  const open: string[] = [];

  const named = (name: string): boolean | undefined => {
    const known = values.get(name);
    const definitions = section();
    if (known !== undefined || !Object.hasOwn(definitions, name)) return known;
    if (open.includes(name)) {
      throw unresolvable(
        scope().stackName,
        `Conditions.${name}`,
        `conditions refer to each other in a circle: ${[...open, name].join(' -> ')}`,
      );
    }
    open.push(name);
    const value = holds(definitions[name], `Conditions.${name}`);
    open.pop();
    values.set(name, value);
    return value;
  };

  const holds = (definition: unknown, path: string): boolean => {
    const fail = (reason: string): never => {
      throw unresolvable(scope().stackName, path, reason);
    };
    if (!isRecord(definition)) {
      return definition === true || definition === 'true'
        ? true
        : definition === false || definition === 'false'
          ? false
          : fail('is not a condition');
    }
    if (typeof definition['Condition'] === 'string' && Object.keys(definition).length === 1) {
      return named(definition['Condition']) ?? fail(`there is no condition "${definition['Condition']}"`);
    }
    const name = intrinsicName(definition);
    const argument: unknown = name && definition[name];
    const operands = Array.isArray(argument) ? argument : [];
    const operand = (index: number): boolean => holds(operands[index], `${path}.${name}[${index}]`);
    switch (name) {
      case 'Fn::And':
      case 'Fn::Or': {
        if (operands.length < 2 || operands.length > 10) return fail(`${name} takes two to ten conditions`);
        const all = operands.map((_, index) => operand(index));
        return name === 'Fn::And' ? all.every(Boolean) : all.some(Boolean);
      }
      case 'Fn::Not':
        return operands.length === 1 ? !operand(0) : fail('Fn::Not takes one condition');
      case 'Fn::Equals': {
        if (operands.length !== 2) return fail('Fn::Equals takes two values');
        const [left, right] = operands.map((value, index) =>
          comparable(evaluate(value, scope(), `${path}.Fn::Equals[${index}]`)),
        );
        return left === right;
      }
      default:
        return fail(`${name ?? JSON.stringify(definition)} is not a condition function`);
    }
  };
  return named;
}

function comparable(value: unknown): string {
  return value === NO_VALUE ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}
