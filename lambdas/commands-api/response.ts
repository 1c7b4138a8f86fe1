import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import {
  PROBLEM_MEDIA_TYPE,
  problemDocument,
  type ProblemDocument,
  type ProblemKind,
} from '../../contracts/problem.ts';

/** A request that cannot be served, as its answer. */
export class Problem extends Error {
  readonly document: ProblemDocument;

  constructor(kind: ProblemKind, detail: string, errors?: ProblemDocument['errors']) {
    super(detail);
    this.name = 'Problem';
    this.document = problemDocument(kind, detail, errors && { errors });
  }
}

export function json(
  statusCode: number,
  body: unknown,
  headers: Record<string, string> = {},
): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}

export function problemResponse({ document }: Problem, instance: string): APIGatewayProxyStructuredResultV2 {
  return json(document.status, { ...document, instance }, { 'content-type': PROBLEM_MEDIA_TYPE });
}

/** What a caller learns of an error that is not theirs: to try again, never what it was. */
export function failureProblem(error: unknown): Problem {
  const status = (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
  return status === 429 || status === 503
    ? new Problem('unavailable', 'a service is busy; send the same request again, with its idempotency key')
    : new Problem('internal', 'something went wrong here; send the same request again, with its idempotency key');
}
