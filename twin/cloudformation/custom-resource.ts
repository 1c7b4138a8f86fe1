import { randomUUID } from 'node:crypto';

import type { Clock } from '../clock.ts';
import type { LambdaInvoker } from '../lambda/invoker.ts';
import type { ExpectedResponse, ResponseServer } from './custom-resource-responses.ts';
import type { ExistingResource, ProvisionedResource, ResourceProvider, ResourceRequest } from './provider.ts';
import { isRecord } from './template.ts';

export interface CustomResourceDependencies {
  readonly invoker: LambdaInvoker;
  readonly clock: Clock;
  /** Started at the first custom resource. */
  responses(): Promise<ResponseServer>;
  /** Told when a function has returned and its response is still to come. */
  onWaiting?(request: ResourceRequest, timeoutSeconds: number): void;
}

/** Seconds that CloudFormation waits unless the property `ServiceTimeout` says otherwise. */
const DEFAULT_TIMEOUT_SECONDS = 3600;

/**
 * Makes custom resources as CloudFormation does: it invokes the function that `ServiceToken` names and waits for the
 * answer at `ResponseURL` (CloudFormation user guide, "Custom resource reference"). What differs: a function that fails
 * fails the resource at once, where AWS would retry and then wait for the timeout.
 */
export function customResourceProvider(dependencies: CustomResourceDependencies): Omit<ResourceProvider, 'type'> {
  return {
    create: (request) => answerTo({ RequestType: 'Create' }, request, dependencies),
    update: (request) =>
      answerTo(
        {
          RequestType: 'Update',
          PhysicalResourceId: request.physicalId,
          OldResourceProperties: asText(request.previousProperties),
        },
        request,
        dependencies,
      ),
    async delete(request: ExistingResource) {
      await answerTo({ RequestType: 'Delete', PhysicalResourceId: request.physicalId }, request, dependencies);
    },
  };
}

async function answerTo(
  kind: {
    readonly RequestType: 'Create' | 'Update' | 'Delete';
    readonly PhysicalResourceId?: string;
    readonly OldResourceProperties?: unknown;
  },
  request: ResourceRequest,
  { invoker, clock, responses, onWaiting }: CustomResourceDependencies,
): Promise<ProvisionedResource> {
  const serviceToken = request.properties['ServiceToken'];
  if (typeof serviceToken !== 'string') throw new Error('it has no ServiceToken');
  if (!serviceToken.includes(':lambda:')) {
    throw new Error(
      `its ServiceToken ${serviceToken} is not a Lambda function; the twin does not run custom resources behind SNS topics`,
    );
  }
  const expected = (await responses()).expect();
  const event = {
    ...kind,
    ServiceToken: serviceToken,
    ResponseURL: expected.url,
    StackId: request.stackId,
    RequestId: randomUUID(),
    LogicalResourceId: request.logicalId,
    ResourceType: request.type,
    ResourceProperties: asText(request.properties),
  };
  const seconds = Number(request.properties['ServiceTimeout'] ?? DEFAULT_TIMEOUT_SECONDS);
  const timer = timeoutAfter(seconds, clock);
  try {
    const outcome = await Promise.race([
      expected.response,
      timer.expired,
      invocationFailure(invoker, serviceToken, event, expected, () => onWaiting?.(request, seconds)),
    ]);
    if ('unusable' in outcome) throw new Error(outcome.unusable);
    return provisioned(outcome.body, event, kind.RequestType);
  } finally {
    timer.cancel();
    expected.forget();
  }
}

function timeoutAfter(
  seconds: number,
  clock: Clock,
): { readonly expired: Promise<{ unusable: string }>; cancel(): void } {
  let cancel = (): void => undefined;
  const expired = new Promise<{ unusable: string }>((resolve) => {
    const call = clock.schedule(seconds * 1000, () =>
      resolve({ unusable: `its function sent no response within ${seconds} s` }),
    );
    cancel = () => call.cancel();
  });
  return { expired, cancel };
}

/** Settles only when the invocation itself went wrong; a response that was sent before that still wins. */
async function invocationFailure(
  invoker: LambdaInvoker,
  serviceToken: string,
  event: unknown,
  expected: ExpectedResponse,
  returned: () => void,
): Promise<Awaited<ExpectedResponse['response']>> {
  const { payload, functionError } = await invoker.invoke(serviceToken, event);
  if (functionError === undefined) {
    returned();
    return expected.response;
  }
  const early = await Promise.race([
    expected.response,
    new Promise<undefined>((resolve) => setImmediate(resolve, undefined)),
  ]);
  return early ?? { unusable: `its function failed before it sent a response: ${errorMessage(payload)}` };
}

function errorMessage(payload: string): string {
  try {
    const { errorType, errorMessage } = JSON.parse(payload) as { errorType?: string; errorMessage?: string };
    return [errorType, errorMessage].filter(Boolean).join(': ') || payload;
  } catch {
    return payload;
  }
}

function provisioned(
  body: Record<string, unknown>,
  event: { readonly RequestId: string; readonly StackId: string; readonly LogicalResourceId: string },
  requestType: string,
): ProvisionedResource {
  const { Status, Reason, PhysicalResourceId, Data } = body;
  if (Status === 'FAILED')
    throw new Error(`its function answered FAILED: ${typeof Reason === 'string' ? Reason : 'no reason given'}`);
  if (Status !== 'SUCCESS')
    throw new Error(
      `its function answered with the status ${JSON.stringify(Status)}, which is neither SUCCESS nor FAILED`,
    );
  for (const member of ['RequestId', 'StackId', 'LogicalResourceId'] as const) {
    if (body[member] !== event[member])
      throw new Error(`its function answered with a ${member} other than the request's`);
  }
  if (typeof PhysicalResourceId !== 'string' || PhysicalResourceId === '') {
    if (requestType !== 'Delete') throw new Error('Invalid PhysicalResourceId: its function answered without one');
    return { physicalId: '' };
  }
  return { physicalId: PhysicalResourceId, attributes: isRecord(Data) ? Data : {} };
}

/** CloudFormation hands numbers and booleans to custom resources as text. */
function asText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asText);
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asText(member)]));
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}
