import type { Account } from './account.ts';
import type { Clock } from './clock.ts';
import type { ResourceProvider } from './cloudformation/provider.ts';
import type { Cloud } from './cloud.ts';
import type { AwsService } from './endpoint/service.ts';
import { createBroker, type Broker } from './iot/broker/broker.ts';
import { localAdministrator } from './iot/broker/signing-credentials.ts';
import type { QuotaMode } from './iot/broker/quotas.ts';
import type { CertificateAuthority } from './iot/certificates/authority.ts';
import { openIotCommands, type IotCommands } from './iot/commands/iot-commands.ts';
import { CustomAuthorizers } from './iot/custom-authorizers/custom-authorizers.ts';
import { acceptsTls, endpointAuthentication } from './iot/custom-authorizers/domains.ts';
import { customAuthorizerOperations } from './iot/custom-authorizers/operations.ts';
import { dataPlaneService } from './iot/data-plane/operations.ts';
import { openFleetIndexing, type FleetIndexing } from './iot/fleet-index/open-fleet-index.ts';
import { DeviceGatekeeper } from './iot/gatekeeper.ts';
import { openIotJobs, type IotJobs } from './iot/jobs/iot-jobs.ts';
import { JobsDeviceApi } from './iot/jobs/jobs-device-api.ts';
import { s3JobFiles } from './iot/jobs/s3-job-files.ts';
import { IotLog, type IotLogEntry } from './iot/log.ts';
import { openProvisioning, type DeviceProvisioning } from './iot/provisioning/provisioning.ts';
import { publishRegistryEvents } from './iot/registry/event-messages.ts';
import { iotService } from './iot/registry/operations.ts';
import type { IotEndpoints } from './iot/registry/operations/account.ts';
import { registryProviders } from './iot/registry/providers.ts';
import { Registry } from './iot/registry/registry.ts';
import { composeDeviceApis, composeReservedTopics } from './iot/reserved-topics.ts';
import { registryDataOfRules } from './iot/registry/rule-external.ts';
import { ruleOperations, ruleProviders, RulesEngine } from './iot/rules/index.ts';
import { ShadowDeviceApi } from './iot/shadows/device-api.ts';
import { shadowOperations } from './iot/shadows/operations.ts';
import { ShadowRequestRates } from './iot/shadows/request-rates.ts';
import { shadowOfRules } from './iot/shadows/rule-external.ts';
import { ShadowApi } from './iot/shadows/shadow-api.ts';
import { ShadowRequests } from './iot/shadows/shadow-requests.ts';
import { ShadowTopics } from './iot/shadows/shadow-topics.ts';
import { Shadows } from './iot/shadows/shadows.ts';
import type { LogFile } from './log-file.ts';
import { ruleObjects } from './services/s3/rule-action.ts';
import type { Store } from './state/store.ts';

export interface FrontDoorOptions {
  readonly account: Account;
  readonly clock: Clock;
  readonly store: Store;
  readonly cloud: Cloud;
  readonly authority: CertificateAuthority;
  readonly endpoints: IotEndpoints;
  /** Where the AWS endpoint listens. */
  awsUrl(): string;
  readonly quotas: QuotaMode;
  readonly logFile: LogFile;
  /** Ports that rules may name; AWS takes 9000 to 9100, and a twin whose ports were moved takes its own. */
  readonly kafkaPorts: { readonly from: number; readonly to: number };
  /** Brokers given with `--kafka`: they take plaintext whatever a rule says. */
  readonly plaintextServers: ReadonlySet<string>;
  /** What the user should know. */
  report(line: string): void;
}

/** IoT Core: registry, provisioning, broker and rules. */
export interface IotCore {
  readonly registry: Registry;
  readonly provisioning: DeviceProvisioning;
  readonly broker: Broker;
  readonly rules: RulesEngine;
  readonly shadows: Shadows;
  readonly jobs: IotJobs;
  readonly fleetIndexing: FleetIndexing;
  readonly commands: IotCommands;
  readonly services: readonly AwsService[];
  readonly providers: readonly ResourceProvider[];
  /** Takes up what earlier runs left to do; call it when rules and their targets are up. */
  resume(): void;
  close(): Promise<void>;
}

/** Statuses with which a certificate may no longer hold a connection. */
const USABLE = 'ACTIVE';

