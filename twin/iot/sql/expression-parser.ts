import type { BinaryOperator, Expression, Query, Selection, SelectItem } from './ast.ts';
import { Lexer, type Token } from './lexer.ts';
import { isOriginalVersion, type SqlVersion } from './version.ts';

/** Deeper than any statement a person writes, and well within the stack of the parser and of the compiled closures. */
const MAX_DEPTH = 100;
const MAX_CHAIN = 1_000;

const RESERVED = new Set('SELECT FROM WHERE AS AND OR NOT IN CASE WHEN THEN ELSE END TRUE FALSE NULL'.split(' '));

const PRECEDENCE: Readonly<Record<BinaryOperator, number>> = {
  OR: 1,
  AND: 2,
  IN: 4,
  '=': 4,
  '<>': 4,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
};
const NOT_PRECEDENCE = 3;
const NEGATE_PRECEDENCE = 7;

/** What someone who knows another SQL may write, and what IoT SQL has instead. */
const FOREIGN_WORDS: Readonly<Record<string, string>> = {
  LIKE: 'IoT SQL has no LIKE: use regexp_matches(), startswith() or endswith()',
  BETWEEN: 'IoT SQL has no BETWEEN: write a >= low AND a <= high',
  IS: 'IoT SQL has no IS: use isNull() or isUndefined()',
  NOT: 'NOT comes before the whole condition: write NOT (a IN list)',
};

/** Reads expressions by precedence climbing (Developer Guide, "Operators", "Literals", "Case statements", "Nested object queries"). */
export class ExpressionParser {
  protected readonly lexer: Lexer;
  readonly #version: SqlVersion;
  #depth = 0;

  constructor(source: string, version: SqlVersion, offset = 0) {
    this.lexer = new Lexer(source, offset);
    this.#version = version;
  }

  get position(): Token {
    return this.lexer.peek();
  }

  parseExpression(minimum = 0): Expression {
    if (++this.#depth > MAX_DEPTH) {
      throw this.lexer.error(`expressions are nested more than ${MAX_DEPTH} deep`, this.lexer.peek().start);
    }
    let left = this.#prefix();
    let links = 0;
    for (;;) {
      const operator = this.#peekBinaryOperator();
      if (operator === undefined || PRECEDENCE[operator] <= minimum) break;
      const token = this.lexer.next();
      if (++links > MAX_CHAIN) {
        throw this.lexer.error(`more than ${MAX_CHAIN} operators in a row`, token.start);
      }
      const right = this.parseExpression(PRECEDENCE[operator]);
      left = { kind: 'binary', operator, left, right, start: left.start, end: right.end };
    }
    this.#depth--;
    return left;
  }

  /** What stands between `${` and `}`; `${*}` is the whole payload. */
  parseTemplateExpression(): Expression {
    return this.#payload() ?? this.parseExpression();
  }

