import { ExactNumber } from './exact-number.ts';

/**
 * A value of IoT SQL (Developer Guide, "Data types"). `undefined` is Undefined, `null` is Null. An Int is a safe integer or an
 * integral {@link ExactNumber}; a Decimal is a `number` with a fraction, standing for the decimal that it prints as, or any
 * other {@link ExactNumber}. Values are shared with the parsed payload: nobody changes one in place.
 */
export type Value = undefined | null | boolean | number | string | ExactNumber | ValueArray | ValueObject;
export type ValueArray = readonly Value[];
export interface ValueObject {
  readonly [key: string]: Value;
}

export type NumericValue = number | ExactNumber;

export function isNumeric(value: Value): value is NumericValue {
  return typeof value === 'number' || value instanceof ExactNumber;
}

export function isInt(value: Value): value is NumericValue {
  return typeof value === 'number' ? Number.isInteger(value) : value instanceof ExactNumber && value.isInt;
}

export function isArray(value: Value): value is ValueArray {
  return Array.isArray(value);
}

export function isObject(value: Value): value is ValueObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/** The own member `key`, never one inherited from `Object.prototype`. */
export function memberOf(object: ValueObject, key: string): Value {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets a member even where the key is `__proto__`, which an assignment would take for the prototype. */
export function setMember(object: Record<string, Value>, key: string, value: Value): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}

/** Object equality ignores order, array equality does not; an Int equals the Decimal of the same size. Neither may be Undefined. */
export function areEqual(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (isNumeric(left)) return isNumeric(right) && ExactNumber.compare(left, right) === 0;
  if (isArray(left)) {
    return isArray(right) && left.length === right.length && left.every((item, index) => areEqual(item, right[index]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && areEqual(left[key], right[key]))
  );
}
