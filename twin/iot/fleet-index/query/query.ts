/** One character class of a term: a text, any one character (`?`), or any number of them (`*`). */
export type Piece = string | typeof ANY_ONE | typeof ANY_MANY;

export const ANY_ONE = Symbol('?');
export const ANY_MANY = Symbol('*');

export interface Bound {
  readonly text: string;
  /** Quoted bounds are texts even when they look like numbers. */
  readonly quoted: boolean;
}

/** A query of the fleet index (developer guide, "Query syntax"). Without a field, a term is looked for in all of them. */
export type Query =
  /** `*` */
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Query[] }
  | { readonly kind: 'not'; readonly operand: Query }
  | { readonly kind: 'term'; readonly field?: string; readonly pieces: readonly Piece[] }
  | { readonly kind: 'phrase'; readonly field?: string; readonly text: string }
  /** `field:*` */
  | { readonly kind: 'exists'; readonly field: string }
  | {
      readonly kind: 'range';
      readonly field: string;
      /** Open when absent. */
      readonly from?: Bound;
      readonly to?: Bound;
      readonly includesFrom: boolean;
      readonly includesTo: boolean;
    }
  | {
      readonly kind: 'near';
      readonly field: string;
      /** Degrees. */
      readonly latitude: number;
      readonly longitude: number;
      readonly metres: number;
    };
