import {
  compileStatement,
  explainStatement,
  type Output,
  type SqlVersion,
  type Step,
  type Value,
} from '../twin/iot/sql/index.ts';
import { reach, type GivenMessage } from './sql-message.ts';

const MAX_SHOWN = 200;

/**
 * Says whether a rule with this statement fires for the message, what it hands to its actions, and how its WHERE came to its result.
 * @throws SqlSyntaxError
 */
export async function report(sql: string, version: SqlVersion, given: GivenMessage): Promise<string> {
  const statement = compileStatement(sql, version);
  const { message, unmatched } = reach(given, statement.topicFilter);
  if (unmatched !== undefined) return `The rule does not fire: ${unmatched}.`;
  const outcome = await statement.evaluate(message, {});
  const { variables, where } = await explainStatement(sql, version, message, {});
  const lines =
    'failed' in outcome
      ? [`The rule fails, and no action runs: ${outcome.failed}.`]
      : outcome.fires
        ? ['The rule fires.', `Output: ${shownOutput(outcome.output)}`]
        : ['The rule does not fire: its WHERE is not true.'];
  if (variables.length > 0)
    lines.push('', 'SET', ...variables.map(({ name, step }) => `  @${name} = ${shownResult(step)}`));
  if (where) lines.push('', 'WHERE', ...treeOf(where, 1));
  return lines.join('\n');
}

function shownOutput(output: Output): string {
  const bytes = output.bytes();
  if (bytes.length === 0) return 'nothing (Undefined)';
  if (output.value === undefined) return `${bytes.length} raw bytes, base64 ${bytes.toString('base64')}`;
  return output.isRaw ? bytes.toString() : JSON.stringify(output.value, undefined, 2);
}

function treeOf(step: Step, depth: number): string[] {
  const because = step.because === undefined ? '' : `  (${step.because})`;
  const source = step.source.replaceAll(/\s+/g, ' ');
  return [
    `${'  '.repeat(depth)}${source}  =>  ${shownResult(step)}${because}`,
    ...step.parts.flatMap((part) => treeOf(part, depth + 1)),
  ];
}

function shownResult({ result }: Step): string {
  return 'failed' in result ? `fails: ${result.failed}` : shown(result.value);
}

function shown(value: Value): string {
  if (value === undefined) return 'Undefined';
  const text = JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
