import { CfnOutput, Duration, Validations } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { KAFKA_TOPICS } from '../../contracts/kafka-topics.ts';
import { topicFilters } from '../../contracts/topics.ts';
import type { CellContext } from '../constructs/cell-context.ts';
import { CellStack } from '../constructs/cell-stack.ts';
import { KafkaRules } from '../constructs/kafka-rules.ts';
import { RuleDestination } from '../constructs/rule-destination.ts';
import type { DownlinkStack } from './downlink-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import type { StreamStack } from './stream-stack.ts';

interface Neighbours {
  readonly network: NetworkStack;
  readonly stream: StreamStack;
  readonly downlink: DownlinkStack;
}

/** From devices to Kafka: the way into the VPC and the rules. Whole messages go on as they came (`SELECT *`), binary ones too. */
export class IngestStack extends CellStack {
  constructor(scope: Construct, context: CellContext, { network, stream, downlink }: Neighbours) {
    super(scope, 'Ingest', context, { description: 'Rules from AWS IoT to Kafka of the IoV backbone' });
    const errorQueue = new Queue(this, 'RuleErrors', {
      queueName: this.physicalName('rule-errors'),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: this.removalPolicy,
    });
    Validations.of(errorQueue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason:
        'It is the dead-letter queue of the rules: messages wait here, in full, until they are sent through their rule again.',
    });
    const rules = new KafkaRules(this, 'Rules', {
      destination: new RuleDestination(this, 'RuleDestination', {
        vpc: network.vpc,
        securityGroup: network.ruleDestinationSecurityGroup,
      }),
      bootstrapBrokers: stream.bootstrapBrokers,
      user: stream.rulesUser,
      errorQueue,
    });
    rules.add({
      name: 'telemetry',
      description: 'Telemetry of devices to Kafka',
      sql: `SELECT * FROM '${topicFilters.telemetry}'`,
      topic: KAFKA_TOPICS.telemetry,
    });
    rules.add({
      name: 'events',
      description: 'Events of devices, last wills included, to Kafka',
      sql: `SELECT * FROM '${topicFilters.event}'`,
      topic: KAFKA_TOPICS.events,
    });
    rules.add({
      name: 'command_status',
      description: 'Answers of vehicles to commands: to the ledger and to Kafka',
      // Member by member: who answers which command is what the topic says, whatever the payload holds.
      sql:
        'SELECT status, result, reason, at, topic(2) AS thing, topic(4) AS commandId ' +
        `FROM '${topicFilters.commandResponses}'`,
      topic: KAFKA_TOPICS.commandStatus,
      handler: downlink.commandStatus,
    });
    rules.add({
      name: 'presence',
      description: 'Devices that come and go: to those who wait for them and to Kafka',
      sql: `SELECT * FROM '${topicFilters.presence}'`,
      topic: KAFKA_TOPICS.presence,
      handler: downlink.presence,
    });
    new CfnOutput(this, 'ErrorQueueUrl', { value: errorQueue.queueUrl });
  }
}
