import {
  compileStatement,
  type Externals,
  type Outcome,
  type RuleMessage,
  type SqlVersion,
} from '../../../../twin/iot/sql/index.ts';

export const RECEIVED_AT = 1_481_825_251_155;

export interface Given {
  readonly payload?: unknown;
  readonly version?: SqlVersion;
  readonly message?: Partial<RuleMessage>;
  readonly externals?: Externals;
}

/** A message of an MQTT device. Text and bytes are the payload as they are, anything else becomes JSON. */
export function messageWith(payload: unknown, overrides: Partial<RuleMessage> = {}): RuleMessage {
  const bytes = Buffer.isBuffer(payload)
    ? payload
    : typeof payload === 'string'
      ? Buffer.from(payload)
      : Buffer.from(JSON.stringify(payload));
  return {
    topic: 'things/myThings/thingOne',
    payload: bytes,
    receivedAt: RECEIVED_AT,
    source: { protocol: 'mqtt', clientId: 'client-1', principal: 'ba67293a', sourceIp: '192.158.1.38' },
    accountId: '123456789012',
    traceId: '12345678-1234-1234-1234-123456789012',
    ...overrides,
  };
}

export async function run(
  sql: string,
  { payload = {}, version, message, externals = {} }: Given = {},
): Promise<Outcome> {
  return compileStatement(sql, version).evaluate(messageWith(payload, message), externals);
}

/** The output of a rule that fires, as the JSON that an action would read; text where it is not JSON. */
export async function outputOf(sql: string, given?: Given): Promise<unknown> {
  const outcome = await run(sql, given);
  if ('failed' in outcome) throw new Error(`the rule failed: ${outcome.failed}`);
  if (!outcome.fires) throw new Error('the rule did not fire');
  const text = outcome.output.bytes().toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The value of one expression; `undefined` where it is Undefined. */
export async function valueOf(expression: string, given?: Given): Promise<unknown> {
  const output = (await outputOf(`SELECT ${expression} AS v FROM 'a/b'`, given)) as { v?: unknown };
  return output.v;
}

/** The JSON text of one expression's value, for what a JavaScript number cannot show. */
export async function textOf(expression: string, given?: Given): Promise<string> {
  const outcome = await run(`SELECT VALUE ${expression} FROM 'a/b'`, given);
  if ('failed' in outcome || !outcome.fires) throw new Error('the rule did not fire');
  return outcome.output.bytes().toString();
}
