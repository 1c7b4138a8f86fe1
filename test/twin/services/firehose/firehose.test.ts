import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  CreateDeliveryStreamCommand,
  DeleteDeliveryStreamCommand,
  DescribeDeliveryStreamCommand,
  FirehoseClient,
  ListDeliveryStreamsCommand,
  PutRecordBatchCommand,
  PutRecordCommand,
} from '@aws-sdk/client-firehose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import type { Endpoint } from '../../../../twin/endpoint/endpoint.ts';
import { DeliveryStreams } from '../../../../twin/services/firehose/delivery-streams.ts';
import { firehoseService } from '../../../../twin/services/firehose/operations.ts';
import { firehoseProviders } from '../../../../twin/services/firehose/providers.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { clientConfiguration, startEndpoint } from '../../endpoint/test-endpoint.ts';

const folder = mkdtempSync(join(tmpdir(), 'firehose-'));
const options = { account: DEFAULT_ACCOUNT, clock: new ManualClock(), store: openStore(':memory:'), folder };
const streams = new DeliveryStreams(options);
let endpoint: Endpoint;
let client: FirehoseClient;
let count = 0;
let name: string;

beforeAll(async () => {
  endpoint = await startEndpoint([firehoseService(streams)]);
  client = new FirehoseClient(clientConfiguration(endpoint));
});

afterAll(async () => {
  client.destroy();
  await endpoint.close();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  count += 1;
  name = `stream-${count}`;
  await client.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: name,
      ExtendedS3DestinationConfiguration: {
        BucketARN: 'arn:aws:s3:::lake',
        RoleARN: 'arn:aws:iam::000000000000:role/r',
      },
    }),
  );
});

const put = (text: string) =>
  client.send(new PutRecordCommand({ DeliveryStreamName: name, Record: { Data: Buffer.from(text) } }));
const stored = () => readFileSync(join(streams.folderOf(name), 'records.0'), 'utf8');

describe('records', () => {
  test('are in the file, one after the other, when the put has its answer', async () => {
    const first = await put('{"a":1}\n');
    const batch = await client.send(
      new PutRecordBatchCommand({
        DeliveryStreamName: name,
        Records: [{ Data: Buffer.from('two\n') }, { Data: Buffer.from('three') }],
      }),
    );
    expect(stored()).toBe('{"a":1}\ntwo\nthree');
    expect(batch.FailedPutCount).toBe(0);
    const ids = [first.RecordId, ...batch.RequestResponses!.map(({ RecordId }) => RecordId)];
    expect(new Set(ids).size).toBe(3);
  });

  test('go on in the same file after a restart', async () => {
    await put('before ');
    new DeliveryStreams(options).putRecord(name, Buffer.from('after'));
    expect(stored()).toBe('before after');
  });

  test('take bounded room on disk, and the newest stay', () => {
    const megabyte = Buffer.alloc(1_000_000, '.');
    for (let index = 0; index < 70; index += 1) streams.putRecord(name, megabyte);
    streams.putRecord(name, Buffer.from('last'));
    expect(readdirSync(streams.folderOf(name)).sort()).toEqual(['records.0', 'records.1']);
    expect(stored().endsWith('last')).toBe(true);
  });

  test.each<[string, () => Promise<unknown>, string]>([
    ['that are too large', () => put('x'.repeat(1_024_001)), 'InvalidArgumentException'],
    [
      'of an empty batch',
      () => client.send(new PutRecordBatchCommand({ DeliveryStreamName: name, Records: [] })),
      'InvalidArgumentException',
    ],
    [
      'for a stream that is not there',
      () => client.send(new PutRecordCommand({ DeliveryStreamName: 'no', Record: { Data: Buffer.from('x') } })),
      'ResourceNotFoundException',
    ],
  ])('%s are refused', async (_name, run, code) => {
    await expect(run()).rejects.toMatchObject({ name: code });
  });
});

describe('delivery streams', () => {
  test('are described with their destination', async () => {
    const { DeliveryStreamDescription: description } = await client.send(
      new DescribeDeliveryStreamCommand({ DeliveryStreamName: name }),
    );
    expect(description).toMatchObject({
      DeliveryStreamARN: `arn:aws:firehose:us-east-1:000000000000:deliverystream/${name}`,
      DeliveryStreamStatus: 'ACTIVE',
      Destinations: [
        { ExtendedS3DestinationDescription: { BucketARN: 'arn:aws:s3:::lake', CompressionFormat: 'UNCOMPRESSED' } },
      ],
    });
  });

  test('are listed in pages', async () => {
    const first = await client.send(new ListDeliveryStreamsCommand({ Limit: 1 }));
    const rest = await client.send(
      new ListDeliveryStreamsCommand({ Limit: 100, ExclusiveStartDeliveryStreamName: first.DeliveryStreamNames![0] }),
    );
    expect([...first.DeliveryStreamNames!, ...rest.DeliveryStreamNames!]).toEqual(
      streams.list().map((stream) => stream.name),
    );
    expect(rest.HasMoreDeliveryStreams).toBe(false);
  });

  test('are one of a name, and gone with their records when deleted', async () => {
    await put('x');
    await expect(client.send(new CreateDeliveryStreamCommand({ DeliveryStreamName: name }))).rejects.toMatchObject({
      name: 'ResourceInUseException',
    });
    await client.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: name }));
    expect(existsSync(streams.folderOf(name))).toBe(false);
  });

  test('with a source of their own are refused', async () => {
    const input = { DeliveryStreamName: 'from-kinesis', DeliveryStreamType: 'KinesisStreamAsSource' as const };
    await expect(client.send(new CreateDeliveryStreamCommand(input))).rejects.toMatchObject({
      name: 'InvalidArgumentException',
    });
  });

  test('come from CloudFormation, but not with a source of their own', async () => {
    const provider = firehoseProviders(streams)[0]!;
    const request = {
      ...{
        stackName: 'S',
        stackId: 'id',
        logicalId: 'Lake',
        type: provider.type,
        account: DEFAULT_ACCOUNT,
        assemblyFolder: '/',
      },
      properties: { ExtendedS3DestinationConfiguration: { BucketARN: 'b' } } as Record<string, unknown>,
    };
    const { physicalId, attributes } = await provider.create(request);
    expect(attributes).toEqual({ Arn: streams.get(physicalId).arn });
    await provider.delete({ ...request, physicalId, previousProperties: request.properties });
    expect(streams.has(physicalId)).toBe(false);
    const fromKafka = { ...request, properties: { DeliveryStreamType: 'MSKAsSource' } };
    expect(() => provider.create(fromKafka)).toThrow('does not run sources (MSKAsSource)');
  });
});
