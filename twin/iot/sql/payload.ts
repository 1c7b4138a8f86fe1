import { isUtf8 } from 'node:buffer';

import { ExactNumber } from './exact-number.ts';
import type { Value, ValueObject } from './value.ts';
import { isObject } from './value.ts';

/** Deeper payloads are read as if they were not JSON, so that no walk over a value can exhaust the stack. */
export const MAX_PAYLOAD_DEPTH = 1_000;

/** A number that a double may not hold: a long run of digits or an exponent. In a string it costs only the slower way. */
const MAY_NEED_EXACTNESS = /[0-9.]{16}|[0-9][eE]/;
/** A whole number with a fraction written out, which version 2015-10-08 keeps as a Decimal. */
const MAY_BE_WHOLE_DECIMAL = /\.0|[0-9][eE]/;

type SourceReviver = (key: string, value: unknown, context: { source?: string }) => unknown;
const parseWithSource = JSON.parse as (text: string, reviver: SourceReviver) => Value;

/**
 * Reads JSON text into a {@link Value}, with numbers as exact as SQL keeps them. `undefined` for what is not JSON.
 * @param keepsWholeDecimals version 2015-10-08: 10.0 stays a Decimal
 */
export function parseJson(text: string, keepsWholeDecimals: boolean): Value {
  if (text.length > MAX_PAYLOAD_DEPTH && isTooDeep(text)) return undefined;
  try {
    if (MAY_NEED_EXACTNESS.test(text) || (keepsWholeDecimals && MAY_BE_WHOLE_DECIMAL.test(text))) {
      return parseWithSource(text, (_key, value, { source }) =>
        typeof value === 'number' && source !== undefined ? exactNumber(source, value, keepsWholeDecimals) : value,
      );
    }
    return JSON.parse(text) as Value;
  } catch {
    return undefined;
  }
}

/** As {@link parseJson}, of bytes; bytes that are not UTF-8 are not JSON. */
export function parsePayload(payload: Buffer, keepsWholeDecimals: boolean): Value {
  const first = payload[0];
  if (first === undefined || (first < 0x20 && first !== 0x0a && first !== 0x0d && first !== 0x09)) return undefined;
  const text = payload.toString('utf8');
  // Buffer puts U+FFFD where bytes are not UTF-8; only then is the slower decoder worth asking whether they were.
  if (text.includes('\ufffd') && !isUtf8(payload)) return undefined;
  return parseJson(text, keepsWholeDecimals);
}

/** Whether SQL can address the payload's keys: "the message payload is in JSON format". */
export function isJsonDocument(value: Value): value is ValueObject {
  return isObject(value);
}

/** A numeric literal of JSON or SQL. */
export function exactNumber(source: string, value: number, keepsWholeDecimals: boolean): Value {
  const writtenAsDecimal = /[.eE]/.test(source);
  if (!writtenAsDecimal && Number.isSafeInteger(value)) return value + 0;
  const parsed = ExactNumber.parse(source);
  if (parsed === undefined) return undefined;
  return keepsWholeDecimals && writtenAsDecimal && typeof parsed === 'number' && Number.isInteger(parsed)
    ? ExactNumber.wholeDecimal(parsed)
    : parsed;
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_PAYLOAD_DEPTH) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}

/**
 * Reads JSON text for later printing: every number keeps its digits, `10.0` stays `10.0`.
 * @throws SyntaxError where it is not JSON, or nested too deeply
 */
export function parseJsonValue(text: string): Value {
  const value = parseJson(text, true);
  if (value === undefined) throw new SyntaxError('this is not JSON');
  return value;
}
