import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { KAFKA_TOPICS } from '../../contracts/kafka-topics.ts';
import { basicIngest, KAFKA_RULES, topics } from '../../contracts/topics.ts';
import { CellFunction } from './cell-function.ts';
import type { CellStack } from './cell-stack.ts';
import { feedFromKafka } from './kafka-event-source.ts';

/**
 * Every minute one message through every rule that writes to Kafka, and a function that reads them back: the whole path is measured, by the
 * rule, and a VPC destination that would be disabled after seven days without traffic always has some.
 */
export class Heartbeat {
  readonly sender: CellFunction;
  readonly monitor: CellFunction;

  constructor(scope: CellStack, { dataEndpoint, clusterArn }: { dataEndpoint: string; clusterArn: string }) {
    this.sender = new CellFunction(scope, 'HeartbeatSender', 'heartbeat-sender', {
      description: 'Sends a heartbeat through every rule that writes to Kafka',
      timeout: Duration.seconds(20),
      environment: { IOT_DATA_ENDPOINT: dataEndpoint },
    });
    this.sender.addToRolePolicy(
      new PolicyStatement({
        actions: ['iot:Publish'],
        resources: KAFKA_RULES.map((rule) =>
          scope.formatArn({
            service: 'iot',
            resource: 'topic',
            resourceName: basicIngest(rule, topics.heartbeat(rule)),
          }),
        ),
      }),
    );
    new Rule(scope, 'HeartbeatSchedule', {
      description: 'Heartbeats of the rules',
      schedule: Schedule.rate(Duration.minutes(1)),
      // A heartbeat that comes later says nothing.
      targets: [new LambdaFunction(this.sender, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    });
    this.monitor = new CellFunction(scope, 'HeartbeatMonitor', 'heartbeat-monitor', {
      description: 'Measures how long heartbeats take from a rule to Kafka',
      timeout: Duration.seconds(20),
    });
    feedFromKafka(scope, this.monitor, {
      ...{ clusterArn, topic: KAFKA_TOPICS.heartbeat, batchSize: 100 },
      maxBatchingWindow: Duration.seconds(1),
    });
  }
}
