import * as arithmetic from './arithmetic.ts';
import type { BinaryOperator, Expression } from './ast.ts';
import type { CompileContext } from './compile-context.ts';
import { toBoolean, toNumber, toText } from './conversion.ts';
import { ExactNumber } from './exact-number.ts';
import type { Evaluator, Frame } from './frame.ts';
import { compileCall } from './functions/call.ts';
import { compileCast } from './functions/cast.ts';
import { boundedText } from './functions/text-limit.ts';
import { exactNumber } from './payload.ts';
import { compileQuery } from './query.ts';
import {
  areEqual,
  isArray,
  isInt,
  isNumeric,
  isObject,
  memberOf,
  setMember,
  type NumericValue,
  type Value,
} from './value.ts';
import { isOriginalVersion } from './version.ts';

/** Turns an expression into a closure. Every check that depends on the text alone is done here, once. */
export function compileExpression(expression: Expression, context: CompileContext): Evaluator {
  switch (expression.kind) {
    case 'number': {
      const value = exactNumber(expression.text, Number(expression.text), isOriginalVersion(context.version));
      return () => value;
    }
    case 'constant': {
      const { value } = expression;
      return () => value;
    }
    case 'payload': {
      const depth = context.scope?.depth;
      return depth === undefined ? (frame) => frame.payload : (frame) => frame.rows[depth];
    }
    case 'name':
      return compileName(expression.name, context);
    case 'variable': {
      const { name } = expression;
      return (frame) => (frame.variables ? memberOf(frame.variables, name) : undefined);
    }
    case 'member': {
      const object = context.compile(expression.object);
      const { name } = expression;
      return (frame) => {
        const value = object(frame);
        return isObject(value) ? memberOf(value, name) : undefined;
      };
    }
    case 'not': {
      const operand = context.compile(expression.operand);
      return (frame) => {
        const value = toBoolean(operand(frame));
        return value === undefined ? undefined : !value;
      };
    }
    case 'negate': {
      const operand = context.compile(expression.operand);
      return (frame) => {
        const value = toNumber(operand(frame));
        return value === undefined ? undefined : arithmetic.negate(value);
      };
    }
    case 'binary':
      return compileBinary(
        expression.operator,
        context.compile(expression.left),
        context.compile(expression.right),
        context,
      );
    case 'call':
      return compileCall(expression, context);
    case 'cast':
      return compileCast(expression, context);
    case 'case':
      return compileCase(expression, context);
    case 'array': {
      const items = expression.items.map((item) => context.compile(item));
      // An array has no way to leave a place empty, so Undefined items are left out.
      return (frame) => items.map((item) => item(frame)).filter((item) => item !== undefined);
    }
    case 'object': {
      const members = expression.members.map(({ key, value }) => ({ key, value: context.compile(value) }));
      return (frame) => {
        const object: Record<string, Value> = {};
        for (const { key, value } of members) {
          const member = value(frame);
          if (member !== undefined) setMember(object, key, member);
        }
        return object;
      };
    }
    case 'subquery':
      return compileQuery(expression.query, context);
    case 'exists': {
      const query = compileQuery(expression.query, context);
      return (frame) => {
        const found = query(frame);
        return found === undefined ? false : !isArray(found) || found.length > 0;
      };
    }
  }
}

/** In a nested query a name is the alias of a query around it, or a key of the current row; the payload is out of sight. */
function compileName(name: string, context: CompileContext): Evaluator {
  for (let scope = context.scope; scope; scope = scope.parent) {
    const { depth } = scope;
    if (scope.alias === name) return (frame) => frame.rows[depth];
  }
  const depth = context.scope?.depth;
  if (depth !== undefined) {
    return (frame) => {
      const row = frame.rows[depth];
      return isObject(row) ? memberOf(row, name) : undefined;
    };
  }
  return (frame) => {
    const { payload } = frame;
    return isObject(payload) ? memberOf(payload, name) : undefined;
  };
}

