import {
  compressionsAlgorithms,
  crc32c,
  murmur2 as clientMurmur2,
  Reader,
  readRecord,
  readRecordsBatch,
  Writer,
} from '@platformatic/kafka';
import * as fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';

import { murmur2, partitionOf } from '../../../../twin/kafka/producer/murmur2.ts';
import { encodeProduceRequest } from '../../../../twin/kafka/producer/produce-request.ts';
import { RecordBatch } from '../../../../twin/kafka/producer/record-batch.ts';
import { PartitionQueue } from '../../../../twin/kafka/producer/partition-queue.ts';
import { reactionTo } from '../../../../twin/kafka/producer/response-codes.ts';
import { splitBatch } from '../../../../twin/kafka/producer/split-batch.ts';
import type { OutgoingRecord } from '../../../../twin/kafka/producer/record.ts';

const NOW = 1_700_000_000_000;
const CODEC = { crc32c: (data: Buffer) => crc32c(data) };
const record = (value: string | Buffer, more: Partial<OutgoingRecord> = {}): OutgoingRecord => ({
  topic: 't',
  value: Buffer.from(value as string),
  headers: [],
  ...more,
});

describe('murmur2', () => {
  // The vectors of Kafka's own UtilsTest.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is what Kafka’s Java client gets', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  test('agrees with another implementation on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => murmur2(bytes) === clientMurmur2(Buffer.from(bytes))),
    );
  });

  test('gives a partition that exists', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 1000 }), (hash, count) => {
        const partition = partitionOf(hash, count);
        return partition >= 0 && partition < count;
      }),
    );
  });
});

describe('a batch', () => {
  const headers = [{ key: 'mqtt_topic', value: 'dt/é' }];

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'is read back by another client, compressed with %s',
    (compression) => {
      const batch = new RecordBatch(NOW);
      batch.append(record('first', { key: 'V1', headers }), NOW, () => undefined);
      batch.append(record(Buffer.alloc(5000, 'x')), NOW + 7, () => undefined);
      const codec = { ...CODEC, compression: compression === 'none' ? undefined : compressionsAlgorithms[compression] };
      const bytes = batch.seal({ producerId: 42n, producerEpoch: 3, baseSequence: 9 }, codec);
      const read = readRecordsBatch(Reader.from(bytes));
      expect(read).toMatchObject({
        producerId: 42n,
        producerEpoch: 3,
        firstSequence: 9,
        firstTimestamp: BigInt(NOW),
        maxTimestamp: BigInt(NOW + 7),
        lastOffsetDelta: 1,
        magic: 2,
      });
      expect(read.crc).toBe(crc32c(bytes.subarray(21)) >>> 0);
      expect(read.records.map(({ key, value }) => [key?.toString() ?? null, value!.length])).toEqual([
        ['V1', 5],
        [null, 5000],
      ]);
      expect(read.records[0]!.headers.map(([key, value]) => [String(key), String(value)])).toEqual([
        ['mqtt_topic', 'dt/é'],
      ]);
      expect(read.records[1]!.timestampDelta).toBe(7n);
    },
  );

  test('holds any records', () => {
    const any = fc.record({
      key: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
      value: fc.uint8Array({ maxLength: 300 }),
      header: fc.string({ unit: 'grapheme' }),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 200 }), (records) => {
        const batch = new RecordBatch(NOW);
        for (const { key, value, header } of records)
          batch.append(
            record(Buffer.from(value), { key, headers: [{ key: 'h', value: header }] }),
            NOW,
            () => undefined,
          );
        const read = readRecordsBatch(Reader.from(batch.seal(undefined, CODEC))).records;
        expect(
          read.map(({ key, value, headers: [pair] }) => [
            key?.toString(),
            Buffer.from(value!).toString('hex'),
            String(pair![1]),
          ]),
        ).toEqual(records.map(({ key, value, header }) => [key, Buffer.from(value).toString('hex'), header]));
      }),
      { numRuns: 30 },
    );
  });

  test('does not change once sealed, so that a repeated attempt is the same', () => {
    const batch = new RecordBatch(NOW);
    batch.append(record('x'), NOW, () => undefined);
    const first = batch.seal({ producerId: 1n, producerEpoch: 0, baseSequence: 0 }, CODEC);
    expect(batch.seal({ producerId: 2n, producerEpoch: 0, baseSequence: 5 }, CODEC)).toBe(first);
  });

  test('too large for its topic is cut in two, each record with its callback', () => {
    const settled: string[] = [];
    const batch = new RecordBatch(NOW);
    for (const value of ['a', 'b', 'c'])
      batch.append(record(value, { key: 'k', headers }), NOW, () => settled.push(value));
    const halves = splitBatch({ Reader, readRecord } as never, batch, 't');
    expect(halves.map(({ count }) => count)).toEqual([2, 1]);
    const values = halves.flatMap((half) =>
      readRecordsBatch(Reader.from(half.seal(undefined, CODEC))).records.map(
        ({ key, value, headers: [pair] }) => `${key} ${value} ${pair![1]}`,
      ),
    );
    expect(values).toEqual(['k a dt/é', 'k b dt/é', 'k c dt/é']);
    for (const settle of halves[1]!.settles) settle();
    expect(settled).toEqual(['c']);
  });
});

