import { join } from 'node:path';

import { arn, type Account } from './account.ts';
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
import { mskPollers } from './lambda/event-sources/msk-source.ts';
import { pollQueue } from './lambda/event-sources/sqs-poller.ts';
import { Functions } from './lambda/functions.ts';
import { lambdaService } from './lambda/operations.ts';
import { lambdaProviders } from './lambda/providers.ts';
import { openMessaging, type Messaging } from './messaging.ts';
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
import { MultipartUploads } from './services/s3/multipart.ts';
import { s3Service } from './services/s3/operations.ts';
import { s3Providers } from './services/s3/providers.ts';
import { S3 } from './services/s3/s3.ts';
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
  readonly s3: S3;
  readonly msk: Msk;
  readonly messaging: Messaging;
  readonly userPools: UserPools;
  readonly apis: HttpApis;
  readonly services: readonly AwsService[];
  readonly providers: readonly ResourceProvider[];
  /** Takes up what earlier runs left waiting; call it when everything that functions use is up. */
  resume(): Promise<void>;
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
  const s3 = new S3({ account, clock, store, folder: join(stateFolder, 's3') });
  const uploads = new MultipartUploads(s3, store);
  const msk = new Msk({ account, clock, store, secrets, kafka: options.kafka, log: options.log });
  const userPools = new UserPools({ account, clock, store });
  const apis = new HttpApis(store);

  const messaging = openMessaging({
    ...{ account, clock, store, stateFolder, sqs, s3, awsUrl: options.awsUrl, log: options.log },
    functions: () => functions,
  });
  /** A function logs with its own role, which needs the right to. */
  const mayLog = (functionName: string): boolean => {
    const stream = arn(account, 'logs', `log-group:/aws/lambda/${functionName}:log-stream:twin`);
    try {
      const caller = iam.callerOf(functions.get(functionName).roleArn, functionName);
      for (const action of ['logs:CreateLogStream', 'logs:PutLogEvents']) {
        iam.authorize(caller, { action, resource: stream });
      }
      return true;
    } catch {
      return false;
    }
  };
  const functions: Functions = new Functions({
    account,
    clock,
    store,
    awsEndpoint: options.awsUrl,
    issueCredentials: (roleArn, sessionName) => iam.issueRoleCredentials(roleArn, sessionName),
    // A function's role may reach its failure destination, so nothing else is asked.
    deliver: (destinationArn, body) =>
      messaging.deliver(
        destinationArn,
        body,
        { service: 'lambda.amazonaws.com', sourceArn: destinationArn },
        { byRole: true },
      ),
    log: (functionName, line) => {
      options.logLambda(functionName, line);
      if (mayLog(functionName)) messaging.logLambda(functionName, line);
    },
  });
  const queue = queueSource(sqs);
  const mappings = new EventSourceMappings(store, [
    (mapping) =>
      mapping.eventSourceArn.includes(':sqs:')
        ? pollQueue({ mapping, queue, invoker: functions, clock, region: account.region, log: options.log })
        : undefined,
    mskPollers({
      ...{ account, clock, invoker: functions, log: options.log },
      bootstrapServer: async () => (await options.kafka()).bootstrapBrokers().plaintext,
      requireCluster: (clusterArn) => void msk.clusters.get(clusterArn),
      authorize: (functionName, action, resource) => {
        iam.authorize(iam.callerOf(functions.get(functionName).roleArn, functionName), { action, resource });
      },
      sendMessage: (queueArn, body) => sqs.sendMessage(queueArn, body),
      publish: (topicArn, body) => messaging.sns.publish(topicArn, body),
      putObject: (bucket, key, body) => s3.put(bucket, key, Buffer.from(body)),
    }),
  ]);

  return {
    ...{ iam, functions, sqs, dynamoDb, secrets, parameters, s3, msk, messaging, userPools, apis },
    services: [
      stsService(iam),
      lambdaService(functions),
      sqsService(sqs),
      dynamoDbService(dynamoDb),
      secretsManagerService(secrets),
      kmsService(keys),
      ssmService(parameters),
      s3Service(s3, uploads),
      mskService(msk),
      cognitoService(userPools),
      ...messaging.services,
    ],
    providers: [
      ...iamProviders(iam),
      ...lambdaProviders(functions, join(stateFolder, 'lambda')),
      eventSourceMappingProvider(mappings, (arn) => /:(sqs|kafka):/.test(arn)),
      ...sqsProviders(sqs),
      ...dynamoDbProviders(dynamoDb),
      ...secretsManagerProviders(secrets),
      ...kmsProviders(keys),
      ...ssmProviders(parameters),
      ...s3Providers(s3),
      ...mskProviders(msk),
      ...cognitoProviders(userPools),
      ...messaging.providers,
      ...httpApiProviders(apis, options.apiUrl),
    ],
    async resume() {
      await s3.sweep(uploads.blobs());
      functions.resume();
      messaging.resume();
      mappings.resume();
    },
    async close() {
      await mappings.close();
      messaging.close();
      await functions.close();
      sqs.close();
      await dynamoDb.close();
    },
  };
}
