/** JSON of a fixed length that carries a sequence number and the time of sending, and is read without being parsed. */
const HEAD = '{"sequence":';
const DIGITS = 10;
const MIDDLE = ',"sentAt":';
const TIME_DIGITS = 18;
const TAIL = ',"pad":"';
const END = '"}';

export const SMALLEST_PAYLOAD = HEAD.length + DIGITS + MIDDLE.length + TIME_DIGITS + TAIL.length + END.length;

const SEQUENCE_AT = HEAD.length;
const TIME_AT = SEQUENCE_AT + DIGITS + MIDDLE.length;

/** A payload whose sequence and time are still to be written. */
export function blankPayload(bytes: number): Buffer {
  if (bytes < SMALLEST_PAYLOAD) throw new Error(`A numbered payload has at least ${SMALLEST_PAYLOAD} bytes.`);
  const pad = 'x'.repeat(bytes - SMALLEST_PAYLOAD);
  return Buffer.from(`${HEAD}${'0'.padStart(DIGITS)}${MIDDLE}${'0'.padStart(TIME_DIGITS)}${TAIL}${pad}${END}`);
}

/** @param at where the payload begins in `target`; @param timeMs may have a fraction */
export function writeNumber(target: Buffer, at: number, sequence: number, timeMs: number): void {
  target.write(String(sequence).padStart(DIGITS), at + SEQUENCE_AT, 'latin1');
  target.write(timeMs.toFixed(3).padStart(TIME_DIGITS), at + TIME_AT, 'latin1');
}

export function readNumber(payload: Buffer): { readonly sequence: number; readonly timeMs: number } {
  return {
    sequence: Number(payload.toString('latin1', SEQUENCE_AT, SEQUENCE_AT + DIGITS)),
    timeMs: Number(payload.toString('latin1', TIME_AT, TIME_AT + TIME_DIGITS)),
  };
}

/** Milliseconds since the epoch with a fraction. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}
