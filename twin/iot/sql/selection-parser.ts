import type { Expression, Selection, SelectItem } from './ast.ts';
import { RESERVED_WORDS, type TokenReader } from './token-reader.ts';

/** A parser that reads expressions; selections and expressions contain each other. */
interface SelectionReader extends TokenReader {
  parseExpression(): Expression;
}

/** Reserved words that an expression may start with. */
const EXPRESSION_WORDS: ReadonlySet<string> = new Set(['NOT', 'CASE', 'TRUE', 'FALSE', 'NULL']);

/** Reads the items after SELECT, up to the word that follows them (Developer Guide, "SELECT clause"). */
export function parseSelection(reader: SelectionReader): Selection {
  const isValue = startsValue(reader) && reader.takeWord('VALUE');
  const items = [parseItem(reader, isValue)];
  while (reader.takeSymbol(',')) {
    if (isValue) throw reader.expected('FROM, as SELECT VALUE takes a single expression');
    items.push(parseItem(reader, false));
  }
  return { isValue, items };
}

/**
 * `value` is also a common key: `SELECT value FROM …` reads it, `SELECT VALUE value FROM …` makes it the output. It is the
 * keyword where an expression follows. Before `-` and `*`, which may start or continue one, spacing and what comes next decide.
 */
function startsValue(reader: SelectionReader): boolean {
  if (!reader.peekWord('VALUE')) return false;
  const next = reader.peek(1);
  if (next.kind === 'word') {
    const word = next.text.toUpperCase();
    return EXPRESSION_WORDS.has(word) || !RESERVED_WORDS.has(word);
  }
  if (next.kind !== 'symbol') return next.kind !== 'end';
  switch (next.text) {
    case '*':
      return reader.peek(2).kind === 'end' || reader.peekWord('FROM', 2) || reader.peekWord('WHERE', 2);
    case '-':
      return next.end === reader.peek(2).start && reader.peek().end !== next.start;
    default:
      return ['(', '[', '{'].includes(next.text);
  }
}

function parseItem(reader: SelectionReader, isValue: boolean): SelectItem {
  const payload = reader.payload();
  if (payload) return { expression: payload, path: !isValue && reader.takeWord('AS') ? parsePath(reader) : undefined };
  const expression = reader.parseExpression();
  if (isValue) return { expression };
  const isEveryKey = takeEveryKey(reader, expression);
  if (reader.takeWord('AS')) return { expression, path: parsePath(reader) };
  if (isEveryKey || expression.kind === 'object') return { expression };
  return { expression, path: [nameOf(expression, reader)] };
}

/** `path.*`: the guide does not name it, but published rules on shadows select `state.reported.*` and AWS runs them. */
function takeEveryKey(reader: SelectionReader, { kind }: Expression): boolean {
  if (!reader.peekEveryKey() || !['name', 'member', 'variable', 'call'].includes(kind)) return false;
  return reader.takeSymbol('.') && reader.takeSymbol('*');
}

/** The key of an item without AS: the last key of a path, a variable's name, a function's name. */
function nameOf(expression: Expression, reader: SelectionReader): string {
  switch (expression.kind) {
    case 'name':
    case 'member':
    case 'variable':
    case 'call':
      return expression.name;
    case 'cast':
      return 'cast';
    default:
      throw reader.expected('AS and a name for the value before it');
  }
}

function parsePath(reader: SelectionReader): string[] {
  const path = [reader.aliasName()];
  while (reader.takeSymbol('.')) path.push(reader.aliasName());
  return path;
}
