import { join } from 'node:path';

import type { Account } from './account.ts';
import type { Clock } from './clock.ts';
import { UserPools } from './cognito/user-pools.ts';
import { cognitoProviders } from './cognito/providers.ts';
import { cognitoService } from './cognito/operations.ts';
import type { ResourceProvider } from './cloudformation/provider.ts';
import type { AwsService } from './endpoint/service.ts';
import { HttpApis } from './httpapi/http-apis.ts';
import { httpApiProviders } from './httpapi/providers.ts';
import { Iam } from './iam/iam.ts';
import { iamProviders } from './iam/providers.ts';
import { EventSourceMappings, eventSourceMappingProvider } from './lambda/event-sources/mappings.ts';
import { pollQueue } from './lambda/event-sources/sqs-poller.ts';
import { Functions } from './lambda/functions.ts';
import { lambdaService } from './lambda/operations.ts';
import { lambdaProviders } from './lambda/providers.ts';
import { DynamoDb } from './services/dynamodb/dynamodb.ts';
import { dynamoDbService } from './services/dynamodb/operations.ts';
import { dynamoDbProviders } from './services/dynamodb/providers.ts';
import { Keys } from './services/kms/keys.ts';
import { kmsService } from './services/kms/operations.ts';
import { kmsProviders } from './services/kms/providers.ts';
import type { KafkaCluster } from './services/msk/kafka-cluster.ts';
import { Msk } from './services/msk/msk.ts';
import { mskService } from './services/msk/operations.ts';
import { mskProviders } from './services/msk/providers.ts';
import { schedulerService } from './services/scheduler/operations.ts';
import { schedulerProviders } from './services/scheduler/providers.ts';
import { Schedules } from './services/scheduler/schedules.ts';
import { secretsManagerService } from './services/secretsmanager/operations.ts';
import { secretsManagerProviders } from './services/secretsmanager/providers.ts';
import { Secrets } from './services/secretsmanager/secrets.ts';
import { sqsService } from './services/sqs/operations.ts';
import { sqsProviders } from './services/sqs/providers.ts';
import { queueSource } from './services/sqs/queue-source.ts';
import { Sqs } from './services/sqs/sqs.ts';
import { ssmService } from './services/ssm/operations.ts';
import { Parameters } from './services/ssm/parameters.ts';
import { ssmProviders } from './services/ssm/providers.ts';
import { stsService } from './services/sts/operations.ts';
import type { Store } from './state/store.ts';

export interface CloudOptions {
  readonly account: Account;
  readonly clock: Clock;
  readonly store: Store;
  readonly stateFolder: string;
  /** Asked for at the first topic, so that Kafka may still be starting. */
  kafka(): Promise<KafkaCluster>;
  /** Where the AWS endpoint listens. */
  awsUrl(): string;
  /** Where HTTP APIs are served. */
  apiUrl(): string;
  logLambda(functionName: string, line: string): void;
  log(line: string): void;
}

/** Every service of the account but IoT Core. */
export interface Cloud {
  readonly iam: Iam;
  readonly functions: Functions;
  readonly sqs: Sqs;
  readonly dynamoDb: DynamoDb;
  readonly secrets: Secrets;
  readonly parameters: Parameters;
  readonly msk: Msk;
  readonly userPools: UserPools;
  readonly apis: HttpApis;
  readonly services: readonly AwsService[];
  readonly providers: readonly ResourceProvider[];
  /** Takes up what earlier runs left waiting; call it when everything that functions use is up. */
  resume(): void;
  close(): Promise<void>;
}

/** Wires the services to each other. Nothing listens and nothing runs yet. */
export function openCloud(options: CloudOptions): Cloud {
  const { account, clock, store, stateFolder } = options;
  const iam = new Iam({ store, account, clock });
  const sqs = new Sqs({ account, clock, store, baseUrl: options.awsUrl });
  const dynamoDb = new DynamoDb({ account, clock, store, folder: join(stateFolder, 'dynamodb') });
  const secrets = new Secrets({ account, clock, store });
  const keys = new Keys({ account, clock, store });
  const parameters = new Parameters({ account, clock, store, keys });
  const msk = new Msk({ account, clock, store, secrets, kafka: options.kafka, log: options.log });
  const userPools = new UserPools({ account, clock, store });
  const apis = new HttpApis(store);

  const functions = new Functions({
    account,
    clock,
    store,
    awsEndpoint: options.awsUrl,
    issueCredentials: (roleArn, sessionName) => iam.issueRoleCredentials(roleArn, sessionName),
    deliver: async (destinationArn, body) => {
      if (!destinationArn.includes(':sqs:'))
        throw new Error(`the twin delivers failed events to SQS, not to ${destinationArn}`);
      sqs.sendMessage(destinationArn, body);
    },
    log: options.logLambda,
  });
  const schedules = new Schedules({
    account,
    clock,
    store,
    log: options.log,
    deliver: async ({ arn }, event, { service, arn: sourceArn }) => {
      if (arn.includes(':sqs:')) sqs.sendMessage(arn, JSON.stringify(event));
      // Scheduler calls with a role of its own; a rule needs the function's permission.
      else
        await functions.invokeAsync(
          arn,
          event,
          service === 'events.amazonaws.com' ? { service, sourceArn } : undefined,
        );
    },
  });
  const queue = queueSource(sqs);
  const mappings = new EventSourceMappings(store, [
    (mapping) =>
      mapping.eventSourceArn.includes(':sqs:')
        ? pollQueue({ mapping, queue, invoker: functions, clock, region: account.region, log: options.log })
        : undefined,
  ]);

  return {
    ...{ iam, functions, sqs, dynamoDb, secrets, parameters, msk, userPools, apis },
    services: [
      stsService(iam),
      lambdaService(functions),
      sqsService(sqs),
      dynamoDbService(dynamoDb),
      secretsManagerService(secrets),
      kmsService(keys),
      ssmService(parameters),
      mskService(msk),
      schedulerService(schedules),
      cognitoService(userPools),
    ],
    providers: [
      ...iamProviders(iam),
      ...lambdaProviders(functions, join(stateFolder, 'lambda')),
      eventSourceMappingProvider(mappings, (arn) => arn.includes(':sqs:')),
      ...sqsProviders(sqs),
      ...dynamoDbProviders(dynamoDb),
      ...secretsManagerProviders(secrets),
      ...kmsProviders(keys),
      ...ssmProviders(parameters),
      ...mskProviders(msk),
      ...schedulerProviders(schedules),
      ...cognitoProviders(userPools),
      ...httpApiProviders(apis, options.apiUrl),
    ],
    resume() {
      functions.resume();
      schedules.resume();
      mappings.resume();
    },
    async close() {
      schedules.close();
      await mappings.close();
      await functions.close();
      sqs.close();
      await dynamoDb.close();
    },
  };
}
