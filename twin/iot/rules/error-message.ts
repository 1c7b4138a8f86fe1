import type { IngestedMessage } from './ingested-message.ts';

export interface ActionFailure {
  /** e.g. `KafkaAction` */
  readonly failedAction: string;
  readonly failedResource: string;
  readonly errorMessage: string;
}

/** What an error action gets instead of the SQL output (Developer Guide, "Error message format"). */
export function errorMessageOf(
  ruleName: string,
  message: IngestedMessage,
  failures: readonly ActionFailure[],
): Record<string, unknown> {
  return {
    ruleName,
    topic: message.topic,
    cloudwatchTraceId: message.logTraceId,
    clientId: message.source.clientId ?? 'N/A',
    base64OriginalPayload: message.payload.toString('base64'),
    failures: failures.map(({ failedAction, failedResource, errorMessage }) => ({
      failedAction,
      failedResource,
      errorMessage,
    })),
  };
}
