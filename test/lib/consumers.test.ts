import { describe, expect, test } from '@jest/globals';
import { cellOf, resources } from './cells.ts';

const { consumers } = cellOf('dev', 'main');

describe('the last position', () => {
  const [mapping] = Object.values(resources(consumers, 'AWS::Lambda::EventSourceMapping'));
  const [bucket] = Object.keys(resources(consumers, 'AWS::S3::Bucket'));

  test('is read from telemetry, with partial batch responses and retries that end in a bucket', () => {
    expect(mapping!.Properties).toMatchObject({
      Topics: ['iov.telemetry'],
      StartingPosition: 'TRIM_HORIZON',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 5,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [bucket, 'Arn'] } } },
    });
  });

  test('polls in provisioned mode, without which Lambda offers neither', () => {
    expect(mapping!.Properties['ProvisionedPollerConfig']).toMatchObject({ MinimumPollers: 1 });
  });

  test('can be found by area', () => {
    const [table] = Object.values(resources(consumers, 'AWS::DynamoDB::Table'));
    expect(table!.Properties['GlobalSecondaryIndexes']).toEqual([
      {
        IndexName: 'area',
        KeySchema: [{ AttributeName: 'geohash', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ]);
  });
});
