import type { Clock } from '../../clock.ts';
import type { LambdaInvoker } from '../../lambda/invoker.ts';
import { ProvisioningRefusal } from './refusal.ts';

/** What a hook is told (developer guide, "Pre-provisioning hooks"). */
export interface HookEvent {
  readonly claimCertificateId: string;
  readonly certificateId: string;
  readonly certificatePem: string;
  readonly templateArn: string;
  readonly clientId: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** "The Lambda function must finish running and return within 5 seconds" (same page). */
const TIME_LIMIT_MS = 5_000;
const DENIED = 'Access denied: the pre-provisioning hook did not allow provisioning.';

/**
 * Asks a template's hook. A hook that fails, is late, or does not say yes refuses the device.
 *
 * @returns parameters that the hook adds or replaces
 * @throws ProvisioningRefusal AccessDenied
 */
export async function askHook(
  targetArn: string,
  event: HookEvent,
  lambda: LambdaInvoker,
  clock: Clock,
): Promise<Readonly<Record<string, string>>> {
  const answer = await withinTimeLimit(invoke(targetArn, event, lambda), targetArn, clock);
  if (answer['allowProvisioning'] !== true)
    throw denied(`the hook ${targetArn} answered allowProvisioning ${String(answer['allowProvisioning'])}`);
  const overrides = answer['parameterOverrides'] ?? {};
  if (!isObject(overrides) || Object.values(overrides).some((value) => typeof value !== 'string')) {
    throw denied(`the hook ${targetArn} answered parameterOverrides that are not a map of strings`);
  }
  return overrides as Record<string, string>;
}

async function invoke(targetArn: string, event: HookEvent, lambda: LambdaInvoker): Promise<Record<string, unknown>> {
  let payload: string;
  try {
    const invocation = await lambda.invoke(targetArn, event, {
      service: 'iot.amazonaws.com',
      sourceArn: event.templateArn,
    });
    payload = invocation.payload;
    if (invocation.functionError) throw denied(`the hook ${targetArn} failed: ${payload}`);
  } catch (error) {
    if (error instanceof ProvisioningRefusal) throw error;
    throw denied(`the hook ${targetArn} could not be invoked: ${(error as Error).message}`);
  }
  try {
    const answer: unknown = JSON.parse(payload);
    if (isObject(answer)) return answer;
  } catch {
    // Said below.
  }
  throw denied(`the hook ${targetArn} did not answer a JSON object: ${payload}`);
}

function withinTimeLimit<T>(answer: Promise<T>, targetArn: string, clock: Clock): Promise<T> {
  return new Promise((fulfil, reject) => {
    const limit = clock.schedule(TIME_LIMIT_MS, () =>
      reject(denied(`the hook ${targetArn} took longer than ${TIME_LIMIT_MS / 1000} seconds`)),
    );
    answer.then(fulfil, reject).finally(() => limit.cancel());
  });
}

function denied(reason: string): ProvisioningRefusal {
  return new ProvisioningRefusal('AccessDenied', DENIED, reason);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
