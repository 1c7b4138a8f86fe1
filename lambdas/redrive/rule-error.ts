import { createHash } from 'node:crypto';
import { RULE_NAMES, type RuleName } from '../../contracts/topics.ts';

/** What AWS IoT gives a rule's error action (https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html). */
export interface RuleError {
  readonly ruleName: RuleName;
  /** Without any Basic Ingest prefix. */
  readonly topic: string;
  readonly clientId?: string;
  readonly base64OriginalPayload: string;
  readonly failures: readonly {
    readonly failedAction: string;
    readonly failedResource: string;
    readonly errorMessage: string;
  }[];
}

/** `undefined` for what is not the error message of one of our rules. */
export function parseRuleError(body: string): RuleError | undefined {
  let document: Partial<RuleError> | null;
  try {
    document = JSON.parse(body) as Partial<RuleError> | null;
  } catch {
    return undefined;
  }
  const { ruleName, topic, base64OriginalPayload } = document ?? {};
  if (typeof topic !== 'string' || typeof base64OriginalPayload !== 'string') return undefined;
  if (!RULE_NAMES.some((known) => known === ruleName)) return undefined;
  return document as RuleError;
}

/**
 * The same for every failure of the same message: neither the error message nor a republication carries anything of ours along, so that a
 * message is known again by rule, topic and payload.
 */
export function messageId({ ruleName, topic, base64OriginalPayload }: RuleError): string {
  return createHash('sha256').update(`${ruleName}\n${topic}\n${base64OriginalPayload}`).digest('hex');
}
