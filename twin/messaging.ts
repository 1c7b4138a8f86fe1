import { join } from 'node:path';

import type { Account } from './account.ts';
import type { Clock } from './clock.ts';
import type { ResourceProvider } from './cloudformation/provider.ts';
import type { AwsService } from './endpoint/service.ts';
import type { Functions } from './lambda/functions.ts';
import { embeddedMetrics } from './services/cloudwatch/embedded-metrics.ts';
import { Metrics } from './services/cloudwatch/metrics.ts';
import { cloudwatchService } from './services/cloudwatch/operations.ts';
import { deliverTo, type Deliver } from './services/delivery.ts';
import { EventBuses } from './services/events/event-bus.ts';
import { eventsService } from './services/events/operations.ts';
import { eventsProviders } from './services/events/providers.ts';
import { DeliveryStreams } from './services/firehose/delivery-streams.ts';
import { firehoseService } from './services/firehose/operations.ts';
import { firehoseProviders } from './services/firehose/providers.ts';
import { Logs } from './services/logs/logs.ts';
import { logsService } from './services/logs/operations.ts';
import { logsProviders } from './services/logs/providers.ts';
import { deliverNotifications } from './services/s3/notifications.ts';
import type { S3 } from './services/s3/s3.ts';
import { schedulerService } from './services/scheduler/operations.ts';
import { schedulerProviders } from './services/scheduler/providers.ts';
import { Schedules } from './services/scheduler/schedules.ts';
import { snsService } from './services/sns/operations.ts';
import { snsProviders } from './services/sns/providers.ts';
import { Sns } from './services/sns/sns.ts';
import type { Sqs } from './services/sqs/sqs.ts';
import type { Store } from './state/store.ts';

export interface MessagingOptions {
  readonly account: Account;
  readonly clock: Clock;
  readonly store: Store;
  readonly stateFolder: string;
  readonly sqs: Sqs;
  readonly s3: S3;
  /** They do not exist yet when this is called, since their logs and failures come here. */
  functions(): Functions;
  awsUrl(): string;
  log(line: string): void;
}

/** The services that carry events, logs and metrics from one service to another. */
export interface Messaging {
  readonly sns: Sns;
  readonly firehose: DeliveryStreams;
  readonly logs: Logs;
  readonly metrics: Metrics;
  readonly schedules: Schedules;
  readonly deliver: Deliver;
  readonly services: readonly AwsService[];
  readonly providers: readonly ResourceProvider[];
  /** A line that a function wrote: to its log group, and to CloudWatch what it says of metrics. */
  logLambda(functionName: string, line: string): void;
  resume(): void;
  close(): void;
}

export function openMessaging(options: MessagingOptions): Messaging {
  const { account, clock, store, stateFolder, sqs, s3, log, awsUrl: baseUrl } = options;
  const invoker = {
    invoke: (...call: Parameters<Functions['invoke']>) => options.functions().invoke(...call),
    invokeAsync: (...call: Parameters<Functions['invokeAsync']>) => options.functions().invokeAsync(...call),
  };
  const firehose = new DeliveryStreams({ account, clock, store, folder: join(stateFolder, 'firehose') });
  const logs = new Logs({ account, clock, store, folder: join(stateFolder, 'cloudwatch-logs') });
  const metrics = new Metrics({ clock, store });
  const sns = new Sns({ account, clock, store, baseUrl, sqs, invoker, firehose, log });
  const deliver = deliverTo({ invoker, sqs, sns, firehose, logs });
  const schedules = new Schedules({
    ...{ account, clock, store, log },
    deliver: async (target, event, { service, arn: sourceArn }) => {
      // Scheduler calls with a role of its own; a rule of EventBridge needs the target's permission.
      const byRole = service === 'scheduler.amazonaws.com';
      if (byRole && target.arn.includes(':lambda:')) await invoker.invokeAsync(target.arn, event);
      else await deliver(target.arn, event, { service, sourceArn }, { byRole });
    },
  });
  const buses = new EventBuses({ account, clock, store, deliver, schedules, deadLetters: sqs, log });
  deliverNotifications(s3, {
    deliver,
    log,
    putEvent: (detailType, detail, resources) => void buses.emit({ source: 'aws.s3', detailType, detail, resources }),
  });
  return {
    ...{ sns, firehose, logs, metrics, schedules, deliver },
    services: [
      snsService(sns),
      eventsService(buses),
      schedulerService(schedules),
      firehoseService(firehose),
      logsService(logs, () => clock.now()),
      cloudwatchService(metrics, clock),
    ],
    providers: [
      ...snsProviders(sns),
      ...eventsProviders(buses),
      ...schedulerProviders(schedules, buses),
      ...firehoseProviders(firehose),
      ...logsProviders(logs),
    ],
    logLambda(functionName, line) {
      const now = clock.now();
      logs.write(`/aws/lambda/${functionName}`, 'twin', line, now);
      for (const datum of embeddedMetrics(line, now)) metrics.putMetric(datum);
    },
    resume() {
      sns.resume();
      schedules.resume();
    },
    close() {
      schedules.close();
      sns.close();
      logs.close();
    },
  };
}
