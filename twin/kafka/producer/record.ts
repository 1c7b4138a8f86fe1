/** One record on its way to Kafka. Strings are sent as UTF-8. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key?: string;
  readonly value: Buffer;
  readonly headers: readonly RecordHeader[];
  /** Overrides the partitioner. */
  readonly partition?: number;
}

export interface RecordHeader {
  readonly key: string;
  readonly value: string;
}
