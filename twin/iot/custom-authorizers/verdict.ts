import { fitsPolicyLimit, MalformedPolicy, parsePolicyDocument, type Policy } from '../policy/index.ts';

/** What an authorizer's function decided, checked against the limits of AWS IoT. */
export interface Verdict {
  readonly principalId: string;
  readonly policies: readonly Policy[];
  /** JSON text of each, as TestInvokeAuthorizer answers them. */
  readonly policyDocuments: readonly string[];
  readonly disconnectAfterSeconds: number;
  /** Absent: the policies hold as long as the connection. */
  readonly refreshAfterSeconds?: number;
}

/** An answer that AWS IoT cannot use; the message says which member and why. */
export class UnusableVerdict extends Error {}

const PRINCIPAL_ID = /^[A-Za-z0-9]{1,128}$/;
/** Developer guide, "Defining your Lambda function"; both intervals have the same bounds. */
const SHORTEST_SECONDS = 300;
const LONGEST_SECONDS = 86_400;
const MOST_DOCUMENTS = 10;

/**
 * Reads the function's answer.
 *
 * @returns undefined when the function says that the client is not authenticated
 * @throws UnusableVerdict
 */
export function readVerdict(answer: Readonly<Record<string, unknown>>): Verdict | undefined {
  const { isAuthenticated, principalId } = answer;
  if (typeof isAuthenticated !== 'boolean') throw new UnusableVerdict('isAuthenticated is not a Boolean');
  if (!isAuthenticated) return undefined;
  if (typeof principalId !== 'string' || !PRINCIPAL_ID.test(principalId))
    throw new UnusableVerdict('principalId is not 1 to 128 letters and digits');
  const documents = documentsOf(answer['policyDocuments']);
  const refreshAfterSeconds = secondsOf(answer, 'refreshAfterInSeconds');
  return {
    principalId,
    policies: documents.map((document, index) => policyOf(document, index + 1)),
    policyDocuments: documents.map((document) => (typeof document === 'string' ? document : JSON.stringify(document))),
    disconnectAfterSeconds: secondsOf(answer, 'disconnectAfterInSeconds') ?? LONGEST_SECONDS,
    ...(refreshAfterSeconds !== undefined && { refreshAfterSeconds }),
  };
}

function documentsOf(documents: unknown): unknown[] {
  if (!Array.isArray(documents)) throw new UnusableVerdict('policyDocuments is not a list');
  if (documents.length > MOST_DOCUMENTS)
    throw new UnusableVerdict(`policyDocuments holds ${documents.length} documents, ${MOST_DOCUMENTS} at most`);
  return documents;
}

function policyOf(document: unknown, number: number): Policy {
  if (!fitsPolicyLimit(document)) throw new UnusableVerdict(`policy document ${number} is longer than 2048 characters`);
  try {
    return parsePolicyDocument(document, `policy document ${number} of the authorizer`);
  } catch (error) {
    if (error instanceof MalformedPolicy)
      throw new UnusableVerdict(`policy document ${number} is malformed: ${error.message}`);
    throw error;
  }
}

function secondsOf(answer: Readonly<Record<string, unknown>>, member: string): number | undefined {
  const seconds = answer[member];
  if (seconds === undefined || seconds === null) return undefined;
  if (!Number.isInteger(seconds) || Number(seconds) < SHORTEST_SECONDS || Number(seconds) > LONGEST_SECONDS)
    throw new UnusableVerdict(`${member} is not a whole number from ${SHORTEST_SECONDS} to ${LONGEST_SECONDS}`);
  return Number(seconds);
}
