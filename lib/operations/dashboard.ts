import { Dashboard, GraphWidget, TextWidget, type IMetric, type IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { KAFKA_RULES } from '../../contracts/topics.ts';
import type { CellStack } from '../constructs/cell-stack.ts';
import type { AlarmSubjects } from './alarms.ts';
import { broker, commandOutcome, heartbeatLatency, insight, quotaUse, redriveOutcome } from './metrics.ts';

/** What an engineer on call keeps open: from the devices' door through the rules to Kafka, and back down. */
export function createDashboard(scope: CellStack, { errorQueue, quotas }: AlarmSubjects): Dashboard {
  const graph = (title: string, ...left: IMetric[]): IWidget => new GraphWidget({ title, left, width: 8, height: 6 });
  const heading = (markdown: string): IWidget => new TextWidget({ markdown, width: 24, height: 1 });
  const percent = new GraphWidget({
    ...{ title: 'Use of quotas, %', width: 8, height: 6, leftYAxis: { min: 0, max: 100 } },
    left: [
      quotaUse(broker('Connect.Success'), quotas.connectsPerSecond, 'connects'),
      quotaUse(broker('PublishIn.Success'), quotas.inboundPublishesPerSecond, 'inbound'),
      quotaUse(broker('PublishOut.Success'), quotas.outboundPublishesPerSecond, 'outbound'),
    ],
  });
  return new Dashboard(scope, 'Dashboard', {
    dashboardName: scope.physicalName('operations'),
    widgets: [
      [heading('# Devices')],
      [
        graph('Connections made, refused', broker('Connect.Success'), broker('Connect.AuthError')),
        graph('Messages in and out', broker('PublishIn.Success'), broker('PublishOut.Success')),
        percent,
      ],
      [
        graph(
          'Throttled',
          broker('Connect.Throttle'),
          broker('PublishIn.Throttle'),
          broker('PublishOut.Throttle'),
          broker('Subscribe.Throttle'),
        ),
        graph(
          'Rule actions that failed',
          insight('SELECT SUM(Failure) FROM SCHEMA("AWS/IoT", ActionType, RuleName) GROUP BY RuleName', ''),
        ),
        graph('Heartbeats, ms to Kafka', ...KAFKA_RULES.map(heartbeatLatency)),
      ],
      [heading('# Errors and redrive')],
      [
        graph('Error queue', errorQueue.metricApproximateNumberOfMessagesVisible()),
        graph('Oldest message, s', errorQueue.metricApproximateAgeOfOldestMessage()),
        graph(
          'Redriven, delayed, parked',
          redriveOutcome('Redriven'),
          redriveOutcome('Delayed'),
          redriveOutcome('Parked'),
        ),
      ],
      [heading('# Kafka, functions, commands')],
      [
        graph('Lag, s', insight('SELECT MAX(EstimatedMaxTimeLag) FROM "AWS/Kafka" GROUP BY "Consumer Group"', '')),
        graph('CPU, %', insight('SELECT MAX(CpuUser) FROM "AWS/Kafka" GROUP BY "Broker ID"', '')),
        graph('Throttling, ms', insight('SELECT MAX(ProduceThrottleTime) FROM "AWS/Kafka" GROUP BY "Broker ID"', '')),
      ],
      [
        graph(
          'Function errors',
          insight('SELECT SUM(Errors) FROM SCHEMA("AWS/Lambda", FunctionName) GROUP BY FunctionName', ''),
        ),
        graph(
          'Function throttles',
          insight('SELECT SUM(Throttles) FROM SCHEMA("AWS/Lambda", FunctionName) GROUP BY FunctionName', ''),
        ),
        graph(
          'Commands ended',
          ...['SUCCEEDED', 'FAILED', 'REJECTED'].map((outcome) => commandOutcome('command-status', outcome)),
          ...['EXPIRED', 'UNKNOWN'].map((outcome) => commandOutcome('command-timers', outcome)),
        ),
      ],
    ],
  });
}
