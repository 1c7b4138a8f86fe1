import type { Publish } from '../publication.ts';
import type { LambdaEventQueue, LambdaInvoker } from '../../lambda/invoker.ts';
import type { Externals } from '../sql/index.ts';

/** An entry of IoT Core's log (Developer Guide, "Rules engine logs"). */
export interface RuleLogEntry {
  readonly eventType: 'RuleExecution' | 'RuleMatch' | 'RuleNotFound' | 'StartingRuleExecution' | 'FunctionExecution';
  readonly status: 'Success' | 'Failure';
  readonly logLevel: 'INFO' | 'ERROR' | 'DEBUG';
  readonly ruleName?: string;
  readonly ruleAction?: string;
  readonly topicName: string;
  readonly clientId?: string;
  readonly principalId?: string;
  readonly sourceIp?: string;
  readonly traceId?: string;
  readonly resources?: Readonly<Record<string, string>>;
  readonly details?: string;
}

type Answer<T> = T | Promise<T>;

/** The services that actions hand messages to. An action whose port is absent is refused when its rule is created. */
export interface RulesPorts {
  readonly publish?: Publish;
  readonly lambda?: LambdaInvoker & LambdaEventQueue;
  readonly sqs?: { sendMessage(queueUrl: string, body: string): unknown };
  readonly sns?: { publish(topicArn: string, message: string, messageStructure?: 'json'): Answer<unknown> };
  readonly s3?: { putObject(bucket: string, key: string, body: Buffer, cannedAcl?: string): Answer<unknown> };
  /** DynamoDB's API, e.g. `request('PutItem', { TableName, Item })`. */
  readonly dynamoDb?: { request(operation: string, input: Record<string, unknown>): Promise<unknown> };
  readonly firehose?: { putRecord(deliveryStreamName: string, data: Buffer): Answer<unknown> };
  readonly logs?: { putLogEvents(logGroupName: string, events: readonly LogEvent[]): Answer<unknown> };
  readonly metrics?: { putMetric(metric: MetricDatum): Answer<unknown> };
  readonly secrets?: { getSecretValue(secretId: string): Answer<SecretContent> };
  /** Functions of SQL that reach other parts of IoT Core: shadows, the registry. */
  readonly externals?: Pick<Externals, 'getThingShadow' | 'getRegistryData' | 'fetchDescriptor'>;
  /**
   * Whether the role lets IoT perform the action. Absent: everything is allowed.
   * @throws AwsError AccessDeniedException
   */
  authorizeRole?(roleArn: string, action: string, resource: string): void;
  readonly kafka?: KafkaTrust;
  readonly fetch?: typeof fetch;
}

export interface LogEvent {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

export interface MetricDatum {
  readonly namespace: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

export interface SecretContent {
  readonly string?: string;
  readonly bytes?: Uint8Array | string;
  /** Whose ARN the role must be allowed to read. */
  readonly secret?: { readonly arn: string };
}

/** What the twin knows of its Kafka that a rule on AWS need not say: MSK's certificates are publicly trusted. */
export interface KafkaTrust {
  /** PEM certificates that sign the broker's. */
  readonly certificateAuthority?: string;
  /** Servers given with `--kafka`, which take plaintext whatever security protocol a rule names. */
  readonly plaintextServers?: ReadonlySet<string>;
}
