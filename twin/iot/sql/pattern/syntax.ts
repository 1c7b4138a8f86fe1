/** The tree of a regular expression in the syntax of `java.util.regex.Pattern`, which the rules engine uses. */
export type PatternNode =
  | { readonly kind: 'character'; readonly test: CharacterTest }
  | { readonly kind: 'sequence'; readonly items: readonly PatternNode[] }
  | { readonly kind: 'alternation'; readonly options: readonly PatternNode[] }
  | { readonly kind: 'capture'; readonly index: number; readonly node: PatternNode }
  | {
      readonly kind: 'repeat';
      readonly node: PatternNode;
      readonly min: number;
      readonly max: number;
      readonly mode: RepeatMode;
    }
  | { readonly kind: 'assertion'; readonly holds: Assertion }
  | { readonly kind: 'look'; readonly isBehind: boolean; readonly isNegative: boolean; readonly node: PatternNode }
  | { readonly kind: 'atomic'; readonly node: PatternNode }
  | { readonly kind: 'reference'; readonly index: number; readonly ignoresCase: boolean };

export type RepeatMode = 'greedy' | 'lazy' | 'possessive';

/** Whether a code point belongs. */
export type CharacterTest = (codePoint: number) => boolean;

/** Whether a condition holds between two characters. */
export type Assertion = (input: string, at: number) => boolean;

export interface PatternTree {
  readonly root: PatternNode;
  /** Number of capturing groups. */
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
}

/** The text is no regular expression; SQL makes it Undefined. */
export class PatternSyntaxError extends Error {}
