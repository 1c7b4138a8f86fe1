import { randomUUID } from 'node:crypto';

import type { PublicationProperties } from '../twin/iot/publication.ts';
import {
  compileStatement,
  parseBasicIngest,
  type Outcome,
  type Output,
  type RuleMessage,
  type SqlVersion,
} from '../twin/iot/sql/index.ts';
import { matchesFilter } from '../twin/iot/topic-filter.ts';

/** AWS's own example account: statements asked about on the command line belong to none. */
const ACCOUNT_ID = '123456789012';

/** What `iov sql` is told of a message. */
export interface GivenMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly protocol?: 'mqtt' | 'http';
  readonly clientId?: string;
  readonly principal?: string;
  readonly sourceIp?: string;
  readonly properties?: PublicationProperties;
}

export interface Reached {
  readonly message: RuleMessage;
  /** Present where the message does not reach the rule: why not. */
  readonly unmatched?: string;
}

/** Whether and how the message reaches a rule with this FROM: by Basic Ingest whatever FROM says, else if the topic matches. */
export function reach(given: GivenMessage, topicFilter: string | undefined): Reached {
  const basicIngest = parseBasicIngest(given.topic);
  const { protocol = 'mqtt', clientId, principal, sourceIp, properties, payload } = given;
  const message: RuleMessage = {
    topic: basicIngest ? basicIngest.topic : given.topic,
    payload,
    receivedAt: Date.now(),
    source: { protocol, clientId, principal, sourceIp },
    properties,
    accountId: ACCOUNT_ID,
    traceId: randomUUID(),
  };
  if (basicIngest || topicFilter === undefined || matchesFilter(topicFilter, given.topic)) return { message };
  return { message, unmatched: `the topic ${given.topic} does not match FROM '${topicFilter}'` };
}

/**
 * Evaluates a statement as a rule without roles, tables or functions would.
 * @throws SqlSyntaxError
 */
export function evaluate(sql: string, version: SqlVersion, given: GivenMessage): Outcome | Promise<Outcome> {
  const statement = compileStatement(sql, version);
  const { message, unmatched } = reach(given, statement.topicFilter);
  return unmatched === undefined ? statement.evaluate(message, {}) : { fires: false };
}

/** The output as JSON, or `{"base64"}` where it is not JSON. */
export function outputForJson(output: Output): unknown {
  const { value } = output;
  return value === undefined ? { base64: output.bytes().toString('base64') } : value;
}