  /** Items after SELECT, up to the word that follows them. */
  parseSelection(): Selection {
    const isValue = this.#takeValueKeyword();
    const items = [this.#selectItem(isValue)];
    while (this.takeSymbol(',')) {
      if (isValue) throw this.expected('FROM, as SELECT VALUE takes a single expression');
      items.push(this.#selectItem(false));
    }
    return { isValue, items };
  }

  peekWord(word: string, distance = 0): boolean {
    const token = this.lexer.peek(distance);
    return token.kind === 'word' && token.text.toUpperCase() === word;
  }

  takeWord(word: string): boolean {
    if (!this.peekWord(word)) return false;
    this.lexer.next();
    return true;
  }

  takeSymbol(symbol: string): boolean {
    if (!this.#peekSymbol(symbol)) return false;
    this.lexer.next();
    return true;
  }

  expectSymbol(symbol: string): Token {
    if (!this.#peekSymbol(symbol)) throw this.expected(`"${symbol}"`);
    return this.lexer.next();
  }

  expected(what: string): Error {
    const token = this.lexer.peek();
    if (token.kind === 'invalid') return this.lexer.error(token.text, token.start);
    const hint = token.kind === 'word' ? FOREIGN_WORDS[token.text.toUpperCase()] : undefined;
    const found = token.kind === 'end' ? token.text : JSON.stringify(this.lexer.source.slice(token.start, token.end));
    return this.lexer.error(`expected ${what} but found ${found}${hint ? `; ${hint}` : ''}`, token.start);
  }

  #peekSymbol(symbol: string, distance = 0): boolean {
    const token = this.lexer.peek(distance);
    return token.kind === 'symbol' && token.text === symbol;
  }

  #peekBinaryOperator(): BinaryOperator | undefined {
    const token = this.lexer.peek();
    if (token.kind !== 'symbol' && token.kind !== 'word') return undefined;
    const text = token.text.toUpperCase();
    return Object.hasOwn(PRECEDENCE, text) ? (text as BinaryOperator) : undefined;
  }

  #prefix(): Expression {
    const token = this.lexer.peek();
    if (this.takeWord('NOT')) {
      const operand = this.parseExpression(NOT_PRECEDENCE);
      return { kind: 'not', operand, start: token.start, end: operand.end };
    }
    if (this.takeSymbol('-')) {
      const operand = this.parseExpression(NEGATE_PRECEDENCE);
      if (operand.kind === 'number' && !operand.text.startsWith('-')) {
        return { ...operand, text: `-${operand.text}`, start: token.start };
      }
      return { kind: 'negate', operand, start: token.start, end: operand.end };
    }
    return this.parsePostfix();
  }

  /** A primary expression and the `.key` drill-downs after it. */
  protected parsePostfix(): Expression {
    let expression = this.#primary();
    let links = 0;
    while (this.takeSymbol('.')) {
      const token = this.lexer.peek();
      if (token.kind !== 'word') {
        throw this.expected('the name of a key after "." (a key of other characters is read with get(object, "key"))');
      }
      if (++links > MAX_CHAIN) throw this.lexer.error(`more than ${MAX_CHAIN} keys in a row`, token.start);
      this.lexer.next();
      expression = { kind: 'member', object: expression, name: token.text, start: expression.start, end: token.end };
    }
    return expression;
  }

  #primary(): Expression {
    const token = this.lexer.peek();
    const { start, end } = token;
    switch (token.kind) {
      case 'number':
        this.lexer.next();
        return { kind: 'number', text: token.text, start, end };
      case 'string':
        this.lexer.next();
        return { kind: 'constant', value: token.text, start, end };
      case 'variable':
        this.lexer.next();
        return { kind: 'variable', name: token.text, start, end };
      case 'symbol':
        return this.#bracketed(token);
      case 'word':
        return this.#word(token);
      default:
        throw this.expected('an expression');
    }
  }

