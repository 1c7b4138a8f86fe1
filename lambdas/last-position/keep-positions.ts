import type { MSKEvent, MSKRecord } from 'aws-lambda';
import { positionOf, type Position } from './position.ts';

export interface Positions {
  /** Keeps the position unless a newer one of the thing is known. */
  keep(position: Position): Promise<void>;
}

/** The partial batch response of Kafka event sources. */
export interface KafkaBatchResponse {
  readonly batchItemFailures: { readonly itemIdentifier: { readonly partition: string; readonly offset: number } }[];
}

interface Newest {
  readonly position: Position;
  readonly record: MSKRecord;
}

/**
 * Keeps the newest position of each thing in a batch: one write a thing, however many records it sent. Only the records whose positions
 * could not be kept are named as failed; what holds no position is passed over, since coming again would not change that.
 */
export async function keepPositions(
  { records }: Pick<MSKEvent, 'records'>,
  positions: Positions,
  onError: (error: unknown, thing: string) => void,
): Promise<KafkaBatchResponse> {
  const newest = new Map<string, Newest>();
  for (const record of Object.values(records).flat()) {
    const position = positionOf(record);
    if (!position) continue;
    const known = newest.get(position.thing);
    if (!known || known.position.at <= position.at) newest.set(position.thing, { position, record });
  }
  const failures = await Promise.all(
    [...newest.values()].map(async ({ position, record }) => {
      try {
        await positions.keep(position);
        return [];
      } catch (error) {
        onError(error, position.thing);
        const { topic, partition, offset } = record;
        return [{ itemIdentifier: { partition: `${topic}-${partition}`, offset } }];
      }
    }),
  );
  return { batchItemFailures: failures.flat() };
}
