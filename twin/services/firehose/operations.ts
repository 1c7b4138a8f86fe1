import { arn } from '../../account.ts';
import type { Account } from '../../account.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { AwsService, OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import type { DeliveryStream, DeliveryStreams } from './delivery-streams.ts';
import { describedDestination, destinationIn } from './destination.ts';

const MOST_RECORDS = 500;
const LARGEST_BATCH_BYTES = 4 * 1024 * 1024;

/** Firehose on the endpoint. */
export function firehoseService(streams: DeliveryStreams): AwsService {
  const nameOf = (input: OperationInput): string => String(input['DeliveryStreamName']);
  const ofStream = (run: OperationDefinition['run']): OperationDefinition => ({
    run,
    resources: (input: OperationInput, account: Account) => [
      arn(account, 'firehose', `deliverystream/${nameOf(input)}`),
    ],
  });
  return {
    signingNames: ['firehose'],
    iamPrefix: 'firehose',
    model: () => import('@aws-sdk/client-firehose'),
    operations: {
      CreateDeliveryStream: ofStream((input) => {
        const type = (input['DeliveryStreamType'] as string | undefined) ?? 'DirectPut';
        if (type !== 'DirectPut') {
          const message = `The twin's delivery streams take records that are put; it does not run sources (${type}).`;
          throw new AwsError('InvalidArgumentException', message);
        }
        const stream = streams.create(nameOf(input), { type, destination: destinationIn(input), tags: tagsOf(input) });
        return { DeliveryStreamARN: stream.arn };
      }),
      DeleteDeliveryStream: ofStream((input) => {
        streams.delete(nameOf(input));
        return {};
      }),
      DescribeDeliveryStream: ofStream((input) => ({
        DeliveryStreamDescription: describe(streams.get(nameOf(input))),
      })),
      ListDeliveryStreams: {
        run(input) {
          const after = (input['ExclusiveStartDeliveryStreamName'] as string | undefined) ?? '';
          const type = input['DeliveryStreamType'];
          const rest = streams
            .list()
            .filter((stream) => stream.name > after && (type === undefined || stream.type === type));
          const names = rest.slice(0, (input['Limit'] as number | undefined) ?? 10).map(({ name }) => name);
          return { DeliveryStreamNames: names, HasMoreDeliveryStreams: names.length < rest.length };
        },
      },
      PutRecord: ofStream((input) => {
        const { Data: data } = input['Record'] as { Data: Uint8Array };
        return { RecordId: streams.putRecord(nameOf(input), data), Encrypted: false };
      }),
      PutRecordBatch: ofStream((input) => {
        const records = (input['Records'] as { Data: Uint8Array }[]).map(({ Data: data }) => data);
        checkBatch(records);
        const RequestResponses = streams.putRecords(nameOf(input), records).map((RecordId) => ({ RecordId }));
        return { FailedPutCount: 0, Encrypted: false, RequestResponses };
      }),
      ListTagsForDeliveryStream: ofStream((input) => ({
        Tags: Object.entries(streams.get(nameOf(input)).tags).map(([Key, Value]) => ({ Key, Value })),
        HasMoreTags: false,
      })),
      TagDeliveryStream: ofStream((input) => {
        streams.update(nameOf(input), { tags: { ...streams.get(nameOf(input)).tags, ...tagsOf(input) } });
        return {};
      }),
      UntagDeliveryStream: ofStream((input) => {
        const removed = input['TagKeys'] as string[];
        const kept = Object.entries(streams.get(nameOf(input)).tags).filter(([key]) => !removed.includes(key));
        streams.update(nameOf(input), { tags: Object.fromEntries(kept) });
        return {};
      }),
    },
  };
}

function describe(stream: DeliveryStream): Record<string, unknown> {
  return {
    DeliveryStreamName: stream.name,
    DeliveryStreamARN: stream.arn,
    DeliveryStreamStatus: 'ACTIVE',
    DeliveryStreamType: stream.type,
    VersionId: String(stream.version),
    CreateTimestamp: stream.createdAt,
    LastUpdateTimestamp: stream.updatedAt,
    Destinations: [{ DestinationId: stream.destinationId, ...describedDestination(stream.destination) }],
    HasMoreDestinations: false,
  };
}

function checkBatch(records: readonly Uint8Array[]): void {
  if (records.length === 0 || records.length > MOST_RECORDS) {
    throw new AwsError('InvalidArgumentException', `A batch has 1 to ${MOST_RECORDS} records, not ${records.length}.`);
  }
  if (records.reduce((sum, { length }) => sum + length, 0) > LARGEST_BATCH_BYTES) {
    throw new AwsError('InvalidArgumentException', 'Records size exceeds 4 MB limit.');
  }
}

function tagsOf(input: OperationInput): Record<string, string> {
  const tags = (input['Tags'] as { Key: string; Value?: string }[] | undefined) ?? [];
  return Object.fromEntries(tags.map(({ Key, Value = '' }) => [Key, Value]));
}
