import type { Expression } from './ast.ts';
import { SqlSyntaxError } from './errors.ts';
import type { Evaluator } from './frame.ts';
import type { SqlVersion } from './version.ts';

/** A nested query around the expression at hand; `depth` is the index of its row in the frame. */
export interface Scope {
  readonly depth: number;
  readonly alias?: string;
  readonly parent?: Scope;
}

/** What the compiler knows while it walks one statement or template. Counters are shared by all scopes of it. */
export class CompileContext {
  readonly source: string;
  readonly version: SqlVersion;
  readonly isTemplate: boolean;
  readonly scope: Scope | undefined;
  readonly #compile: (expression: Expression, context: CompileContext) => Evaluator;
  readonly #uses: Map<string, number>;

  constructor(
    source: string,
    version: SqlVersion,
    isTemplate: boolean,
    compile: (expression: Expression, context: CompileContext) => Evaluator,
    scope?: Scope,
    uses = new Map<string, number>(),
  ) {
    this.source = source;
    this.version = version;
    this.isTemplate = isTemplate;
    this.scope = scope;
    this.#compile = compile;
    this.#uses = uses;
  }

  compile(expression: Expression): Evaluator {
    return this.#compile(expression, this);
  }

  /** The context inside a nested query. */
  within(alias: string | undefined): CompileContext {
    const scope: Scope = { depth: this.scope ? this.scope.depth + 1 : 0, alias, parent: this.scope };
    return new CompileContext(this.source, this.version, this.isTemplate, this.#compile, scope, this.#uses);
  }

  /** Notes one more use of `what` in the statement's text. */
  count(what: string): void {
    this.#uses.set(what, this.uses(what) + 1);
  }

  uses(what: string): number {
    return this.#uses.get(what) ?? 0;
  }

  /** Whether evaluation may have to wait: only known once everything is compiled. */
  get mayWait(): boolean {
    return this.uses('external') > 0;
  }

  error(message: string, expression: Expression): SqlSyntaxError {
    return new SqlSyntaxError(message, this.source, expression.start);
  }
}
