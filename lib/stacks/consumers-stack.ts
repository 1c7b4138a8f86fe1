import { CfnOutput, Duration } from 'aws-cdk-lib';
import { AttributeType, ProjectionType } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { KAFKA_TOPICS } from '../../contracts/kafka-topics.ts';
import { acknowledgeWildcard } from '../constructs/acknowledge.ts';
import type { CellContext } from '../constructs/cell-context.ts';
import { CellFunction } from '../constructs/cell-function.ts';
import { CellStack } from '../constructs/cell-stack.ts';
import { feedFromKafka } from '../constructs/kafka-event-source.ts';
import { stateBucket } from '../constructs/state-bucket.ts';
import { stateTable } from '../constructs/state-table.ts';
import type { StreamStack } from './stream-stack.ts';

/** What the backbone itself reads from the stream: the last position of each device. */
export class ConsumersStack extends CellStack {
  constructor(scope: Construct, context: CellContext, stream: StreamStack) {
    super(scope, 'Consumers', context, { description: 'Consumers of the stream of the IoV backbone' });
    const positions = stateTable(this, 'Positions', { name: 'positions', partitionKey: 'thing' });
    positions.addGlobalSecondaryIndex({
      indexName: 'area',
      partitionKey: { name: 'geohash', type: AttributeType.STRING },
      projectionType: ProjectionType.ALL,
    });
    const handler = new CellFunction(this, 'LastPosition', 'last-position', {
      description: 'Keeps the last position of each device',
      timeout: Duration.seconds(30),
      memorySize: 512,
      environment: { POSITIONS_TABLE: positions.tableName },
    });
    handler.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:PutItem'], resources: [positions.tableArn] }));
    // A bucket, not a queue: it also gets the records themselves, and the network has a way to S3 already.
    const discarded = stateBucket(this, 'DiscardedRecords', Duration.days(30));
    handler.addToRolePolicy(
      new PolicyStatement({ actions: ['s3:PutObject'], resources: [discarded.arnForObjects('*')] }),
    );
    handler.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [discarded.bucketArn] }));
    acknowledgeWildcard(
      handler.role!,
      `<${this.getLogicalId(discarded.node.defaultChild as never)}.Arn>/*`,
      'Lambda names the objects of discarded batches.',
    );
    feedFromKafka(this, handler, {
      ...{ clusterArn: stream.clusterArn, topic: KAFKA_TOPICS.telemetry, batchSize: 1_000 },
      // The longer it collects, the fewer writes: a thing that reports every five seconds is written once a window.
      maxBatchingWindow: Duration.seconds(5),
      options: {
        // Partial batch responses and a number of retries are offered in provisioned mode only.
        provisionedPollerConfig: { minimumPollers: 1, maximumPollers: 10 },
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        retryAttempts: 5,
        onFailure: { bind: () => ({ destination: discarded.bucketArn }) },
      },
    });
    new CfnOutput(this, 'PositionsTableName', { value: positions.tableName });
    new CfnOutput(this, 'DiscardedRecordsBucket', { value: discarded.bucketName });
  }
}
