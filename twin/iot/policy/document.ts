import { parseConditionName } from '../../policy-language/condition.ts';
import { countedCharacters, parsePolicy, type Policy } from '../../policy-language/document.ts';

/** Characters of an IoT policy document without white space (AWS General Reference, AWS IoT Core quotas). */
export const POLICY_DOCUMENT_LIMIT = 2048;

/**
 * Reads an AWS IoT Core policy.
 *
 * @param document JSON text, or what `JSON.parse` made of it
 * @param name how explanations and logs call the policy
 * @throws MalformedPolicy where CreatePolicy answers MalformedPolicyException
 */
export function parsePolicyDocument(document: unknown, name = 'policy'): Policy {
  return parsePolicy(document, name, { kind: 'identity' });
}

/** Whether a document is within AWS's size limit; CreatePolicy refuses a longer one as malformed. */
export function fitsPolicyLimit(document: unknown): boolean {
  return countedCharacters(document) <= POLICY_DOCUMENT_LIMIT;
}

const CONNECT_KEYS = new Set(['iot:connectattributes', 'iot:lastwilltopic']);

/**
 * The stricter reading of "You must specify a persistent connection in your IAM policy if you want to have one" (IoT
 * guide, "Using connectAttributes"): an Allow that does not speak of connect attributes covers a connection without any.
 * By default such an Allow covers every connection, as the guide's own "Connect policy examples" have it.
 */
export function requireConnectAttributes(policy: Policy): Policy {
  const name = 'ForAllValues:StringEquals';
  const defaultFeaturesOnly = { name, ...parseConditionName(name)!, key: 'iot:ConnectAttributes', values: [] };
  return {
    ...policy,
    statements: policy.statements.map((statement) =>
      statement.effect === 'Deny' || statement.conditions.some(({ key }) => CONNECT_KEYS.has(key.toLowerCase()))
        ? statement
        : { ...statement, conditions: [...statement.conditions, defaultFeaturesOnly] },
    ),
  };
}
