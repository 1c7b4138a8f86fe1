import { Duration } from 'aws-cdk-lib';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { KAFKA_RULES } from '../../contracts/topics.ts';
import type { Quotas } from '../environments/environment.ts';
import { broker, commandOutcome, heartbeatLatency, insight, quotaUse, redriveOutcome } from './metrics.ts';

/** One alarm as data. It rings when the metric is above the threshold in as many minutes as it says. */
export interface AlarmDefinition {
  readonly id: string;
  /** Heading of its section in docs/runbook.md, where that is not the id: alarms of one kind share a section. */
  readonly section?: string;
  readonly summary: string;
  readonly metric: IMetric;
  readonly threshold: number;
  readonly minutes: number;
  /** No data is a failure too: whatever writes the metric is gone. */
  readonly missingIsBreaching?: true;
}

export interface AlarmSubjects {
  readonly errorQueue: Queue;
  readonly quotas: Quotas;
}

/** Heartbeats need tens of milliseconds; five seconds is what an operator would call broken. */
const SLOW_HEARTBEAT_MS = 5_000;
/** Time to ask AWS for more, at the pace at which fleets grow. */
const QUOTA_PERCENT = 80;

/** Every alarm of a cell. */
export function alarmDefinitions({ errorQueue, quotas }: AlarmSubjects): readonly AlarmDefinition[] {
  return [
    ...KAFKA_RULES.map((rule) => ({
      id: `heartbeat-${rule.replaceAll('_', '-')}`,
      section: 'heartbeat',
      summary: `Heartbeats through the rule ${rule} are late or missing`,
      metric: heartbeatLatency(rule),
      threshold: SLOW_HEARTBEAT_MS,
      minutes: 3,
      missingIsBreaching: true as const,
    })),
    ...quotaAlarms(quotas),
    ...brokerAlarms(),
    ...ruleAlarms(errorQueue),
    ...kafkaAlarms(),
    {
      id: 'lambda-errors',
      summary: 'A function fails',
      metric: insight('SELECT SUM(Errors) FROM SCHEMA("AWS/Lambda", FunctionName)', 'errors'),
      ...{ threshold: 5, minutes: 3 },
    },
    {
      id: 'lambda-throttles',
      summary: 'Functions wait for concurrency',
      metric: insight('SELECT SUM(Throttles) FROM SCHEMA("AWS/Lambda", FunctionName)', 'throttles'),
      ...{ threshold: 0, minutes: 3 },
    },
    {
      id: 'commands-unknown',
      summary: 'Commands end without anybody knowing whether they were executed',
      metric: commandOutcome('command-timers', 'UNKNOWN'),
      ...{ threshold: 10, minutes: 5 },
    },
  ];
}

function quotaAlarms(quotas: Quotas): AlarmDefinition[] {
  const near = (id: string, metric: IMetric): AlarmDefinition => ({
    id: `quota-${id}`,
    section: 'quota',
    summary: `Over ${QUOTA_PERCENT} % of the account's quota is used`,
    ...{ metric, threshold: QUOTA_PERCENT, minutes: 3 },
  });
  return [
    near('connects', quotaUse(broker('Connect.Success'), quotas.connectsPerSecond, 'connects')),
    near('publish-in', quotaUse(broker('PublishIn.Success'), quotas.inboundPublishesPerSecond, 'inbound')),
    near('publish-out', quotaUse(broker('PublishOut.Success'), quotas.outboundPublishesPerSecond, 'outbound')),
  ];
}

function brokerAlarms(): AlarmDefinition[] {
  const throttled = (id: string, what: string, metric: IMetric): AlarmDefinition => ({
    id: `throttled-${id}`,
    section: 'throttled',
    summary: `AWS IoT throttles ${what}`,
    ...{ metric, threshold: 0, minutes: 3 },
  });
  return [
    throttled('connects', 'connections', broker('Connect.Throttle')),
    throttled('publish-in', 'what devices publish', broker('PublishIn.Throttle')),
    throttled('publish-out', 'what devices are sent', broker('PublishOut.Throttle')),
    throttled('subscribes', 'subscriptions', broker('Subscribe.Throttle')),
    {
      id: 'connects-refused',
      summary: 'Devices are refused at the door',
      metric: broker('Connect.AuthError'),
      ...{ threshold: 100, minutes: 5 },
    },
  ];
}

function ruleAlarms(errorQueue: Queue): AlarmDefinition[] {
  const period = Duration.minutes(1);
  return [
    {
      id: 'rule-actions-failing',
      summary: 'Actions of rules fail; their messages wait in the error queue',
      metric: insight('SELECT SUM(Failure) FROM SCHEMA("AWS/IoT", ActionType, RuleName)', 'failures'),
      ...{ threshold: 10, minutes: 3 },
    },
    {
      id: 'error-actions-failing',
      summary: 'Error actions of rules fail: messages are lost',
      metric: insight('SELECT SUM(ErrorActionFailure) FROM SCHEMA("AWS/IoT", ActionType, RuleName)', 'failures'),
      ...{ threshold: 0, minutes: 1 },
    },
    {
      id: 'error-queue-depth',
      summary: 'Many messages wait for their redrive',
      metric: errorQueue.metricApproximateNumberOfMessagesVisible({ period }),
      ...{ threshold: 10_000, minutes: 5 },
    },
    {
      id: 'error-queue-age',
      summary: 'A message has waited for its redrive longer than all redrives take',
      metric: errorQueue.metricApproximateAgeOfOldestMessage({ period }),
      ...{ threshold: 4 * 3_600, minutes: 5 },
    },
    {
      id: 'messages-parked',
      summary: 'Messages were given up and parked',
      metric: redriveOutcome('Parked'),
      ...{ threshold: 0, minutes: 1 },
    },
  ];
}

/** Express brokers have no disks to fill and report no under-replication: MSK keeps three copies of its own accord. */
function kafkaAlarms(): AlarmDefinition[] {
  return [
    {
      id: 'kafka-throttling',
      summary: 'Brokers throttle producers: more comes in than their size allows',
      metric: insight('SELECT MAX(ProduceThrottleTime) FROM "AWS/Kafka"', 'throttle time'),
      ...{ threshold: 0, minutes: 5 },
    },
    {
      id: 'kafka-cpu',
      summary: 'A broker computes more than it should when it has to take over for another',
      metric: insight('SELECT MAX(CpuUser) FROM "AWS/Kafka"', 'CPU'),
      ...{ threshold: 60, minutes: 10 },
    },
    {
      id: 'kafka-lag',
      summary: 'A consumer group is minutes behind',
      metric: insight('SELECT MAX(EstimatedMaxTimeLag) FROM "AWS/Kafka"', 'lag'),
      ...{ threshold: 300, minutes: 5 },
    },
    {
      id: 'kafka-controller',
      summary: 'The cluster has no controller, or more than one',
      metric: insight('SELECT MAX(ActiveControllerCount) FROM "AWS/Kafka"', 'controllers'),
      ...{ threshold: 1, minutes: 3, missingIsBreaching: true },
    },
  ];
}
