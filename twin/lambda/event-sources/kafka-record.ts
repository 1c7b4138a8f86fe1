/** A record of a topic, as read. */
export interface KafkaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Unix time in ms. */
  readonly timestamp: number;
  readonly key?: Buffer;
  readonly value?: Buffer;
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
}

/** Where the records of an event come from. */
export interface KafkaOrigin {
  readonly eventSourceArn: string;
  readonly bootstrapServers: string;
}

/** How Lambda's event and the partial batch response name a partition. */
export const partitionName = ({ topic, partition }: KafkaRecord): string => `${topic}-${partition}`;

/** The event that a function gets (Lambda developer guide, "Using Lambda with Amazon MSK"); header values are lists of bytes. */
export function kafkaEvent(origin: KafkaOrigin, records: readonly KafkaRecord[]): Record<string, unknown> {
  const partitions: Record<string, unknown[]> = {};
  for (const record of records) (partitions[partitionName(record)] ??= []).push(eventRecord(record));
  return { eventSource: 'aws:kafka', ...origin, records: partitions };
}

function eventRecord(record: KafkaRecord): Record<string, unknown> {
  const { topic, partition, offset, timestamp, key, value, headers } = record;
  return {
    ...{ topic, partition, offset: Number(offset), timestamp, timestampType: 'CREATE_TIME' },
    ...(key && { key: key.toString('base64') }),
    ...(value && { value: value.toString('base64') }),
    headers: headers.map(([name, bytes]) => ({ [name]: [...bytes] })),
  };
}

/**
 * The records that a function named in its partial batch response (developer guide, "Configuring error handling controls for Kafka event
 * sources"); `undefined` when the whole batch counts as failed, as it does for a record that was not in the event.
 */
export function failedRecords(payload: string, records: readonly KafkaRecord[]): readonly KafkaRecord[] | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(payload);
  } catch {
    return undefined;
  }
  const failures = (answer as { batchItemFailures?: unknown } | null)?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return undefined;
  const byName = new Map(records.map((record) => [`${partitionName(record)}@${record.offset}`, record]));
  const failed = new Set<KafkaRecord | undefined>();
  for (const failure of failures) {
    const item = (failure as { itemIdentifier?: { partition?: unknown; offset?: unknown } } | null)?.itemIdentifier;
    failed.add(byName.get(`${String(item?.partition)}@${String(item?.offset)}`));
  }
  return failed.has(undefined) ? undefined : records.filter((record) => failed.has(record));
}
