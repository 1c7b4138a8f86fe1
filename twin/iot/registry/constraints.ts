import { invalidRequest } from './failures.ts';

/** What the API reference says of one member's text. */
export interface TextConstraint {
  readonly pattern: RegExp;
  readonly minimum: number;
  readonly maximum: number;
}

const text = (pattern: RegExp, maximum: number, minimum = 1): TextConstraint => ({ pattern, minimum, maximum });

export const THING_NAME = text(/^[a-zA-Z0-9:_-]+$/, 128);
export const THING_TYPE_NAME = THING_NAME;
export const GROUP_NAME = THING_NAME;
export const POLICY_NAME = text(/^[\w+=,.@-]+$/, 128);
export const ATTRIBUTE_NAME = text(/^[a-zA-Z0-9_.,@/:#-]+$/, 128);
export const ATTRIBUTE_VALUE = text(/^[a-zA-Z0-9_.,@/:#=[\]-]*$/, 800, 0);
export const TEMPLATE_NAME = text(/^[0-9A-Za-z_-]+$/, 36);
export const ROLE_ALIAS = text(/^[\w=,@-]+$/, 128);
export const AUTHORIZER_NAME = ROLE_ALIAS;
export const DOMAIN_CONFIGURATION_NAME = text(/^[\w.:-]+$/, 128);
export const DESCRIPTION = text(/^[\P{C}]*$/u, 2028, 0);
export const CERTIFICATE_ID = text(/^(0x)?[a-fA-F0-9]+$/, 64, 64);
export const POLICY_VERSION_ID = text(/^[0-9]+$/, 20);

/**
 * @param member its name as the caller wrote it, e.g. `thingName`
 * @throws AwsError InvalidRequestException in the words that AWS services use for a violated constraint
 */
export function checkText(value: unknown, member: string, constraint: TextConstraint): string {
  if (typeof value !== 'string') throw violation(String(value), member, 'Member must not be null');
  if (value.length < constraint.minimum) {
    throw violation(value, member, `Member must have length greater than or equal to ${constraint.minimum}`);
  }
  if (value.length > constraint.maximum) {
    throw violation(value, member, `Member must have length less than or equal to ${constraint.maximum}`);
  }
  if (!constraint.pattern.test(value)) {
    throw violation(
      value,
      member,
      `Member must satisfy regular expression pattern: ${patternText(constraint.pattern)}`,
    );
  }
  return value;
}

/** @throws AwsError InvalidRequestException when the value is not one of the enumeration's */
export function checkOneOf<T extends string>(value: unknown, member: string, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  throw violation(String(value), member, `Member must satisfy enum value set: [${allowed.join(', ')}]`);
}

function violation(value: string, member: string, constraint: string): Error {
  return invalidRequest(
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`,
  );
}

function patternText(pattern: RegExp): string {
  return pattern.source.replace(/^\^|\$$/g, '');
}
