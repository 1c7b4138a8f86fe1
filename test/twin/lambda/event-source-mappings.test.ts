import { describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../twin/account.ts';
import type { ResourceRequest } from '../../../twin/cloudformation/provider.ts';
import { EventSourceMappings, eventSourceMappingProvider } from '../../../twin/lambda/event-sources/mappings.ts';
import { openStore } from '../../../twin/state/store.ts';

const CLUSTER = 'arn:aws:kafka:us-east-1:000000000000:cluster/stream/x-1';

async function create(properties: Record<string, unknown>) {
  const mappings = new EventSourceMappings(openStore(':memory:'), []);
  const provider = eventSourceMappingProvider(mappings, () => true);
  await provider.create({
    ...{ account: DEFAULT_ACCOUNT, stackName: 's', logicalId: 'l' },
    properties: { FunctionName: 'f', EventSourceArn: CLUSTER, Topics: ['t'], ...properties },
  } as unknown as ResourceRequest);
  return mappings.list()[0]!;
}

describe('an event source mapping of a cluster', () => {
  test("has CloudFormation's defaults", async () => {
    expect(await create({})).toMatchObject({
      ...{ functionName: 'f', batchSize: 100, maximumBatchingWindowMs: 500, reportBatchItemFailures: false },
      kafka: {
        ...{ topic: 't', startingPosition: 'TRIM_HORIZON', maximumRetryAttempts: -1, maximumRecordAgeSeconds: -1 },
        bisectBatchOnFunctionError: false,
      },
    });
  });

  test('is what the template says', async () => {
    const mapping = await create({
      ...{ BatchSize: 7, MaximumBatchingWindowInSeconds: 3, FunctionResponseTypes: ['ReportBatchItemFailures'] },
      ...{ StartingPosition: 'LATEST', MaximumRetryAttempts: 2, MaximumRecordAgeInSeconds: 60 },
      BisectBatchOnFunctionError: true,
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'g' },
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::b' } },
    });
    expect(mapping).toMatchObject({
      ...{ batchSize: 7, maximumBatchingWindowMs: 3_000, reportBatchItemFailures: true },
      kafka: {
        ...{ consumerGroupId: 'g', startingPosition: 'LATEST', maximumRetryAttempts: 2, maximumRecordAgeSeconds: 60 },
        ...{ bisectBatchOnFunctionError: true, onFailureArn: 'arn:aws:s3:::b' },
      },
    });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['two topics', { Topics: ['a', 'b'] }, 'has one topic, not 2'],
    ['a start at a timestamp', { StartingPosition: 'AT_TIMESTAMP' }, 'not at AT_TIMESTAMP'],
    ['a schema registry', { AmazonManagedKafkaEventSourceConfig: { SchemaRegistryConfig: {} } }, 'schema registries'],
    ['a Kafka topic for failures', { DestinationConfig: { OnFailure: { Destination: 'kafka://t' } } }, 'kafka://t'],
    ['a filter', { FilterCriteria: { Filters: [{ Pattern: '{}' }] } }, 'FilterCriteria'],
  ])('with %s is refused', async (_name, properties, message) => {
    await expect(create(properties)).rejects.toThrow(message);
  });
});
