import { compileExpression, invalidPattern } from './filter-expression.ts';
import type { LogFilter } from './filter-expression.ts';
import { compileJsonFilter } from './json-filter.ts';

const LONGEST_PATTERN = 1024;

/**
 * Compiles a filter pattern: terms (`ERROR "not found"`, `?WARN ?ERROR`, `-debug`), a regular expression between `%`, or
 * a condition on JSON (`{ $.level = "error" }`) (CloudWatch Logs user guide, "Filter pattern syntax").
 *
 * @throws AwsError InvalidParameterException
 */
export function compileFilterPattern(pattern = ''): LogFilter {
  const text = pattern.trim();
  if (text.length > LONGEST_PATTERN) throw invalidPattern('it is longer than 1024 characters');
  if (text.startsWith('{')) return compileJsonFilter(text);
  if (text.startsWith('['))
    throw invalidPattern('the twin does not read patterns of space-delimited fields ([a, b, ...])');
  const terms = readTerms(text);
  const required = terms.filter(({ mark }) => mark === '');
  const excluded = terms.filter(({ mark }) => mark === '-');
  // Alternatives only count where there are no other terms.
  const alternatives = required.length + excluded.length === 0 ? terms : [];
  return (message) =>
    required.every(({ matches }) => matches(message)) &&
    !excluded.some(({ matches }) => matches(message)) &&
    (alternatives.length === 0 || alternatives.some(({ matches }) => matches(message)));
}

interface Term {
  readonly mark: '' | '?' | '-';
  readonly matches: LogFilter;
}

function readTerms(text: string): Term[] {
  const terms: Term[] = [];
  const token = /\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|([^\s"%]+))(?=\s|$)/y;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (!match) throw invalidPattern('a term with other characters than letters, digits and underscores needs quotes');
    const [, mark, quoted, expression, word] = match;
    const literal = quoted?.replace(/\\(.)/g, '$1') ?? word ?? '';
    const matches =
      expression === undefined ? (message: string) => message.includes(literal) : compileExpression(expression);
    terms.push({ mark: mark as Term['mark'], matches });
  }
  return terms;
}
