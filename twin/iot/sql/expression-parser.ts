import type { BinaryOperator, Expression, Query } from './ast.ts';
import type { Token } from './lexer.ts';
import { parseSelection } from './selection-parser.ts';
import { RESERVED_WORDS, TokenReader } from './token-reader.ts';
import { isOriginalVersion, type SqlVersion } from './version.ts';

/** Deeper than any statement a person writes, and well within the stack of the parser and of the compiled closures. */
const MAX_DEPTH = 100;
const MAX_CHAIN = 1_000;

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

/** Reads expressions by precedence climbing (Developer Guide, "Operators", "Literals", "Case statements", "Nested object queries"). */
export class ExpressionParser extends TokenReader {
  readonly #version: SqlVersion;
  #depth = 0;

  constructor(source: string, version: SqlVersion, offset = 0) {
    super(source, offset);
    this.#version = version;
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
    return this.payload() ?? this.parseExpression();
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
    return this.#postfix();
  }

  /** A primary expression and the `.key` drill-downs after it. */
  #postfix(): Expression {
    let expression = this.#primary();
    let links = 0;
    while (!this.peekEveryKey() && this.takeSymbol('.')) {
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
      const items = this.list(']', () => this.parseExpression());
      return { kind: 'array', items, start, end: this.expectSymbol(']').end };
    }
    if (this.takeSymbol('{')) {
      this.#requireCurrentVersion('object literals', start);
      const members = this.list('}', () => this.#objectMember());
      return { kind: 'object', members, start, end: this.expectSymbol('}').end };
    }
    throw this.expected('an expression');
  }

  #word(token: Token): Expression {
    const { start, end, text } = token;
    const word = text.toUpperCase();
    const called = this.peekSymbol('(', 1);
    if (word === 'CASE') return this.#case();
    if (word === 'TRUE' || word === 'FALSE' || word === 'NULL') {
      this.lexer.next();
      return { kind: 'constant', value: word === 'NULL' ? null : word === 'TRUE', start, end };
    }
    if (RESERVED_WORDS.has(word)) throw this.expected('an expression');
    this.lexer.next();
    if (!called) return { kind: 'name', name: text, start, end };
    this.lexer.next();
    if (word === 'EXISTS') {
      if (!this.peekWord('SELECT')) throw this.expected('SELECT after "EXISTS ("');
      const query = this.#query(start);
      return { kind: 'exists', query, start, end: this.expectSymbol(')').end };
    }
    if (word === 'CAST') return this.#cast(start);
    const args = this.list(')', () => this.payload() ?? this.parseExpression());
    return { kind: 'call', name: text.toLowerCase(), args, start, end: this.expectSymbol(')').end };
  }

  #cast(start: number): Expression {
    const operand = this.payload() ?? this.parseExpression();
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

  #query(start: number): Query {
    this.#requireCurrentVersion('nested queries', start);
    if (++this.#depth > MAX_DEPTH) throw this.lexer.error(`queries are nested more than ${MAX_DEPTH} deep`, start);
    this.lexer.next();
    const selection = parseSelection(this);
    if (!this.takeWord('FROM')) throw this.expected('FROM and the array or object that the nested query reads');
    const from = this.#postfix();
    const alias = this.takeWord('AS') ? this.aliasName() : undefined;
    const where = this.takeWord('WHERE') ? this.parseExpression() : undefined;
    this.#depth--;
    return { selection, from, alias, where };
  }

  #requireCurrentVersion(what: string, offset: number): void {
    if (isOriginalVersion(this.#version)) {
      throw this.lexer.error(`${what} need SQL version 2016-03-23, and this is 2015-10-08`, offset);
    }
  }
}
