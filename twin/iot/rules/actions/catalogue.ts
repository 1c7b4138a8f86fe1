import { AwsError } from '../../../endpoint/service.ts';
import type { ActionDefinition } from '../topic-rule.ts';
import { invalid, type ActionContext, type ActionFactory, type RuleAction } from './action.ts';
import { cloudwatchLogsAction } from './cloudwatch-logs.ts';
import { cloudwatchMetricAction } from './cloudwatch-metric.ts';
import { dynamoDbAction } from './dynamodb.ts';
import { dynamoDbV2Action } from './dynamodb-v2.ts';
import { firehoseAction } from './firehose.ts';
import { httpAction } from './http.ts';
import { kafkaAction } from './kafka.ts';
import { lambdaAction } from './lambda.ts';
import { republishAction } from './republish.ts';
import { s3Action } from './s3.ts';
import { snsAction } from './sns.ts';
import { sqsAction } from './sqs.ts';

/** By the member's name in the API. */
const FACTORIES: Readonly<Record<string, ActionFactory>> = {
  cloudwatchLogs: cloudwatchLogsAction,
  cloudwatchMetric: cloudwatchMetricAction,
  dynamoDB: dynamoDbAction,
  dynamoDBv2: dynamoDbV2Action,
  firehose: firehoseAction,
  http: httpAction,
  kafka: kafkaAction,
  lambda: lambdaAction,
  republish: republishAction,
  s3: s3Action,
  sns: snsAction,
  sqs: sqsAction,
};

/** @throws AwsError InvalidRequestException for an action that is malformed or that the twin does not run */
export function compileAction(definition: ActionDefinition, context: ActionContext): RuleAction {
  const kinds = Object.keys(definition).filter((kind) => definition[kind] !== undefined);
  if (kinds.length !== 1)
    throw invalid(`An action is of exactly one kind, this one of ${kinds.length}: ${kinds.join(', ')}.`);
  const kind = kinds[0]!;
  const factory = FACTORIES[kind];
  if (!factory) throw invalid(`The twin does not run ${kind} actions; it runs ${Object.keys(FACTORIES).join(', ')}.`);
  try {
    return factory(definition[kind]!, context);
  } catch (error) {
    if (error instanceof AwsError) throw error;
    throw invalid(`The ${kind} action of rule ${context.ruleName} is not valid: ${(error as Error).message}`);
  }
}
