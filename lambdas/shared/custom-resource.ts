import { logger } from './logger.ts';

/** What CloudFormation sends (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-requests.html). */
export interface CustomResourceRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: Readonly<Record<string, unknown>>;
}

/** What a resource is once it exists: its stable id, and the attributes that `Fn::GetAtt` gives. */
export interface CustomResourceOutcome {
  readonly physicalId: string;
  readonly data?: Readonly<Record<string, string>>;
}

export type Fetch = (
  url: string,
  init: { method: string; body: Uint8Array },
) => Promise<{ ok: boolean; status: number }>;

/**
 * Turns a function that makes a resource so (idempotent: it serves create and update alike) into the handler of a custom
 * resource. None of ours owns anything, so deletion always succeeds: it can neither block the removal of a stack nor the rollback of a
 * failed creation. CloudFormation always gets an answer; without one it would wait an hour.
 */
export function customResource(
  ensure: (properties: Readonly<Record<string, unknown>>) => Promise<CustomResourceOutcome>,
  fetchImplementation: Fetch = fetch,
): (request: CustomResourceRequest) => Promise<void> {
  return async (request) => {
    const { RequestType, StackId, RequestId, LogicalResourceId } = request;
    const known = request.PhysicalResourceId ?? LogicalResourceId;
    const base = { StackId, RequestId, LogicalResourceId };
    let response: Record<string, unknown>;
    try {
      const { physicalId, data } =
        RequestType === 'Delete' ? { physicalId: known } : await ensure(request.ResourceProperties);
      response = { ...base, Status: 'SUCCESS', PhysicalResourceId: physicalId, Data: data };
    } catch (error) {
      logger.error('the custom resource failed', { error, LogicalResourceId, RequestType });
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      response = { ...base, Status: 'FAILED', PhysicalResourceId: known, Reason: reason.slice(0, 1024) };
    }
    await respond(request.ResponseURL, response, fetchImplementation);
  };
}

/** Bytes, not text: a string body would get a content type, and the URL is signed for a request without one. */
async function respond(url: string, response: Record<string, unknown>, fetchImplementation: Fetch): Promise<void> {
  const body = new TextEncoder().encode(JSON.stringify(response));
  for (let attempt = 1; ; attempt++) {
    const failure = await fetchImplementation(url, { method: 'PUT', body }).then(
      ({ ok, status }) => (ok ? undefined : new Error(`CloudFormation's response URL answered ${status}`)),
      (error: unknown) => error,
    );
    if (!failure) return;
    if (attempt === 3) throw failure;
  }
}
