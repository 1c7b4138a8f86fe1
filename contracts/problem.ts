/** Media type of a problem document (RFC 9457, section 3). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/**
 * The kinds of problem that the API answers with. `type` is a URN of the kind; `retry` says whether the very same request may succeed
 * later, and is sent along: a client that retries what cannot succeed only adds load.
 */
export const PROBLEMS = {
  'invalid-request': { status: 400, title: 'The request is not valid', retry: false },
  'unknown-command': { status: 400, title: 'There is no such command', retry: false },
  'invalid-arguments': { status: 400, title: 'The arguments do not fit the command', retry: false },
  forbidden: { status: 403, title: 'The caller may not do this', retry: false },
  'unknown-vehicle': { status: 404, title: 'There is no such vehicle', retry: false },
  'unknown-command-id': { status: 404, title: 'The vehicle has no command of this id', retry: false },
  'not-found': { status: 404, title: 'There is no such resource', retry: false },
  'not-cancellable': { status: 409, title: 'The command has left the cloud', retry: false },
  'idempotency-key-reused': {
    status: 422,
    title: 'The idempotency key was used for a different request',
    retry: false,
  },
  internal: { status: 500, title: 'The request failed', retry: true },
  unavailable: { status: 503, title: 'A service that the request needs did not answer', retry: true },
} as const satisfies Record<string, { status: number; title: string; retry: boolean }>;

export type ProblemKind = keyof typeof PROBLEMS;

/** RFC 9457 problem document, with this API's extension members `retry` and `errors`. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance?: string;
  readonly retry: boolean;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
}

/** Builds the document of a kind. `detail` says what was wrong in this request; it never holds secrets or stack traces. */
export function problemDocument(
  kind: ProblemKind,
  detail: string,
  extra: Pick<ProblemDocument, 'instance' | 'errors'> = {},
): ProblemDocument {
  const { status, title, retry } = PROBLEMS[kind];
  return { type: `urn:iov:problem:${kind}`, title, status, detail, retry, ...extra };
}