/** Wires the parts of IoT Core to each other and to the rest of the cloud. The broker listens nowhere yet. */
export function openFrontDoor(options: FrontDoorOptions): IotCore {
  const { account, clock, store, cloud, authority } = options;
  const registry = new Registry(store, account, clock);
  const log = new IotLog(options.logFile, registry, clock, cloud.messaging.logs);

  const authorizeRole = (roleArn: string, action: string, resource: string): void => {
    cloud.iam.authorize(cloud.iam.callerOf(roleArn, 'iot'), { action, resource });
  };

  const shadows = new Shadows(store, clock);
  const shadowRequests = new ShadowRequests(shadows, new ShadowRequestRates(clock, options.quotas), log);
  const shadowApi = new ShadowApi(shadowRequests, (publication) => broker.publish(publication), clock);

  const rules = new RulesEngine({
    account,
    clock,
    store,
    log: (entry) => log.write(entry),
    kafkaPorts: options.kafkaPorts,
    ports: {
      // The broker does not exist yet, and rules publish only when messages flow.
      publish: (publication) => broker.publish(publication),
      lambda: cloud.functions,
      sqs: cloud.sqs,
      dynamoDb: cloud.dynamoDb,
      s3: ruleObjects(cloud.s3),
      sns: {
        publish: (topicArn, message, messageStructure) =>
          cloud.messaging.sns.publish(topicArn, message, { messageStructure }),
      },
      firehose: cloud.messaging.firehose,
      logs: cloud.messaging.logs,
      metrics: cloud.messaging.metrics,
      secrets: cloud.secrets,
      authorizeRole,
      externals: {
        getThingShadow: shadowOfRules(shadows, account, authorizeRole),
        getRegistryData: registryDataOfRules(registry, authorizeRole),
      },
      kafka: { certificateAuthority: authority.certificatePem, plaintextServers: options.plaintextServers },
    },
  });
  for (const { ruleName, reason } of rules.load())
    options.report(`Rule ${ruleName} of an earlier run takes no messages: ${reason}`);
  const provisioning = openProvisioning({
    registry,
    authority,
    publish: (publication) => broker.publish(publication),
    lambda: cloud.functions,
    roles: { authorize: authorizeRole },
    log,
  });
  const customAuthorizers = new CustomAuthorizers({ registry, lambda: cloud.functions, clock });
  const gatekeeper = new DeviceGatekeeper({
    account,
    connections: provisioning.connections,
    onChange: (listener) => void registry.changes.subscribe(listener),
    authorizeSigned: (accessKeyId, action, resource) => maySigned(cloud, accessKeyId, action, resource),
    registerJustInTime: (request) =>
      request.certificate
        ? provisioning.justInTime.registerNewcomer(request.certificate.der, request.clientId)
        : Promise.resolve(false),
    custom: {
      endpointOf: (request) => endpointAuthentication(registry, request),
      admit: (request, endpoint) => customAuthorizers.admit(request, endpoint),
    },
  });
  const fleetIndexing = openFleetIndexing({
    registry,
    shadows,
    connectionOf: (clientId) => broker.getConnection(clientId),
    onFailure: (thingName, thingGroupName, reason) =>
      log.write({
        logLevel: 'ERROR',
        eventType: 'AddThingToDynamicThingGroupsFailed',
        status: 'Failure',
        thingName,
        thingGroupName,
        details: reason,
      } as IotLogEntry),
  });
  const commands = openIotCommands(registry, (publication) => broker.publish(publication), options.report);
  const jobs = openIotJobs({
    ...{ account, clock, registry, quotas: options.quotas },
    publish: (publication) => broker.publish(publication),
    files: s3JobFiles({ account, clock, s3: cloud.s3, iam: cloud.iam, awsUrl: options.awsUrl }),
    report: options.report,
  });
  const broker = createBroker({
    gatekeeper,
    sink: rules,
    clock,
    store,
    reservedTopics: composeReservedTopics([
      provisioning.topics,
      new ShadowTopics(shadowRequests),
      jobs.topics,
      commands.topics,
    ]),
    deviceApi: composeDeviceApis([new ShadowDeviceApi(shadowApi), new JobsDeviceApi(jobs.devices)]),
    signingCredentials: {
      lookup: async (accessKeyId) => {
        const issued = cloud.iam.sessions.find(accessKeyId);
        if (!issued) return localAdministrator(account);
        return {
          secretAccessKey: issued.secretAccessKey,
          sessionToken: issued.sessionToken,
          expiration: issued.expiration,
          principal: issued.caller.arn,
        };
      },
    },
    log,
    presenceListener: fleetIndexing.onPresence,
    acceptsTls: (serverName, version) => acceptsTls(registry, serverName, version),
    quotas: options.quotas,
    // Clients reach a twin at an address as often as by a name, and TLS carries no name then.
    behaviour: { missingServerName: 'accept' },
  });
  publishRegistryEvents(registry, (publication) => broker.publish(publication));
  registry.changes.subscribe((change) => {
    const ended =
      change.kind === 'certificate-deleted' || (change.kind === 'certificate-status' && change.status !== USABLE);
    if (ended) broker.disconnectPrincipal(change.certificateId);
  });

  return {
    ...{ registry, provisioning, broker, rules, shadows, jobs, fleetIndexing, commands },
    services: [
      iotService(registry, provisioning, options.endpoints, {
        ...ruleOperations(rules),
        ...customAuthorizerOperations(registry, customAuthorizers),
        ...jobs.operations,
        ...fleetIndexing.operations,
        ...commands.operations,
      }),
      dataPlaneService(broker, clock, shadowOperations(shadowApi)),
      { ...jobs.service, operations: { ...jobs.service.operations, ...commands.dataOperations } },
    ],
    providers: [
      ...registryProviders(registry, provisioning, fleetIndexing.dynamicGroups),
      ...ruleProviders(rules),
      ...jobs.providers,
      ...commands.providers,
    ],
    resume: () => {
      jobs.resume();
      fleetIndexing.resume();
      commands.resume();
    },
    async close() {
      jobs.close();
      fleetIndexing.close();
      commands.close();
      await broker.close();
      await rules.close();
      await provisioning.close();
    },
  };
}

/** Keys that the twin gave out are bound by their role; any other is the local administrator's. */
function maySigned(cloud: Cloud, accessKeyId: string, action: string, resource: string): boolean {
  const issued = cloud.iam.sessions.find(accessKeyId);
  if (!issued) return true;
  try {
    cloud.iam.authorize(issued.caller, { action, resource });
    return true;
  } catch {
    return false;
  }
}