  #bracketed(token: Token): Expression {
    const { start } = token;
    if (this.takeSymbol('(')) {
      if (this.peekWord('SELECT')) {
        const query = this.#query(start);
        return { kind: 'subquery', query, start, end: this.expectSymbol(')').end };
      }
      const inner = this.parseExpression();
      const { end } = this.expectSymbol(')');
      return { ...inner, start, end };
    }
    if (this.takeSymbol('[')) {
      this.#requireCurrentVersion('array literals', start);
      const items = this.#list(']', () => this.parseExpression());
      return { kind: 'array', items, start, end: this.expectSymbol(']').end };
    }
    if (this.takeSymbol('{')) {
      this.#requireCurrentVersion('object literals', start);
      const members = this.#list('}', () => this.#objectMember());
      return { kind: 'object', members, start, end: this.expectSymbol('}').end };
    }
    throw this.expected('an expression');
  }

  #word(token: Token): Expression {
    const { start, end, text } = token;
    const word = text.toUpperCase();
    const called = this.#peekSymbol('(', 1);
    if (word === 'CASE') return this.#case();
    if (word === 'TRUE' || word === 'FALSE' || word === 'NULL') {
      this.lexer.next();
      return { kind: 'constant', value: word === 'NULL' ? null : word === 'TRUE', start, end };
    }
    if (RESERVED.has(word)) throw this.expected('an expression');
    this.lexer.next();
    if (!called) return { kind: 'name', name: text, start, end };
    this.lexer.next();
    if (word === 'EXISTS') {
      if (!this.peekWord('SELECT')) throw this.expected('SELECT after "EXISTS ("');
      const query = this.#query(start);
      return { kind: 'exists', query, start, end: this.expectSymbol(')').end };
    }
    if (word === 'CAST') return this.#cast(start);
    const args = this.#list(')', () => this.#payload() ?? this.parseExpression());
    return { kind: 'call', name: text.toLowerCase(), args, start, end: this.expectSymbol(')').end };
  }

  /** `*` where a whole expression may stand. */
  #payload(): Expression | undefined {
    const token = this.lexer.peek();
    return this.takeSymbol('*') ? { kind: 'payload', start: token.start, end: token.end } : undefined;
  }

  #cast(start: number): Expression {
    const operand = this.#payload() ?? this.parseExpression();
    if (!this.takeWord('AS')) throw this.expected('AS and a type, as in cast(value AS Int)');
    const type = this.lexer.peek();
    if (type.kind !== 'word') throw this.expected('the name of a type');
    this.lexer.next();
    return { kind: 'cast', operand, type: type.text.toLowerCase(), start, end: this.expectSymbol(')').end };
  }

  #case(): Expression {
    const { start } = this.lexer.next();
    if (this.peekWord('WHEN')) {
      throw this.expected('a value between CASE and WHEN (for conditions write CASE true WHEN a > b THEN …)');
    }
    const subject = this.parseExpression();
    const branches: { when: Expression; then: Expression }[] = [];
    while (this.takeWord('WHEN')) {
      const when = this.parseExpression();
      if (!this.takeWord('THEN')) throw this.expected('THEN');
      branches.push({ when, then: this.parseExpression() });
    }
    if (branches.length === 0) throw this.expected('WHEN');
    const otherwise = this.takeWord('ELSE') ? this.parseExpression() : undefined;
    if (!this.peekWord('END')) throw this.expected(otherwise ? 'END' : 'WHEN, ELSE or END');
    return { kind: 'case', subject, branches, otherwise, start, end: this.lexer.next().end };
  }

  #objectMember(): { key: string; value: Expression } {
    const key = this.lexer.peek();
    if (key.kind !== 'string') throw this.expected('a key in quotes');
    this.lexer.next();
    this.expectSymbol(':');
    return { key: key.text, value: this.parseExpression() };
  }

  #list<T>(close: string, item: () => T): T[] {
    const items: T[] = [];
    if (this.#peekSymbol(close)) return items;
    do items.push(item());
    while (this.takeSymbol(','));
    if (!this.#peekSymbol(close)) throw this.expected(`"," or "${close}"`);
    return items;
  }

  #query(start: number): Query {
    this.#requireCurrentVersion('nested queries', start);
    if (++this.#depth > MAX_DEPTH) throw this.lexer.error(`queries are nested more than ${MAX_DEPTH} deep`, start);
    this.lexer.next();
    const selection = this.parseSelection();
    if (!this.takeWord('FROM')) throw this.expected('FROM and the array or object that the nested query reads');
    const from = this.parsePostfix();
    const alias = this.takeWord('AS') ? this.#aliasName() : undefined;
    const where = this.takeWord('WHERE') ? this.parseExpression() : undefined;
    this.#depth--;
    return { selection, from, alias, where };
  }

  /**
   * `value` is also a common key: `SELECT value FROM …` reads it, `SELECT VALUE value FROM …` makes it the output. It is the
   * keyword where an expression follows. Before `-` and `*`, which may start or continue one, spacing and what comes next decide.
   */
  #takeValueKeyword(): boolean {
    if (!this.peekWord('VALUE')) return false;
    const next = this.lexer.peek(1);
    if (next.kind === 'word') {
      const word = next.text.toUpperCase();
      const startsExpression = ['NOT', 'CASE', 'TRUE', 'FALSE', 'NULL'].includes(word) || !RESERVED.has(word);
      if (!startsExpression) return false;
    } else if (next.kind === 'symbol') {
      const after = this.lexer.peek(2);
      if (next.text === '*') {
        const endsSelection = after.kind === 'end' || this.peekWord('FROM', 2) || this.peekWord('WHERE', 2);
        if (!endsSelection) return false;
      } else if (next.text === '-') {
        if (next.end !== after.start || this.lexer.peek().end === next.start) return false;
      } else if (!['(', '[', '{'].includes(next.text)) return false;
    } else if (next.kind === 'end') return false;
    this.lexer.next();
    return true;
  }

  #selectItem(isValue: boolean): SelectItem {
    const payload = this.#payload();
    if (payload) return { expression: payload, path: !isValue && this.takeWord('AS') ? this.#aliasPath() : undefined };
    const expression = this.parseExpression();
    if (isValue) return { expression };
    if (this.takeWord('AS')) return { expression, path: this.#aliasPath() };
    if (expression.kind === 'object') return { expression };
    return { expression, path: [this.#nameOf(expression)] };
  }

  /** The key of an item without AS: the last key of a path, a variable's name, a function's name. */
  #nameOf(expression: Expression): string {
    switch (expression.kind) {
      case 'name':
      case 'member':
      case 'variable':
      case 'call':
        return expression.name;
      case 'cast':
        return 'cast';
      default:
        throw this.expected('AS and a name for the value before it');
    }
  }

  #aliasPath(): string[] {
    const path = [this.#aliasName()];
    while (this.takeSymbol('.')) path.push(this.#aliasName());
    return path;
  }

  #aliasName(): string {
    const token = this.lexer.peek();
    if (token.kind !== 'word') throw this.expected('a name after AS');
    this.lexer.next();
    return token.text;
  }

  #requireCurrentVersion(what: string, offset: number): void {
    if (isOriginalVersion(this.#version)) {
      throw this.lexer.error(`${what} need SQL version 2016-03-23, and this is 2015-10-08`, offset);
    }
  }
}
