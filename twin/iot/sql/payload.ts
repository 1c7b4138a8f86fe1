import { isUtf8 } from 'node:buffer';

import { ExactNumber } from './exact-number.ts';
import type { Value } from './value.ts';

/** Deeper payloads are read as if they were not JSON, so that no walk over a value can exhaust the stack. */
export const MAX_PAYLOAD_DEPTH = 1_000;

/** Digits that a double always keeps. */
const SAFE_DIGITS = 15;

type SourceReviver = (key: string, value: unknown, context: { source?: string }) => unknown;
const parseWithSource = JSON.parse as (text: string, reviver: SourceReviver) => Value;

/**
 * Reads JSON text into a {@link Value}, with numbers as exact as SQL keeps them. `undefined` for what is not JSON.
 * @param keepsWholeDecimals version 2015-10-08: 10.0 stays a Decimal
 */
export function parseJson(text: string, keepsWholeDecimals: boolean): Value {
  const need = inspect(text, keepsWholeDecimals);
  if (need === 'too deep') return undefined;
  try {
    if (need === 'plain') return JSON.parse(text) as Value;
    return parseWithSource(text, (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined ? exactNumber(source, value, keepsWholeDecimals) : value,
    );
  } catch {
    return undefined;
  }
}

/** The payload that was read last: the rules and templates that one message meets read it one after another. */
let last: { readonly payload: Buffer; readonly keepsWholeDecimals: boolean; readonly value: Value } | undefined;

/** As {@link parseJson}, of bytes; bytes that are not UTF-8 are not JSON. */
export function parsePayload(payload: Buffer, keepsWholeDecimals: boolean): Value {
  if (last?.payload !== payload || last.keepsWholeDecimals !== keepsWholeDecimals) {
    last = { payload, keepsWholeDecimals, value: readPayload(payload, keepsWholeDecimals) };
  }
  return last.value;
}

function readPayload(payload: Buffer, keepsWholeDecimals: boolean): Value {
  const first = payload[0];
  if (first === undefined || (first < 0x20 && first !== 0x0a && first !== 0x0d && first !== 0x09)) return undefined;
  const text = payload.toString('utf8');
  // Buffer puts U+FFFD where bytes are not UTF-8; only then is the slower decoder worth asking whether they were.
  if (text.includes('\ufffd') && !isUtf8(payload)) return undefined;
  return parseJson(text, keepsWholeDecimals);
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

/**
 * Looks through JSON text, without reading it, for what decides how to read it: numbers that a double may not hold (many digits,
 * an exponent, a written-out fraction where whole Decimals count), and nesting.
 */
function inspect(text: string, keepsWholeDecimals: boolean): 'plain' | 'exact' | 'too deep' {
  let need: 'plain' | 'exact' = 'plain';
  let depth = 0;
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) {
      if (++digits > SAFE_DIGITS) need = 'exact';
      continue;
    }
    if (code === 0x2e) {
      if (keepsWholeDecimals) need = 'exact';
      continue;
    }
    if (digits > 0 && (code | 0x20) === 0x65) need = 'exact';
    digits = 0;
    if (code === 0x22) at = endOfString(text, at + 1);
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_PAYLOAD_DEPTH) return 'too deep';
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return need;
}

/** The index of the quote that closes the string, or of the text's end. */
function endOfString(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22) return at;
  }
  return text.length;
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
