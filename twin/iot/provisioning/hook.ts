import type { Clock } from '../../clock.ts';
import type { LambdaInvoker } from '../../lambda/invoker.ts';
import { askLambda, LambdaQuestionFailed } from '../lambda-question.ts';
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
  const question = { functionArn: targetArn, sourceArn: event.templateArn, event };
  const answer = await askLambda(question, lambda, clock).catch((error: unknown) => {
    throw error instanceof LambdaQuestionFailed ? denied(`the hook ${targetArn} ${error.message}`) : error;
  });
  if (answer['allowProvisioning'] !== true)
    throw denied(`the hook ${targetArn} answered allowProvisioning ${String(answer['allowProvisioning'])}`);
  const overrides = answer['parameterOverrides'] ?? {};
  if (!isObject(overrides) || Object.values(overrides).some((value) => typeof value !== 'string')) {
    throw denied(`the hook ${targetArn} answered parameterOverrides that are not a map of strings`);
  }
  return overrides as Record<string, string>;
}

function denied(reason: string): ProvisioningRefusal {
  return new ProvisioningRefusal('AccessDenied', DENIED, reason);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
