import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC_NAMESPACE } from '../../contracts/heartbeat.ts';
import type { KafkaRuleName } from '../../contracts/topics.ts';

const MINUTE = Duration.minutes(1);

/** Operations of the message broker whose metrics AWS IoT keeps by protocol. */
export type BrokerMetric =
  | 'Connect.Success'
  | 'Connect.Throttle'
  | 'Connect.AuthError'
  | 'PublishIn.Success'
  | 'PublishIn.Throttle'
  | 'PublishOut.Success'
  | 'PublishOut.Throttle'
  | 'Subscribe.Throttle';

/** https://docs.aws.amazon.com/iot/latest/developerguide/metrics_dimensions.html; a sum a minute, over MQTT. */
export function broker(metricName: BrokerMetric): Metric {
  return new Metric({
    ...{ namespace: 'AWS/IoT', metricName, dimensionsMap: { Protocol: 'MQTT' } },
    ...{ statistic: Stats.SUM, period: MINUTE, label: metricName },
  });
}

/** How much of a quota per second is used, in percent. Quotas are the account's, and an account and Region holds one cell. */
export function quotaUse(metric: Metric, quotaPerSecond: number, label: Lowercase<string>): MathExpression {
  return new MathExpression({
    // Ids must differ within a graph.
    expression: `100 * ${label} / ${60 * quotaPerSecond}`,
    usingMetrics: { [label]: metric },
    period: MINUTE,
    label,
  });
}

/** One number over every rule, function, broker or consumer group of the account: CloudWatch Metrics Insights. */
export function insight(query: string, label: string): IMetric {
  return new MathExpression({ expression: query, usingMetrics: {}, period: MINUTE, label });
}

/** From AWS IoT to Kafka, in ms; written by lambdas/heartbeat-monitor. */
export function heartbeatLatency(rule: KafkaRuleName): Metric {
  return new Metric({
    ...{ namespace: METRIC_NAMESPACE, metricName: 'HeartbeatLatency' },
    dimensionsMap: { service: 'heartbeat-monitor', rule },
    ...{ statistic: Stats.MAXIMUM, period: MINUTE, label: rule },
  });
}

/** Commands that ended so; written by the function of that name. */
export function commandOutcome(service: 'command-status' | 'command-timers', outcome: string): Metric {
  return new Metric({
    ...{ namespace: METRIC_NAMESPACE, metricName: 'CommandEnded', dimensionsMap: { service, outcome } },
    ...{ statistic: Stats.SUM, period: MINUTE, label: outcome },
  });
}

/** What became of messages whose rules failed; written by lambdas/redrive. */
export function redriveOutcome(outcome: 'Redriven' | 'Delayed' | 'Parked' | 'Unreadable'): Metric {
  return new Metric({
    ...{ namespace: METRIC_NAMESPACE, metricName: `Redrive${outcome}`, dimensionsMap: { service: 'redrive' } },
    ...{ statistic: Stats.SUM, period: MINUTE, label: outcome },
  });
}
