import type { KafkaLibrary } from './broker-client.ts';
import { RecordBatch } from './record-batch.ts';

/** Two halves of a batch that is larger than its topic takes; each record keeps its place and its callback. */
export function splitBatch(library: KafkaLibrary, batch: RecordBatch, topic: string): RecordBatch[] {
  const reader = library.Reader.from(batch.records);
  const halves = [new RecordBatch(batch.createdAt), new RecordBatch(batch.createdAt)];
  const middle = Math.ceil(batch.count / 2);
  batch.settles.forEach((settle, index) => {
    const { key, value, headers, timestampDelta } = library.readRecord(reader);
    const record = {
      topic,
      key: key === null ? undefined : String(key),
      value: value ?? Buffer.alloc(0),
      headers: [...headers].map(([name, text]) => ({ key: String(name), value: String(text) })),
    };
    halves[index < middle ? 0 : 1]!.append(record, batch.createdAt + Number(timestampDelta), settle);
  });
  return halves;
}
