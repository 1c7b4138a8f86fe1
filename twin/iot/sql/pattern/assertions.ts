import type { Assertion } from './syntax.ts';

/** Java's inline flags: case-insensitive, multi-line, dot-all, comments, Unicode case, Unix lines. */
export interface PatternFlags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
  readonly u: boolean;
  readonly d: boolean;
}

export const NO_FLAGS: PatternFlags = { i: false, m: false, s: false, x: false, u: false, d: false };

/** The characters that end a line; only `\n` with `(?d)`. */
export function isLineEnd(code: number, { d }: PatternFlags): boolean {
  return code === 0x0a || (!d && (code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029));
}

export function lineStart(flags: PatternFlags): Assertion {
  if (!flags.m) return atStart;
  return (input, at) =>
    at === 0 || (at < input.length && isLineEnd(input.charCodeAt(at - 1), flags) && !splitsCrLf(input, at));
}

/** Without `(?m)`, `$` also matches before a last line break. */
export function lineEnd(flags: PatternFlags): Assertion {
  return (input, at) => {
    if (at === input.length) return true;
    if (!isLineEnd(input.charCodeAt(at), flags) || splitsCrLf(input, at)) return false;
    if (flags.m) return true;
    return at === input.length - 1 || (at === input.length - 2 && input.startsWith('\r\n', at));
  };
}

export const atStart: Assertion = (_input, at) => at === 0;

export const atEnd: Assertion = (input, at) => at === input.length;

export const atWordBoundary: Assertion = (input, at) => isWordAt(input, at - 1) !== isWordAt(input, at);

export const insideWord: Assertion = (input, at) => !atWordBoundary(input, at);

function isWordAt(input: string, at: number): boolean {
  return /\w/.test(input.charAt(at));
}

function splitsCrLf(input: string, at: number): boolean {
  return at > 0 && input[at - 1] === '\r' && input[at] === '\n';
}
