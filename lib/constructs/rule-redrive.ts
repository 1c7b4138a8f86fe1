import { Duration, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { acknowledgeWildcard, nagArn } from './acknowledge.ts';
import { CellFunction } from './cell-function.ts';
import type { CellStack } from './cell-stack.ts';
import { stateBucket } from './state-bucket.ts';
import { stateTable } from './state-table.ts';

const TIMEOUT = Duration.seconds(30);

/** Enough to bring an hour's backlog back within minutes; more would meet AWS IoT's own limits beside the devices. */
const MOST_AT_ONCE = 10;

/**
 * What becomes of messages whose rules failed: a queue, a function that sends them through the same rule again, later and later, and a
 * bucket for what fails too often. The order of a thing's messages does not survive this: what was redriven arrives after what was sent
 * meanwhile.
 */
export class RuleRedrive {
  readonly queue: Queue;
  readonly parked: Bucket;
  readonly handler: CellFunction;

  constructor(scope: CellStack, dataEndpoint: string) {
    this.queue = new Queue(scope, 'RuleErrors', {
      queueName: scope.physicalName('rule-errors'),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      // Six times the function's timeout, as Lambda asks for.
      visibilityTimeout: Duration.seconds(TIMEOUT.toSeconds() * 6),
      removalPolicy: scope.removalPolicy,
    });
    Validations.of(this.queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is the dead-letter queue of the rules; what the redrive function gives up is parked in a bucket.',
    });
    this.parked = stateBucket(scope, 'ParkedMessages', Duration.days(365));
    const counts = stateTable(scope, 'Redrives', {
      name: 'redrives',
      partitionKey: 'id',
      timeToLiveAttribute: 'expiresAt',
    });
    this.handler = new CellFunction(scope, 'Redrive', 'redrive', {
      description: 'Sends messages whose rules failed through the same rules again',
      timeout: TIMEOUT,
      environment: {
        IOT_DATA_ENDPOINT: dataEndpoint,
        REDRIVES_TABLE: counts.tableName,
        REDRIVE_DELAYS: scope.context.environment.redriveDelays.join(','),
        RULE_ERRORS_QUEUE_URL: this.queue.queueUrl,
        PARKED_BUCKET: this.parked.bucketName,
      },
    });
    this.handler.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
        resources: [counts.tableArn],
      }),
    );
    this.handler.addToRolePolicy(
      new PolicyStatement({ actions: ['s3:PutObject'], resources: [this.parked.arnForObjects('*')] }),
    );
    this.handler.addToRolePolicy(
      new PolicyStatement({
        actions: ['iot:Publish'],
        resources: [scope.formatArn({ service: 'iot', resource: 'topic', resourceName: '$aws/rules/*' })],
      }),
    );
    acknowledgeWildcard(
      this.handler.role!,
      nagArn(scope, 'iot', 'topic/$aws/rules/*'),
      'Any message of any rule may have failed; it goes through that rule again, to no subscriber.',
    );
    acknowledgeWildcard(
      this.handler.role!,
      `<${scope.getLogicalId(this.parked.node.defaultChild as never)}.Arn>/*`,
      'Objects are named by the messages that they hold.',
    );
    // Grants receiving, deleting and changing visibility.
    this.handler.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: 10,
        maxConcurrency: MOST_AT_ONCE,
        reportBatchItemFailures: true,
      }),
    );
  }
}
