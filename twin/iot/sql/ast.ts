/** Where a node's text lies in the statement: `[start, end)` in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type BinaryOperator = 'AND' | 'OR' | 'IN' | '=' | '<>' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%';

export type Expression =
  | (Span & { readonly kind: 'number'; readonly text: string })
  | (Span & { readonly kind: 'constant'; readonly value: string | boolean | null })
  | (Span & { readonly kind: 'payload' })
  | (Span & { readonly kind: 'name'; readonly name: string })
  | (Span & { readonly kind: 'variable'; readonly name: string })
  | (Span & { readonly kind: 'member'; readonly object: Expression; readonly name: string })
  | (Span & { readonly kind: 'not' | 'negate'; readonly operand: Expression })
  | (Span & {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    })
  | CallExpression
  | (Span & { readonly kind: 'cast'; readonly operand: Expression; readonly type: string })
  | (Span & {
      readonly kind: 'case';
      readonly subject: Expression;
      readonly branches: readonly { readonly when: Expression; readonly then: Expression }[];
      readonly otherwise?: Expression;
    })
  | (Span & { readonly kind: 'array'; readonly items: readonly Expression[] })
  | (Span & {
      readonly kind: 'object';
      readonly members: readonly { readonly key: string; readonly value: Expression }[];
    })
  | (Span & { readonly kind: 'exists'; readonly query: Query })
  | (Span & { readonly kind: 'subquery'; readonly query: Query });

/** `name` is in lower case: function names ignore case. */
export interface CallExpression extends Span {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expression[];
}

/** `path` is where the value goes in the output: `AS a.b` is `['a', 'b']`. Absent (`*`, `path.*`, `{…}`): merge the object into the output. */
export interface SelectItem {
  readonly expression: Expression;
  readonly path?: readonly string[];
}

export interface Selection {
  /** `SELECT VALUE`: the single item is the output itself. */
  readonly isValue: boolean;
  readonly items: readonly SelectItem[];
}

/** A nested `SELECT … FROM <expression> [AS alias] [WHERE …]`. */
export interface Query {
  readonly selection: Selection;
  readonly from: Expression;
  readonly alias?: string;
  readonly where?: Expression;
}

export interface Statement {
  readonly variables: readonly { readonly name: string; readonly value: Expression }[];
  readonly selection: Selection;
  readonly topicFilter?: string;
  readonly where?: Expression;
}
