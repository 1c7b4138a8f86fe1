import { fitsPolicyLimit, MalformedPolicy, parsePolicyDocument, POLICY_DOCUMENT_LIMIT } from '../policy/index.ts';
import { malformedPolicy } from './failures.ts';

/**
 * What CreatePolicy checks of a document: its size, and that it is an IoT policy.
 *
 * @throws AwsError MalformedPolicyException
 */
export function checkPolicyDocument(document: unknown): string {
  if (typeof document !== 'string') throw malformedPolicy('Policy document must be a string');
  try {
    if (!fitsPolicyLimit(document)) {
      throw malformedPolicy(`Policy document exceeds ${POLICY_DOCUMENT_LIMIT} characters, not counting white space`);
    }
    parsePolicyDocument(document);
  } catch (error) {
    throw error instanceof MalformedPolicy ? malformedPolicy(`Policy document is malformed: ${error.message}`) : error;
  }
  return document;
}
