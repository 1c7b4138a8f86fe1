import { CompileContext } from './compile-context.ts';
import { compileExpression } from './compile-expression.ts';
import { toText } from './conversion.ts';
import { ExpressionParser } from './expression-parser.ts';
import type { Externals } from './externals.ts';
import { Frame, type Evaluator } from './frame.ts';
import { runToEnd } from './journal.ts';
import type { RuleMessage } from './message.ts';
import type { Variables } from './statement.ts';
import { DEFAULT_SQL_VERSION, isOriginalVersion, type SqlVersion } from './version.ts';

export interface CompiledTemplate {
  /** The text itself where it has no `${…}`. */
  readonly constant?: string;
  /**
   * Evaluated against the message as published, not against what the statement selected (Developer Guide, "Substitution
   * templates"). Undefined and Null values become no text. A promise only where an external function has to be waited for.
   * @param variables the statement's SET variables
   * @throws EvaluationFailure, or rejects with one, where an external function fails
   */
  evaluate(message: RuleMessage, variables: Variables, externals: Externals): string | Promise<string>;
}

/**
 * Compiles text with `${expression}` in it. A `$` without `{` stands for itself.
 * @throws SqlSyntaxError where what stands between the braces is no expression
 */
export function compileTemplate(text: string, version: SqlVersion = DEFAULT_SQL_VERSION): CompiledTemplate {
  if (!text.includes('${')) return { constant: text, evaluate: () => text };
  const context = new CompileContext(text, version, true, compileExpression);
  const parts = readParts(text, version, context);
  const { mayWait } = context;
  const keepsWholeDecimals = isOriginalVersion(version);
  return {
    evaluate(message, variables, externals) {
      const frame = new Frame(message, externals, keepsWholeDecimals, mayWait);
      frame.variables = variables;
      if (!frame.journal) return join(parts, frame);
      const attempt = (): string => {
        frame.variables = variables;
        return join(parts, frame);
      };
      return runToEnd(frame.journal, () => frame.rewind(), attempt);
    },
  };
}

function readParts(text: string, version: SqlVersion, context: CompileContext): (string | Evaluator)[] {
  const parts: (string | Evaluator)[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf('${', at);
    parts.push(text.slice(at, open === -1 ? text.length : open));
    if (open === -1) return parts;
    const parser = new ExpressionParser(text, version, open + 2);
    parts.push(context.compile(parser.parseTemplateExpression()));
    at = parser.expectSymbol('}').end;
  }
}

function join(parts: readonly (string | Evaluator)[], frame: Frame): string {
  let text = '';
  for (const part of parts) text += typeof part === 'string' ? part : (toText(part(frame)) ?? '');
  return text;
}
