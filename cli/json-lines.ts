import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/**
 * Answers each line of JSON with a line of JSON, in order, until the input ends. `answer` gets the parsed line and must
 * not throw anything but an Error, whose message becomes `{"id", "error"}`; so does a line that is not JSON.
 * @param parse for who needs more of a line than `JSON.parse` keeps, such as the digits of a long number
 */
export async function answerJsonLines(
  input: Readable,
  output: Writable,
  answer: (line: unknown) => Record<string, unknown> | Promise<Record<string, unknown>>,
  parse: (line: string) => unknown = JSON.parse,
): Promise<void> {
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    const reply = await replyTo(line, answer, parse);
    if (!output.write(`${JSON.stringify(reply)}\n`)) await once(output, 'drain');
  }
}

async function replyTo(
  line: string,
  answer: (line: unknown) => Record<string, unknown> | Promise<Record<string, unknown>>,
  parse: (line: string) => unknown,
): Promise<Record<string, unknown>> {
  let id: unknown = null;
  try {
    const parsed = parse(line);
    if (typeof parsed === 'object' && parsed !== null && 'id' in parsed) id = parsed.id;
    return { id, ...(await answer(parsed)) };
  } catch (error) {
    return { id, error: (error as Error).message };
  }
}
