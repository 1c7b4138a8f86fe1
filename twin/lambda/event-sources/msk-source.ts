import { arn, type Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import type { LambdaInvoker } from '../invoker.ts';
import { joinConsumerGroup } from './kafka-consumer-group.ts';
import { pollTopic } from './kafka-poller.ts';
import type { EventSourceMapping, KafkaSettings, Poller, PollerFactory } from './mapping.ts';

export interface MskSourceOptions {
  readonly account: Account;
  readonly clock: Clock;
  readonly invoker: LambdaInvoker;
  /** `host:port` of a plaintext listener of the Kafka that stands for the clusters. */
  bootstrapServer(): Promise<string>;
  /** @throws AwsError when there is no such cluster */
  requireCluster(clusterArn: string): void;
  /** @throws AwsError when the function's role may not */
  authorize(functionName: string, action: string, resource: string): void;
  sendMessage(queueArn: string, body: string): unknown;
  publish?(topicArn: string, body: string): unknown;
  putObject?(bucket: string, key: string, body: string): Promise<unknown>;
  log(line: string): void;
}

/** What Lambda needs of the function's role before it polls (developer guide, "Configuring Lambda permissions for Amazon MSK"). */
const NETWORK_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeVpcs',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeSubnets',
  'ec2:DescribeSecurityGroups',
];

/** Event source mappings of MSK clusters. Whether the function's role may read is asked before each joining, as MSK would. */
export function mskPollers(options: MskSourceOptions): PollerFactory {
  return (mapping) => (mapping.kafka ? poll(options, mapping as MskMapping) : undefined);
}

type MskMapping = EventSourceMapping & { readonly kafka: KafkaSettings };

function poll(options: MskSourceOptions, mapping: MskMapping): Poller {
  const { account, clock, invoker, log } = options;
  return pollTopic({
    ...{ mapping, invoker, clock, log },
    functionArn: arn(account, 'lambda', `function:${mapping.functionName}`),
    async open() {
      options.requireCluster(mapping.eventSourceArn);
      requireGrants(options, mapping);
      return joinConsumerGroup(await options.bootstrapServer(), mapping.kafka, clock);
    },
    discard: (destinationArn, body) => deliver(options, mapping, destinationArn, body),
  });
}

function requireGrants({ authorize }: MskSourceOptions, { functionName, eventSourceArn, kafka }: MskMapping): void {
  const within = (kind: string, name: string): string => `${eventSourceArn.replace(':cluster/', `:${kind}/`)}/${name}`;
  for (const action of NETWORK_ACTIONS) authorize(functionName, action, '*');
  for (const action of ['kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers', 'kafka-cluster:Connect'])
    authorize(functionName, action, eventSourceArn);
  for (const action of ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'])
    authorize(functionName, action, within('topic', kafka.topic));
  for (const action of ['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'])
    authorize(functionName, action, within('group', kafka.consumerGroupId));
}

/** A queue and a topic get what is known of the batch; a bucket also gets the batch. */
async function deliver(
  options: MskSourceOptions,
  mapping: MskMapping,
  destinationArn: string,
  { payload, ...known }: Record<string, unknown>,
): Promise<void> {
  const { functionName } = mapping;
  const may = (action: string, resource = destinationArn): void => options.authorize(functionName, action, resource);
  if (destinationArn.includes(':sqs:')) {
    may('sqs:SendMessage');
    options.sendMessage(destinationArn, JSON.stringify(known));
  } else if (destinationArn.includes(':sns:') && options.publish) {
    may('sns:Publish');
    await options.publish(destinationArn, JSON.stringify(known));
  } else if (destinationArn.includes(':s3:::') && options.putObject) {
    const { requestId } = known['requestContext'] as { requestId: string };
    const time = String(known['timestamp']);
    // AWS documents no form of the key for Kafka; it is named by what an operator looks for.
    const key = `aws/lambda/${mapping.id}/${mapping.kafka.topic}/${time.slice(0, 10).replaceAll('-', '/')}/${time}-${requestId}`;
    may('s3:ListBucket');
    may('s3:PutObject', `${destinationArn}/${key}`);
    await options.putObject(destinationArn.split(':::')[1]!, key, JSON.stringify({ ...known, payload }));
  } else {
    throw new Error(`the twin cannot hand failed records to ${destinationArn}`);
  }
}