describe('a Produce request', () => {
  test('groups its batches by topic', () => {
    const batches = [
      ['a', 0],
      ['b', 1],
      ['a', 2],
    ].map(([topic, partition]) => ({
      topic: topic as string,
      partition: partition as number,
      records: Buffer.from([7]),
    }));
    const bytes = encodeProduceRequest(Writer.create(), -1, 1000, batches).buffer;
    const a = [2, 0x61, 3, 0, 0, 0, 0, 2, 7, 0, 0, 0, 0, 2, 2, 7, 0, 0];
    const b = [2, 0x62, 2, 0, 0, 0, 1, 2, 7, 0, 0];
    expect([...bytes]).toEqual([0, 0xff, 0xff, 0, 0, 0x03, 0xe8, 3, ...a, ...b, 0]);
  });
});

describe('a queue', () => {
  const queueOf = (...values: string[]): { queue: PartitionQueue; settled: string[] } => {
    const queue = new PartitionQueue('t', 0, 1, 100);
    const settled: string[] = [];
    queue.identity = { producerId: 1n, producerEpoch: 0 };
    for (const value of values) queue.append(record(value), NOW, (error) => settled.push(error ? `${value}!` : value));
    return { queue, settled };
  };
  const sequenceOf = (bytes: Buffer): number => bytes.readInt32BE(53);

  test('numbers its batches one after the other', () => {
    const { queue, settled } = queueOf('a', 'b', 'x'.repeat(100), 'c');
    expect(sequenceOf(queue.seal(CODEC))).toBe(0);
    queue.delivered();
    expect(settled).toHaveLength(3);
    expect(sequenceOf(queue.seal(CODEC))).toBe(3);
  });

  test('does not add to a batch that is on its way', () => {
    const { queue } = queueOf('a');
    queue.inFlight = true;
    queue.seal(CODEC);
    queue.append(record('b'), NOW, () => undefined);
    expect(queue.head!.count).toBe(1);
  });

  test('keeps its numbers after a batch that was certainly not written', () => {
    const { queue, settled } = queueOf('a');
    queue.seal(CODEC);
    queue.failed(new Error('refused'));
    expect(settled).toEqual(['a!']);
    expect(queue.identity).toBeDefined();
  });

  test('begins anew after a batch that may have been written', () => {
    const { queue } = queueOf('a');
    queue.seal(CODEC);
    queue.head!.mayBeWritten = true;
    queue.failed(new Error('timeout'));
    expect(queue.identity).toBeUndefined();
  });
});

test.each([
  [0, 'written'],
  [46, 'written'],
  [6, 'retry'],
  [3, 'retry'],
  [45, 'new identity'],
  [10, 'too large'],
  [29, 'refused'],
])('the broker’s code %i means %s', (code, reaction) => {
  expect(reactionTo(code)).toBe(reaction);
});
