/** What a pattern is made of. Literal text is kept apart from wildcards so that a substituted `*` is never one. */
export type PatternPart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'any-character' }
  | { readonly kind: 'any-run' };

/** The text between two `*`; `holes` are the offsets at which any character fits (`?`). */
interface Segment {
  readonly text: string;
  readonly holes: readonly number[];
}

function segmentsOf(parts: readonly PatternPart[]): Segment[] {
  const segments: { text: string; holes: number[] }[] = [{ text: '', holes: [] }];
  for (const part of parts) {
    const segment = segments[segments.length - 1]!;
    if (part.kind === 'literal') segment.text += part.text;
    else if (part.kind === 'any-run') segments.push({ text: '', holes: [] });
    else {
      segment.holes.push(segment.text.length);
      segment.text += '?';
    }
  }
  return segments;
}

function fits(segment: Segment, text: string, at: number): boolean {
  if (segment.holes.length === 0) return text.startsWith(segment.text, at);
  return agreement(segment, text, at) === segment.text.length;
}

/** How many characters of the segment, counted from its start, agree with the text from `at` on. */
function agreement(segment: Segment, text: string, at: number): number {
  let hole = 0;
  for (let offset = 0; offset < segment.text.length; offset++) {
    if (at + offset >= text.length) return offset;
    if (segment.holes[hole] === offset) hole++;
    else if (segment.text.charCodeAt(offset) !== text.charCodeAt(at + offset)) return offset;
  }
  return segment.text.length;
}

function find(segment: Segment, text: string, from: number, limit: number): number {
  const latest = limit - segment.text.length;
  if (segment.holes.length === 0) {
    const at = text.indexOf(segment.text, from);
    return at <= latest ? at : -1;
  }
  for (let at = from; at <= latest; at++) if (fits(segment, text, at)) return at;
  return -1;
}

/**
 * A compiled pattern of the policy language: `*` stands for any run of characters, `/` and `:` included, `?` for exactly
 * one. Segments between `*` are placed leftmost-first and never moved again, so no text makes the matcher backtrack: its
 * work is bounded by the product of the two lengths.
 */
export class Pattern {
  readonly #segments: readonly Segment[];
  readonly #shortest: number;

  constructor(parts: readonly PatternPart[], segments: readonly Segment[] = segmentsOf(parts)) {
    this.#segments = segments;
    this.#shortest = segments.reduce((length, segment) => length + segment.text.length, 0);
  }

  matches(text: string): boolean {
    const segments = this.#segments;
    const head = segments[0]!;
    if (text.length < this.#shortest || !fits(head, text, 0)) return false;
    if (segments.length === 1) return text.length === head.text.length;
    const tail = segments[segments.length - 1]!;
    const end = text.length - tail.text.length;
    if (!fits(tail, text, end)) return false;
    let position = head.text.length;
    for (let index = 1; index < segments.length - 1; index++) {
      const segment = segments[index]!;
      const at = find(segment, text, position, end);
      if (at < 0) return false;
      position = at + segment.text.length;
    }
    return true;
  }

  /**
   * The pattern of what follows a fixed beginning of the text: `undefined` when no text with that beginning matches,
   * `this` when a wildcard covers part of the beginning, so that the whole text is still needed.
   */
  after(beginning: string): Pattern | undefined {
    const head = this.#segments[0]!;
    const agreeing = agreement(head, beginning, 0);
    const isLiteral = head.holes.every((hole) => hole >= beginning.length);
    if (agreeing === beginning.length && isLiteral) {
      const holes = head.holes.map((hole) => hole - beginning.length);
      return new Pattern([], [{ text: head.text.slice(beginning.length), holes }, ...this.#segments.slice(1)]);
    }
    const endsAtWildcard = agreeing === head.text.length && this.#segments.length > 1;
    return agreeing === beginning.length || endsAtWildcard ? this : undefined;
  }

  /** How far the text follows the pattern before its first `*`: what makes one mismatch nearer than another. */
  commonPrefixLength(text: string): number {
    return agreement(this.#segments[0]!, text, 0);
  }
}
