import { compileExpression, invalidPattern } from './filter-expression.ts';
import type { LogFilter } from './filter-expression.ts';

type Test = (document: unknown) => boolean;

const TOKEN =
  /\s*(\$(?:\.(?:[\w-]+|\*)|\[(?:\d+|\*|"[^"]*"|'[^']*')\])*|&&|\|\||!=|<=|>=|[(){}=<>]|"(?:[^"\\]|\\.)*"|%(?:[^%\\]|\\.)*%|[^\s(){}=<>!&|"]+)/y;
const DEEPEST = 32;

/**
 * `{ ($.a = 1) && ($.b != "x*" || $.c IS TRUE) }`. Messages that are not JSON objects do not fit.
 *
 * @throws AwsError InvalidParameterException
 */
export function compileJsonFilter(text: string): LogFilter {
  const parser = new Parser(text);
  parser.expect('{');
  const test = parser.alternatives(0);
  parser.expect('}');
  parser.expectEnd();
  return (message) => {
    if (!message.trimStart().startsWith('{')) return false;
    try {
      return test(JSON.parse(message));
    } catch {
      return false;
    }
  };
}

class Parser {
  readonly #tokens: string[] = [];
  #position = 0;

  constructor(text: string) {
    TOKEN.lastIndex = 0;
    while (text.slice(TOKEN.lastIndex).trim() !== '') {
      const match = TOKEN.exec(text);
      if (!match) throw invalidPattern('it has a character that is no part of a JSON pattern');
      this.#tokens.push(match[1]!);
    }
  }

  alternatives(depth: number): Test {
    const tests = [this.#conjunction(depth)];
    while (this.#take('||')) tests.push(this.#conjunction(depth));
    return (document) => tests.some((test) => test(document));
  }

  expect(token: string): void {
    if (!this.#take(token))
      throw invalidPattern(`${token} is missing before ${this.#tokens[this.#position] ?? 'its end'}`);
  }

  expectEnd(): void {
    const rest = this.#tokens[this.#position];
    if (rest !== undefined) throw invalidPattern(`nothing may follow its closing brace, but ${rest} does`);
  }

  #conjunction(depth: number): Test {
    const tests = [this.#condition(depth)];
    while (this.#take('&&')) tests.push(this.#condition(depth));
    return (document) => tests.every((test) => test(document));
  }

  #condition(depth: number): Test {
    if (depth > DEEPEST) throw invalidPattern('it is nested too deep');
    if (this.#take('(')) {
      const test = this.alternatives(depth + 1);
      this.expect(')');
      return test;
    }
    const selector = this.#next();
    if (!selector.startsWith('$')) throw invalidPattern(`${selector} is no property selector, which starts with $`);
    const select = compileSelector(selector);
    const operator = this.#next();
    if (operator === 'IS' || operator === 'NOT') return this.#keyword(operator, select);
    return compileComparison(operator, this.#next(), select);
  }

  #keyword(operator: string, select: (document: unknown) => unknown[]): Test {
    const word = this.#next();
    if (operator === 'NOT' && word === 'EXISTS') return (document) => select(document).length === 0;
    const wanted = operator === 'IS' ? { TRUE: true, FALSE: false, NULL: null }[word] : undefined;
    if (wanted === undefined)
      throw invalidPattern(`${operator} ${word} is not IS TRUE, IS FALSE, IS NULL or NOT EXISTS`);
    return (document) => select(document).includes(wanted);
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#position] !== token) return false;
    this.#position += 1;
    return true;
  }

  #next(): string {
    const token = this.#tokens[this.#position++];
    if (token === undefined) throw invalidPattern('it ends too early');
    return token;
  }
}

/** The values at a path; several behind `[*]`, none when it leads nowhere. */
function compileSelector(selector: string): (document: unknown) => unknown[] {
  const steps = [...selector.slice(1).matchAll(/\.([\w-]+|\*)|\[(?:(\d+|\*)|["']([^"']*)["'])\]/g)].map(
    ([, name, index, quoted]) => name ?? index ?? quoted!,
  );
  return (document) => {
    let values = [document];
    for (const step of steps) {
      values = values.flatMap((value) => {
        if (typeof value !== 'object' || value === null) return [];
        if (step === '*') return Object.values(value);
        return Object.hasOwn(value, step) ? [(value as Record<string, unknown>)[step]] : [];
      });
    }
    return values;
  };
}

function compileComparison(operator: string, operand: string, select: (document: unknown) => unknown[]): Test {
  const number = Number(operand);
  if (!operand.startsWith('"') && !Number.isNaN(number)) {
    const compare = {
      '=': (value: number) => value === number,
      '!=': (value: number) => value !== number,
      '<': (value: number) => value < number,
      '<=': (value: number) => value <= number,
      '>': (value: number) => value > number,
      '>=': (value: number) => value >= number,
    }[operator];
    if (!compare) throw invalidPattern(`${operator} is no comparison`);
    return (document) => select(document).some((value) => typeof value === 'number' && compare(value));
  }
  if (operator !== '=' && operator !== '!=')
    throw invalidPattern(`text is compared with = or !=, not with ${operator}`);
  const matches = compileText(operand);
  const fits = (value: unknown): boolean => typeof value === 'string' && matches(value);
  return operator === '='
    ? (document) => select(document).some(fits)
    : (document) => {
        const values = select(document);
        return values.length > 0 && !values.some(fits);
      };
}

function compileText(operand: string): LogFilter {
  if (operand.startsWith('%')) return compileExpression(operand.slice(1, -1));
  const text = operand.startsWith('"') ? operand.slice(1, -1).replace(/\\(.)/g, '$1') : operand;
  if (!text.includes('*')) return (value) => value === text;
  return (value) => wildcardMatches(text, value);
}

/** `*` stands for any text; what is between is found leftmost first, so that nothing is tried twice. */
function wildcardMatches(pattern: string, value: string): boolean {
  const pieces = pattern.split('*');
  const last = pieces.pop()!;
  let position = 0;
  for (const [index, piece] of pieces.entries()) {
    const found = value.indexOf(piece, position);
    if (found < 0 || (index === 0 && found !== 0)) return false;
    position = found + piece.length;
  }
  return value.length - last.length >= position && value.endsWith(last);
}
