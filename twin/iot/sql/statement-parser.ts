import { isValidFilter } from '../topic-filter.ts';
import type { Expression, Statement } from './ast.ts';
import { ExpressionParser } from './expression-parser.ts';
import { parseSelection } from './selection-parser.ts';

const MAX_VARIABLES = 10;
const MAX_VARIABLE_NAME = 64;

/** Reads `[SET …] SELECT … [FROM 'filter'] [WHERE …]` (Developer Guide, "AWS IoT SQL reference", "SET clause"). */
export class StatementParser extends ExpressionParser {
  parseStatement(): Statement {
    const variables = this.takeWord('SET') ? this.#variables() : [];
    if (this.peekWord('SET')) throw this.expected('SELECT: a statement has one SET, with commas between its variables');
    if (!this.takeWord('SELECT')) throw this.expected(variables.length > 0 ? '"," or SELECT' : 'SELECT or SET');
    const selection = parseSelection(this);
    const topicFilter = this.takeWord('FROM') ? this.#topicFilter() : undefined;
    const where = this.takeWord('WHERE') ? this.parseExpression() : undefined;
    if (this.peek().kind !== 'end') {
      throw this.expected(
        where ? 'the end of the statement' : topicFilter === undefined ? '",", AS, FROM or WHERE' : 'WHERE',
      );
    }
    return { variables, selection, topicFilter, where };
  }

  #variables(): { name: string; value: Expression }[] {
    const variables: { name: string; value: Expression }[] = [];
    do {
      const token = this.peek();
      if (token.kind !== 'variable') throw this.expected('a variable such as @name');
      if (token.text.length > MAX_VARIABLE_NAME) {
        throw this.lexer.error(`@${token.text} is longer than ${MAX_VARIABLE_NAME} characters`, token.start);
      }
      if (!/^[A-Za-z0-9_]+$/.test(token.text)) {
        throw this.lexer.error(`@${token.text}: a variable has only letters, digits and underscores`, token.start);
      }
      if (variables.some(({ name }) => name === token.text)) {
        throw this.lexer.error(`@${token.text} is set a second time: variables cannot change`, token.start);
      }
      this.lexer.next();
      this.expectSymbol('=');
      variables.push({ name: token.text, value: this.parseExpression() });
      if (variables.length > MAX_VARIABLES) {
        throw this.lexer.error(`a statement may set ${MAX_VARIABLES} variables`, token.start);
      }
    } while (this.takeSymbol(','));
    return variables;
  }

  /** The guide's own examples sometimes leave out the quotes (`FROM topic/#`), so a filter that cannot be a mere word is taken without. */
  #topicFilter(): string {
    const quoted = this.peek().kind === 'string';
    const token = quoted ? this.lexer.next() : this.lexer.nextUnquoted();
    if (!quoted && !token.text.includes('/')) {
      throw this.lexer.error(
        `expected a topic filter in single quotes but found ${JSON.stringify(token.text)}`,
        token.start,
      );
    }
    if (!isValidFilter(token.text)) {
      throw this.lexer.error(
        `${JSON.stringify(token.text)} is not a topic filter: + and # stand alone in a level, # only in the last`,
        token.start,
      );
    }
    return token.text;
  }
}
