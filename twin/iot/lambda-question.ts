import type { Clock } from '../clock.ts';
import type { LambdaInvoker } from '../lambda/invoker.ts';

/** A question that AWS IoT asks a function of the account: a pre-provisioning hook, a custom authorizer. */
export interface LambdaQuestion {
  readonly functionArn: string;
  /** ARN of the template or authorizer that names the function; the function's resource policy must allow it. */
  readonly sourceArn: string;
  readonly event: unknown;
}

/** Both kinds of function have five seconds (developer guide, "Pre-provisioning hooks"; quota "Custom authorizer"). */
export const LAMBDA_TIME_LIMIT_MS = 5_000;

/** Why a function gave no usable answer, in words for the log. */
export class LambdaQuestionFailed extends Error {}

/**
 * Asks a function for a JSON object.
 *
 * @throws LambdaQuestionFailed when it may not be invoked, fails, is late, or answers anything else
 */
export async function askLambda(
  question: LambdaQuestion,
  lambda: LambdaInvoker,
  clock: Clock,
): Promise<Readonly<Record<string, unknown>>> {
  return withinTimeLimit(answerOf(question, lambda), clock);
}

async function answerOf(
  { functionArn, sourceArn, event }: LambdaQuestion,
  lambda: LambdaInvoker,
): Promise<Record<string, unknown>> {
  const invocation = await lambda
    .invoke(functionArn, event, { service: 'iot.amazonaws.com', sourceArn })
    .catch((error: Error) => {
      throw new LambdaQuestionFailed(`could not be invoked: ${error.message}`);
    });
  if (invocation.functionError) throw new LambdaQuestionFailed(`failed: ${invocation.payload}`);
  try {
    const answer: unknown = JSON.parse(invocation.payload);
    if (typeof answer === 'object' && answer !== null && !Array.isArray(answer))
      return answer as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new LambdaQuestionFailed(`did not answer a JSON object: ${invocation.payload}`);
}

function withinTimeLimit<T>(answer: Promise<T>, clock: Clock): Promise<T> {
  return new Promise((fulfil, reject) => {
    const limit = clock.schedule(LAMBDA_TIME_LIMIT_MS, () =>
      reject(new LambdaQuestionFailed(`took longer than ${LAMBDA_TIME_LIMIT_MS / 1000} seconds`)),
    );
    answer.then(fulfil, reject).finally(() => limit.cancel());
  });
}
