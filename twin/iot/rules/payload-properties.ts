import type { TopicRulePayload } from './topic-rule.ts';

/** Members whose CloudFormation name is not the API's with a capital letter. */
const RENAMED: Readonly<Record<string, string>> = { DynamoDb: 'dynamoDB', DynamoDBv2: 'dynamoDBv2' };
/** Maps whose keys are the user's own. */
const VERBATIM = new Set(['ClientProperties']);

/** A `TopicRulePayload` as a template writes it, in the API's form. */
export function payloadOfProperties(properties: unknown): TopicRulePayload {
  const payload = toApiForm(properties) as TopicRulePayload & { ruleDisabled?: unknown };
  return { ...payload, ruleDisabled: payload.ruleDisabled === true || payload.ruleDisabled === ('true' as unknown) };
}

/** Property names with a small first letter, at every depth. */
export function toApiForm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toApiForm);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      RENAMED[name] ?? name.charAt(0).toLowerCase() + name.slice(1),
      VERBATIM.has(name) ? member : toApiForm(member),
    ]),
  );
}
