import { ATTRIBUTE_NAME, ATTRIBUTE_VALUE, checkText } from './constraints.ts';
import { invalidRequest } from './failures.ts';

export type Attributes = Readonly<Record<string, string>>;

/** `AttributePayload` of the API. */
export interface AttributePayload {
  readonly attributes?: Attributes;
  /** Only for updates: keep what is not named. */
  readonly merge?: boolean;
}

/** Attributes of a thing with a type, of one without, and of a thing group (AWS IoT Core quotas). */
export const TYPED_THING_ATTRIBUTES = 50;
export const UNTYPED_THING_ATTRIBUTES = 3;
export const GROUP_ATTRIBUTES = 50;

/**
 * What a payload makes of the attributes there are. An empty value removes its attribute (API reference, UpdateThing).
 *
 * @throws AwsError InvalidRequestException for names or values outside the API's patterns
 */
export function applyAttributes(current: Attributes, payload: AttributePayload | undefined): Attributes {
  if (!payload) return current;
  const next: Record<string, string> = payload.merge ? { ...current } : {};
  for (const [name, value] of Object.entries(payload.attributes ?? {})) {
    checkText(name, 'attributePayload.attributes', ATTRIBUTE_NAME);
    checkText(value, `attributePayload.attributes.${name}.member`, ATTRIBUTE_VALUE);
    if (value === '') delete next[name];
    else next[name] = value;
  }
  return next;
}

/** @throws AwsError InvalidRequestException when there are more than the quota allows */
export function checkAttributeCount(attributes: Attributes, maximum: number, owner: string): void {
  const count = Object.keys(attributes).length;
  if (count > maximum) {
    throw invalidRequest(`${owner} has ${count} attributes; the maximum number of attributes is ${maximum}`);
  }
}

export function sameAttributes(a: Attributes, b: Attributes): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
