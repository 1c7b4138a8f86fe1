import type { Account } from '../account.ts';
import { IovError } from '../errors.ts';
import { LOOKUP_FUNCTIONS } from './functions-lookup.ts';
import { TEXT_FUNCTIONS } from './functions-text.ts';
import { isRecord } from './template.ts';

/** What the value of an expression may depend on. Each answers `undefined` for a name that it does not know. */
export interface Scope {
  readonly stackName: string;
  readonly account: Account;
  /**
   * A parameter's value, a resource's physical id, or a pseudo parameter.
   *
   * @throws Error saying why a resource that the template has cannot be referred to
   */
  ref(name: string): unknown;
  /** @throws Error saying what the resource lacks */
  attribute(logicalId: string, attribute: string): unknown;
  mapping(map: string, topLevelKey: string, secondLevelKey: string): unknown;
  condition(name: string): boolean | undefined;
  exportedValue(name: string): unknown;
  stackOutput(stackName: string, region: string | undefined, outputName: string): unknown;
}

/** What `AWS::NoValue` evaluates to: the member or element that holds it disappears. */
export const NO_VALUE = Symbol('AWS::NoValue');

/** One place of a template while it is evaluated; what an intrinsic function works with. */
export interface Place {
  readonly scope: Scope;
  /** From the template's root, e.g. `Resources.Rule.Properties.TopicRulePayload.Sql`. */
  readonly path: string;
  evaluate(value: unknown, below?: string): unknown;
  /** Text, or what CloudFormation writes as text: numbers and booleans. */
  text(value: unknown, below?: string): string;
  list(value: unknown, below?: string): unknown[];
  fail(reason: string): never;
}

export type IntrinsicFunction = (argument: unknown, place: Place) => unknown;

const FUNCTIONS: Readonly<Record<string, IntrinsicFunction>> = { ...LOOKUP_FUNCTIONS, ...TEXT_FUNCTIONS };

/** The intrinsic function that an object stands for: its only key is `Ref` or begins with `Fn::`. */
export function intrinsicName(value: Record<string, unknown>): string | undefined {
  const keys = Object.keys(value);
  const name = keys.length === 1 ? keys[0] : undefined;
  return name === 'Ref' || name?.startsWith('Fn::') ? name : undefined;
}

/**
 * The value of a template expression: intrinsic functions resolved, members that are `AWS::NoValue` removed.
 *
 * @param path of the expression, for error messages
 * @returns the value, or NO_VALUE
 * @throws IovError IOV_ASSEMBLY_BROKEN naming stack, path and reason
 */
export function evaluate(value: unknown, scope: Scope, path: string): unknown {
  if (Array.isArray(value)) {
    return value
      .map((element, index) => evaluate(element, scope, `${path}[${index}]`))
      .filter((element) => element !== NO_VALUE);
  }
  if (!isRecord(value)) return value;
  const name = intrinsicName(value);
  if (name) {
    const place = placeAt(scope, `${path}.${name}`);
    const intrinsic = FUNCTIONS[name];
    return intrinsic
      ? intrinsic(value[name], place)
      : place.fail(`${name} is not a function of CloudFormation that the twin knows`);
  }
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const evaluated = evaluate(member, scope, `${path}.${key}`);
    if (evaluated !== NO_VALUE) result[key] = evaluated;
  }
  return result;
}

/** The error for something in a template that cannot be resolved. */
export function unresolvable(stackName: string, path: string, reason: string): IovError {
  return new IovError('IOV_ASSEMBLY_BROKEN', `Stack ${stackName}, ${path}: ${reason}.`);
}

function placeAt(scope: Scope, path: string): Place {
  const fail = (reason: string): never => {
    throw unresolvable(scope.stackName, path, reason);
  };
  const place: Place = {
    scope,
    path,
    fail,
    evaluate: (value, below = '') => evaluate(value, scope, path + below),
    text(value, below) {
      const evaluated = place.evaluate(value, below);
      if (typeof evaluated === 'string') return evaluated;
      if (typeof evaluated === 'number' || typeof evaluated === 'boolean') return String(evaluated);
      return fail(`expected text${below ? ` at ${below}` : ''}, got ${describe(evaluated)}`);
    },
    list(value, below) {
      const evaluated = place.evaluate(value, below);
      return Array.isArray(evaluated)
        ? evaluated
        : fail(`expected a list${below ? ` at ${below}` : ''}, got ${describe(evaluated)}`);
    },
  };
  return place;
}

function describe(value: unknown): string {
  if (value === NO_VALUE) return 'AWS::NoValue';
  if (value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : isRecord(value) ? 'an object' : JSON.stringify(value);
}
