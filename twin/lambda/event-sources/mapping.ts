/** `AWS::Lambda::EventSourceMapping`: which source feeds which function, and how. */
export interface EventSourceMapping {
  readonly id: string;
  readonly functionName: string;
  readonly eventSourceArn: string;
  readonly batchSize: number;
  readonly maximumBatchingWindowMs: number;
  readonly enabled: boolean;
  /** `ReportBatchItemFailures`: the function names the records that failed. */
  readonly reportBatchItemFailures: boolean;
  readonly maximumConcurrency?: number;
  /** Event filter patterns; a record that matches none is dropped. */
  readonly filters: readonly string[];
  /** Of an MSK cluster alone. */
  readonly kafka?: KafkaSettings;
}

/** What a mapping says of the topic that it reads, and of records that its function cannot handle. */
export interface KafkaSettings {
  readonly topic: string;
  readonly consumerGroupId: string;
  /** Where a consumer group begins that has committed nothing yet. */
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  /** -1: until the function succeeds. */
  readonly maximumRetryAttempts: number;
  /** -1: however old. */
  readonly maximumRecordAgeSeconds: number;
  readonly bisectBatchOnFunctionError: boolean;
  /** ARN of the queue, topic or bucket that gets what is given up. */
  readonly onFailureArn?: string;
}

/** Reads one source for one mapping until it is stopped. */
export interface Poller {
  /** Resolves when the batch under way has been settled. */
  stop(): Promise<void>;
}

/** Starts a poller for the sources it knows; `undefined` for any other ARN. */
export type PollerFactory = (mapping: EventSourceMapping) => Poller | undefined;

/** Ids in `{"batchItemFailures":[{"itemIdentifier":…}]}`; `undefined` when the whole batch counts as failed. */
export function failedItems(payload: string): Set<string> | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(payload);
  } catch {
    return undefined;
  }
  const failures = (answer as { batchItemFailures?: unknown } | null)?.batchItemFailures;
  // No answer, or an empty list, is a complete success; a malformed one a complete failure (Lambda developer guide).
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures)) return undefined;
  const ids = failures.map((failure) => (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier);
  return ids.every((id) => typeof id === 'string' && id !== '') ? new Set(ids as string[]) : undefined;
}
