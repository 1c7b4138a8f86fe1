import { CfnOutput } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { AREA_GEOHASH_PATTERN } from '../../contracts/geohash.ts';
import { KAFKA_TOPICS } from '../../contracts/kafka-topics.ts';
import { topicFilters, topics } from '../../contracts/topics.ts';
import { acknowledgeWildcard, nagArn } from '../constructs/acknowledge.ts';
import type { CellContext } from '../constructs/cell-context.ts';
import { CellStack } from '../constructs/cell-stack.ts';
import { Heartbeat } from '../constructs/heartbeat.ts';
import { KafkaRules } from '../constructs/kafka-rules.ts';
import { RuleDestination } from '../constructs/rule-destination.ts';
import { RuleRedrive } from '../constructs/rule-redrive.ts';
import type { DownlinkStack } from './downlink-stack.ts';
import type { FrontDoorStack } from './front-door-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import type { StreamStack } from './stream-stack.ts';

interface Neighbours {
  readonly network: NetworkStack;
  readonly stream: StreamStack;
  readonly frontDoor: FrontDoorStack;
  readonly downlink: DownlinkStack;
}

/** From devices to Kafka: the way into the VPC and the rules. Whole messages go on as they came (`SELECT *`), binary ones too. */
export class IngestStack extends CellStack {
  readonly redrive: RuleRedrive;
  readonly heartbeat: Heartbeat;

  constructor(scope: Construct, context: CellContext, { network, stream, frontDoor, downlink }: Neighbours) {
    super(scope, 'Ingest', context, { description: 'Rules from AWS IoT to Kafka of the IoV backbone' });
    this.redrive = new RuleRedrive(this, frontDoor.dataEndpoint);
    const rules = new KafkaRules(this, 'Rules', {
      destination: new RuleDestination(this, 'RuleDestination', {
        vpc: network.vpc,
        securityGroup: network.ruleDestinationSecurityGroup,
      }),
      bootstrapBrokers: stream.bootstrapBrokers,
      user: stream.rulesUser,
      errorQueue: this.redrive.queue,
    });
    rules.add({
      name: 'telemetry',
      description: 'Telemetry of devices to Kafka',
      sql: `SELECT * FROM '${topicFilters.telemetry}'`,
      topic: KAFKA_TOPICS.telemetry,
      root: 'dt',
    });
    rules.add({
      name: 'events',
      description: 'Events of devices, last wills included, to Kafka',
      sql: `SELECT * FROM '${topicFilters.event}'`,
      topic: KAFKA_TOPICS.events,
      root: 'dt',
    });
    rules.add({
      name: 'perception',
      description: 'What roadside units perceive, to Kafka',
      sql: `SELECT * FROM '${topicFilters.perception}'`,
      topic: KAFKA_TOPICS.v2x,
      root: 'dt',
    });
    this.#addHazards(rules);
    rules.add({
      name: 'ota_status',
      description: 'What vehicles report of campaigns, to Kafka',
      sql: `SELECT *, topic(2) AS thing, topic(4) AS campaignId FROM '${topicFilters.otaStatuses}'`,
      topic: KAFKA_TOPICS.otaStatus,
      root: 'ota',
    });
    rules.add({
      name: 'command_status',
      description: 'Answers of vehicles to commands: to the ledger and to Kafka',
      // Member by member: who answers which command is what the topic says, whatever the payload holds.
      sql:
        'SELECT status, result, reason, at, topic(2) AS thing, topic(4) AS commandId ' +
        `FROM '${topicFilters.commandResponses}'`,
      topic: KAFKA_TOPICS.commandStatus,
      root: 'cmd',
      handler: downlink.commandStatus,
    });
    rules.add({
      name: 'presence',
      description: 'Devices that come and go: to those who wait for them and to Kafka',
      sql: `SELECT * FROM '${topicFilters.presence}'`,
      topic: KAFKA_TOPICS.presence,
      root: '$aws',
      handler: downlink.presence,
    });
    this.heartbeat = new Heartbeat(this, { dataEndpoint: frontDoor.dataEndpoint, clusterArn: stream.clusterArn });
    new CfnOutput(this, 'ErrorQueueUrl', { value: this.redrive.queue.queueUrl });
    new CfnOutput(this, 'ParkedMessagesBucket', { value: this.redrive.parked.bucketName });
  }

  /**
   * Hazards go from the rules engine to the vehicles of their area, with no function between. The area's name is checked, since it becomes a
   * topic; a hazard that is over, because its message was redriven, is told to nobody.
   */
  #addHazards(rules: KafkaRules): void {
    const role = new Role(this, 'HazardsRole', {
      assumedBy: new ServicePrincipal('iot.amazonaws.com'),
      description: 'AWS IoT publishes hazards to areas',
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['iot:Publish'],
        resources: [this.formatArn({ service: 'iot', resource: 'topic', resourceName: topics.broadcastArea('*') })],
      }),
    );
    acknowledgeWildcard(role, nagArn(this, 'iot', 'topic/bc/area/*'), 'Hazards may be in any area.');
    rules.addRepublishing({
      name: 'hazards',
      description: 'Hazards that roadside units perceive, to the vehicles of their area',
      // `source` from the topic, which the policy guards: a roadside unit cannot warn in the name of another.
      sql:
        'SELECT hazard.id AS id, hazard.kind AS kind, hazard.latitude AS latitude, hazard.longitude AS longitude, ' +
        'hazard.radius AS radius, hazard.until AS until, topic(3) AS source, timestamp() AS at ' +
        `FROM '${topicFilters.perception}' ` +
        `WHERE regexp_matches(hazard.geohash, '${AREA_GEOHASH_PATTERN}') AND hazard.until > timestamp()`,
      topic: topics.broadcastArea('${hazard.geohash}'),
      role,
    });
  }
}
