import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { ingestOver } from '../shared/basic-ingest.ts';
import { dynamo } from '../shared/dynamodb.ts';
import { environment } from '../shared/environment.ts';
import { logger } from '../shared/logger.ts';
import { metrics } from '../shared/metrics.ts';
import { putObject } from '../shared/put-object.ts';
import { DynamoFailureCounts } from './failure-counts.ts';
import { redrive, type RedriveDependencies } from './redrive.ts';

const sqs = new SQSClient({});
const queueUrl = environment('RULE_ERRORS_QUEUE_URL');
const bucket = environment('PARKED_BUCKET');

const dependencies: RedriveDependencies = {
  counts: new DynamoFailureCounts(dynamo, environment('REDRIVES_TABLE')),
  ingest: ingestOver(environment('IOT_DATA_ENDPOINT')),
  async delay(receiptHandle, seconds) {
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queueUrl,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      }),
    );
  },
  park: (key, document) => putObject(bucket, key, JSON.stringify(document)),
  delays: environment('REDRIVE_DELAYS').split(',').map(Number),
  now: Date.now,
};

/** Fed by the rules' error queue. What it names as failed stays there: what waits for its time, and what it could not handle. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const kept = await Promise.all(
    event.Records.map(async ({ messageId, receiptHandle, body }) => {
      try {
        const outcome = await redrive({ queueMessageId: messageId, receiptHandle, body }, dependencies);
        metrics.addMetric(`Redrive${outcome[0]!.toUpperCase()}${outcome.slice(1)}`, MetricUnit.Count, 1);
        if (outcome === 'parked' || outcome === 'unreadable') logger.warn('parked', { messageId, outcome });
        return outcome === 'delayed' ? messageId : undefined;
      } catch (error) {
        logger.error('redrive failed', { error, messageId });
        return messageId;
      }
    }),
  );
  metrics.publishStoredMetrics();
  return { batchItemFailures: kept.flatMap((itemIdentifier) => (itemIdentifier ? [{ itemIdentifier }] : [])) };
}