function compileCase(expression: Expression & { kind: 'case' }, context: CompileContext): Evaluator {
  const subject = context.compile(expression.subject);
  const branches = expression.branches.map(({ when, then }) => ({
    when: context.compile(when),
    then: context.compile(then),
  }));
  const otherwise = expression.otherwise && context.compile(expression.otherwise);
  return (frame) => {
    const value = subject(frame);
    if (value === undefined) return undefined;
    for (const { when, then } of branches) {
      const candidate = when(frame);
      if (candidate !== undefined && areEqual(value, candidate)) return then(frame);
    }
    return otherwise?.(frame);
  };
}

function compileBinary(
  operator: BinaryOperator,
  left: Evaluator,
  right: Evaluator,
  context: CompileContext,
): Evaluator {
  switch (operator) {
    case 'AND':
      return logical(left, right, (a, b) => a && b);
    case 'OR':
      return logical(left, right, (a, b) => a || b);
    case '=':
      return equality(left, right, true);
    case '<>':
      return equality(left, right, false);
    case 'IN':
      return (frame) => membership(left(frame), right(frame), frame);
    case '<':
      return comparison(left, right, (order) => order < 0);
    case '<=':
      return comparison(left, right, (order) => order <= 0);
    case '>':
      return comparison(left, right, (order) => order > 0);
    case '>=':
      return comparison(left, right, (order) => order >= 0);
    case '+':
      return addition(left, right, context);
    case '-':
      return computation(left, right, arithmetic.subtract, context);
    case '*':
      return computation(left, right, arithmetic.multiply, context);
    case '/':
      return computation(left, right, arithmetic.divide, context);
    case '%':
      return computation(left, right, arithmetic.remainder, context);
  }
}

/** Both operands count: one that is no Boolean makes the result Undefined (Developer Guide, "AND operator", last row). */
function logical(left: Evaluator, right: Evaluator, combine: (a: boolean, b: boolean) => boolean): Evaluator {
  return (frame) => {
    const a = toBoolean(left(frame));
    const b = toBoolean(right(frame));
    return a === undefined || b === undefined ? undefined : combine(a, b);
  };
}

function equality(left: Evaluator, right: Evaluator, whenEqual: boolean): Evaluator {
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    if (a === undefined || b === undefined) return undefined;
    return areEqual(a, b) === whenEqual;
  };
}

function membership(value: Value, list: Value, frame: Frame): Value {
  if (value === undefined || !isArray(list)) return undefined;
  frame.spend(list.length);
  return list.some((item) => areEqual(value, item));
}

function comparison(left: Evaluator, right: Evaluator, holds: (order: number) => boolean): Evaluator {
  return (frame) => {
    const a = toNumber(left(frame));
    const b = toNumber(right(frame));
    if (a === undefined || b === undefined) return undefined;
    return holds(ExactNumber.compare(a, b));
  };
}

type Compute = (left: NumericValue, right: NumericValue) => NumericValue | undefined;

function computation(left: Evaluator, right: Evaluator, compute: Compute, context: CompileContext): Evaluator {
  const keepsWholeDecimals = isOriginalVersion(context.version);
  return (frame) => {
    const x = left(frame);
    const y = right(frame);
    const a = toNumber(x);
    const b = toNumber(y);
    if (a === undefined || b === undefined) return undefined;
    const result = compute(a, b);
    return keepsWholeDecimals && !(isInt(x) && isInt(y)) ? arithmetic.asDecimal(result) : result;
  };
}

/** "+" joins where either side is a String; a side without a string form (Null, Undefined) makes the result Undefined. */
function addition(left: Evaluator, right: Evaluator, context: CompileContext): Evaluator {
  const keepsWholeDecimals = isOriginalVersion(context.version);
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    if (isNumeric(a) && isNumeric(b)) {
      const sum = arithmetic.add(a, b);
      return keepsWholeDecimals && !(isInt(a) && isInt(b)) ? arithmetic.asDecimal(sum) : sum;
    }
    if (typeof a !== 'string' && typeof b !== 'string') return undefined;
    const start = toText(a);
    const end = toText(b);
    return start === undefined || end === undefined ? undefined : boundedText(start + end);
  };
}
