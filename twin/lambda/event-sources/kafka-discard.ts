import { randomUUID } from 'node:crypto';

import { kafkaEvent, partitionName, type KafkaOrigin, type KafkaRecord } from './kafka-record.ts';

/** Why records were given up, in Lambda's words where the developer guide has one. */
export type DiscardReason = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

export interface Discard {
  readonly origin: KafkaOrigin;
  readonly records: readonly KafkaRecord[];
  readonly reason: DiscardReason;
  readonly invocations: number;
  readonly functionArn: string;
  /** Unix time in ms. */
  readonly now: number;
}

/**
 * The invocation record for an on-failure destination (Lambda developer guide, "Capturing discarded batches for Amazon MSK"), with
 * the member `payload` that only a bucket gets.
 */
export function discarded(discard: Discard): Record<string, unknown> {
  const { origin, records, reason, invocations, functionArn, now } = discard;
  const payload = JSON.stringify(kafkaEvent(origin, records));
  return {
    requestContext: {
      requestId: randomUUID(),
      functionArn,
      condition: reason,
      approximateInvokeCount: invocations,
    },
    responseContext:
      invocations === 0 ? null : { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: new Date(now).toISOString(),
    KafkaBatchInfo: {
      batchSize: records.length,
      eventSourceArn: origin.eventSourceArn,
      bootstrapServers: origin.bootstrapServers,
      payloadSize: Buffer.byteLength(payload),
      recordsInfo: recordsInfo(records),
    },
    payload,
  };
}

function recordsInfo(records: readonly KafkaRecord[]): Record<string, unknown> {
  const partitions = Map.groupBy(records, partitionName);
  return Object.fromEntries(
    [...partitions].map(([name, each]) => {
      const [first, last] = [each[0]!, each.at(-1)!];
      return [
        name,
        {
          firstRecordOffset: String(first.offset),
          lastRecordOffset: String(last.offset),
          firstRecordTimestamp: new Date(first.timestamp).toISOString(),
          lastRecordTimestamp: new Date(last.timestamp).toISOString(),
        },
      ];
    }),
  );
}
