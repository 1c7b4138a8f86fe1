import { CfnOutput, Duration, Validations } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { topics } from '../../contracts/topics.ts';
import { acknowledgeWildcard, nagArn } from '../constructs/acknowledge.ts';
import { AppClients } from '../constructs/app-clients.ts';
import type { CellContext } from '../constructs/cell-context.ts';
import { CellFunction } from '../constructs/cell-function.ts';
import { CellStack } from '../constructs/cell-stack.ts';
import { commandLedgerTable, devicesTable, UNDELIVERED_INDEX } from '../constructs/command-ledger-table.ts';
import { CommandsApi } from '../constructs/commands-api.ts';
import { allowRule } from '../constructs/rule-invocation.ts';
import type { FrontDoorStack } from './front-door-stack.ts';

/** Longer than a delivery waits for those before it and for its own confirmation. */
const DELIVERY_TIMEOUT = Duration.seconds(28);

/** From an app's request to the vehicle's answer: API, ledger, timers, and the functions that the rules feed. */
export class DownlinkStack extends CellStack {
  readonly commandStatus: CellFunction;
  readonly presence: CellFunction;
  readonly #ledger: Table;
  readonly #timers: Queue;
  readonly #dataEndpoint: string;

  constructor(scope: Construct, context: CellContext, frontDoor: FrontDoorStack) {
    super(scope, 'Downlink', context, {
      description: 'Commands to vehicles: API, ledger and delivery of the IoV backbone',
    });
    this.#dataEndpoint = frontDoor.dataEndpoint;
    this.#ledger = commandLedgerTable(this, 'Commands');
    const failedEvents = this.#queue('FailedEvents', { retentionPeriod: Duration.days(14) });
    const failedTimers = this.#queue('FailedTimers', { retentionPeriod: Duration.days(14) });
    for (const queue of [failedEvents, failedTimers]) {
      Validations.of(queue).acknowledge({ id: 'AwsSolutions-SQS3', reason: 'It is where the failures of others end.' });
    }
    this.#timers = this.#queue('Timers', {
      // Six times the function's timeout, as Lambda asks for.
      visibilityTimeout: Duration.seconds(DELIVERY_TIMEOUT.toSeconds() * 6),
      deadLetterQueue: { queue: failedTimers, maxReceiveCount: 5 },
    });
    this.#createTimers();
    this.commandStatus = this.#createCommandStatus(failedEvents);
    this.presence = this.#createPresence(failedEvents);
    this.#createApi();
  }

  #queue(id: string, props: Partial<ConstructorParameters<typeof Queue>[2]>): Queue {
    return new Queue(this, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy: this.removalPolicy,
      ...props,
    });
  }

  #createApi(): void {
    const handler = new CellFunction(this, 'CommandsApiFunction', 'commands-api', {
      description: 'POST and GET of commands',
      timeout: DELIVERY_TIMEOUT,
      memorySize: 512,
      environment: { ...this.#deliveryVariables(), TIMERS_QUEUE_URL: this.#timers.queueUrl },
    });
    this.#grantDelivery(handler);
    this.#grantTimers(handler);
    handler.addToRolePolicy(
      new PolicyStatement({ actions: ['iot:DescribeThing'], resources: [this.#anyThing('thing')] }),
    );
    acknowledgeWildcard(
      handler.role!,
      nagArn(this, 'iot', 'thing/*'),
      'Any thing name may be asked for; names are not known beforehand.',
    );
    const apps = new AppClients(this, 'Apps');
    const api = new CommandsApi(this, 'DownlinkApi', apps, handler);
    new CfnOutput(this, 'ApiUrl', { value: api.url });
    new CfnOutput(this, 'TokenUrl', { value: `${apps.domain.baseUrl()}/oauth2/token` });
    new CfnOutput(this, 'UserPoolId', { value: apps.userPool.userPoolId });
    for (const [name, client] of apps.clients) {
      const suffix = name === 'operations' ? '' : `-${name}`;
      new CfnOutput(this, `UserPoolClientId${suffix.replaceAll('-', '')}`, {
        value: client.userPoolClientId,
        description: `Client of the app ${name}`,
      });
    }
  }

  #createTimers(): void {
    const handler = new CellFunction(this, 'CommandTimers', 'command-timers', {
      description: 'Ends commands at their deadlines and repeats deliveries that failed',
      timeout: DELIVERY_TIMEOUT,
      environment: { ...this.#deliveryVariables(), TIMERS_QUEUE_URL: this.#timers.queueUrl },
    });
    this.#grantDelivery(handler);
    this.#grantTimers(handler);
    // No batching window: a deadline is reported when it passes.
    handler.addEventSource(new SqsEventSource(this.#timers, { batchSize: 10, reportBatchItemFailures: true }));
  }

  #createCommandStatus(failedEvents: Queue): CellFunction {
    const handler = new CellFunction(this, 'CommandStatus', 'command-status', {
      description: 'Writes the answers of vehicles into the ledger',
      timeout: Duration.seconds(10),
      environment: { COMMANDS_TABLE: this.#ledger.tableName },
    });
    this.#grantLedger(handler);
    allowRule(this, handler, 'command_status');
    handler.configureAsyncInvoke({ retryAttempts: 2, onFailure: new SqsDestination(failedEvents) });
    return handler;
  }

  #createPresence(failedEvents: Queue): CellFunction {
    const devices = devicesTable(this, 'Devices');
    const handler = new CellFunction(this, 'Presence', 'presence', {
      description: 'Delivers what waited for a device that has connected',
      timeout: DELIVERY_TIMEOUT,
      environment: { ...this.#deliveryVariables(), DEVICES_TABLE: devices.tableName },
    });
    this.#grantDelivery(handler);
    handler.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:UpdateItem'], resources: [devices.tableArn] }));
    allowRule(this, handler, 'presence');
    handler.configureAsyncInvoke({ retryAttempts: 2, onFailure: new SqsDestination(failedEvents) });
    return handler;
  }

  #deliveryVariables(): Record<string, string> {
    return { COMMANDS_TABLE: this.#ledger.tableName, IOT_DATA_ENDPOINT: this.#dataEndpoint };
  }

  #grantLedger(handler: CellFunction): void {
    handler.addToRolePolicy(
      new PolicyStatement({ actions: ['dynamodb:GetItem', 'dynamodb:PutItem'], resources: [this.#ledger.tableArn] }),
    );
  }

  /** Reading what waits, and a direct message to a vehicle's own request topics: no other client, no other topic. */
  #grantDelivery(handler: CellFunction): void {
    this.#grantLedger(handler);
    handler.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:Query'],
        resources: [`${this.#ledger.tableArn}/index/${UNDELIVERED_INDEX}`],
      }),
    );
    handler.addToRolePolicy(
      new PolicyStatement({
        actions: ['iot:SendDirectMessage'],
        resources: [this.#anyThing('client')],
        conditions: { StringLike: { 'iot:Topic': topics.commandRequest('*', '*') } },
      }),
    );
    acknowledgeWildcard(
      handler.role!,
      nagArn(this, 'iot', 'client/*'),
      'Commands go to any vehicle; client ids are not known beforehand.',
    );
  }

  #grantTimers(handler: CellFunction): void {
    handler.addToRolePolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.#timers.queueArn] }));
  }

  #anyThing(resource: 'thing' | 'client'): string {
    return this.formatArn({ service: 'iot', resource, resourceName: '*' });
  }
}
