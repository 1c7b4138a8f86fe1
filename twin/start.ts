import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';

import type { Account } from './account.ts';
import { SystemClock, type Clock } from './clock.ts';
import { assemblyAccount, readAssembly } from './cloudformation/assembly.ts';
import type { ClassificationRow } from './cloudformation/classification.ts';
import { deployAssembly, type Deployment } from './cloudformation/deploy.ts';
import type { ProgressEvent } from './cloudformation/engine.ts';
import { selectStacks } from './cloudformation/stack-selection.ts';
import { openCloud, type Cloud } from './cloud.ts';
import { createTokenEndpoint } from './cognito/token-endpoint.ts';
import { createEndpoint } from './endpoint/endpoint.ts';
import { IovError } from './errors.ts';
import { openFrontDoor, type IotCore } from './front-door.ts';
import { createHttpApiServer } from './httpapi/server.ts';
import { JwtVerifier } from './httpapi/jwt-authorizer.ts';
import { CertificateAuthority } from './iot/certificates/authority.ts';
import type { QuotaMode } from './iot/broker/quotas.ts';
import { connectKafka, startKafka, type Kafka } from './kafka/index.ts';
import { LogFile } from './log-file.ts';
import { openStore } from './state/store.ts';

/** Every port of a twin; all on the loopback interface. */
export interface TwinPorts {
  readonly mqtts: number;
  readonly https: number;
  readonly wss: number;
  readonly aws: number;
  readonly api: number;
  readonly oauth: number;
  readonly kafka: number;
  readonly kafkaScram: number;
  readonly kafkaController: number;
}

export interface TwinOptions {
  /** A folder that `cdk synth` wrote; a promise where synthesis may still be running. */
  readonly assembly: string | Promise<string>;
  /** Stages or stacks by name; all of them when absent. */
  readonly select?: readonly string[];
  /** Where everything durable lies. */
  readonly stateFolder: string;
  readonly ports: TwinPorts;
  /** `host:port` of a broker to use in place of the twin's own. */
  readonly kafka?: string;
  readonly quotas?: QuotaMode;
  readonly strict?: boolean;
  readonly clock?: Clock;
  /** Ends a start that is under way. */
  readonly signal?: AbortSignal;
  /** One line for each long step. */
  progress?(line: string): void;
  onClassified?(table: readonly ClassificationRow[]): void;
  onResource?(event: ProgressEvent): void;
}

/** A running twin. */
export interface Twin {
  readonly account: Account;
  readonly deployment: Deployment;
  readonly kafka: Kafka;
  readonly cloud: Cloud;
  readonly iot: IotCore;
  /** PEM of the CA that signed the servers' certificate. */
  readonly certificateAuthority: string;
  readonly ports: TwinPorts;
  /** Stops what it started, Kafka included. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Things to close, in the reverse order of their opening, whether or not the start gets to its end. */
class Opened {
  readonly #closers: (() => Promise<unknown> | unknown)[] = [];

  onStop(close: () => Promise<unknown> | unknown): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) await close();
  }
}

function listen(server: Server, port: number, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? new IovError('IOV_PORT_TAKEN', `Another program listens on port ${port} (${what}).`, { cause })
          : cause,
      ),
    );
    server.listen(port, HOST, resolve);
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.closeAllConnections();
    server.close(() => resolve());
  });
}

/**
 * Runs a cloud assembly on this machine until it is stopped.
 *
 * @throws IovError with its code; whatever had been started by then is stopped
 */
export async function startTwin(options: TwinOptions): Promise<Twin> {
  const opened = new Opened();
  const opening = open(options, opened);
  try {
    return await Promise.race([opening, whenAborted(options.signal)]);
  } catch (error) {
    opening.catch(() => undefined);
    await opened.close();
    throw error;
  }
}

function whenAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('the start was cancelled')), { once: true });
  });
}

async function open(options: TwinOptions, opened: Opened): Promise<Twin> {
  const { ports, stateFolder } = options;
  const clock = options.clock ?? new SystemClock();
  const progress = (line: string): void => options.progress?.(line);
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const logs = logFiles(stateFolder, opened);
  const store = openStore(join(stateFolder, 'state.db'));
  opened.onStop(() => store.close());
  const authority = await CertificateAuthority.open(stateFolder, clock);
  const server = await authority.serverCertificate();

  // Kafka takes longest, so it starts first; whoever needs it waits for it.
  const kafka =
    options.kafka === undefined
      ? startKafka({
          folder: join(stateFolder, 'kafka'),
          tls: { privateKey: server.privateKeyPem, certificateChain: server.certificatePem },
          ports: { plaintext: ports.kafka, scram: ports.kafkaScram, controller: ports.kafkaController },
          progress,
          report: (event) => logs.twin.record(clock.now(), { kafka: event }),
        })
      : connectKafka(options.kafka);
  kafka.catch(() => undefined);
  opened.onStop(async () => (await kafka.catch(() => undefined))?.stop());

  const assemblyFolder = Promise.resolve(options.assembly);
  const assembly = readAssembly(await Promise.race([assemblyFolder, kafka.then(() => assemblyFolder)]));
  const account = assemblyAccount(selectStacks(assembly, options.select));
  const awsUrl = `http://${HOST}:${ports.aws}`;
  const apiUrl = `http://${HOST}:${ports.api}`;
  const cloud = openCloud({
    ...{ account, clock, store, stateFolder },
    kafka: () => kafka,
    awsUrl: () => awsUrl,
    apiUrl: () => apiUrl,
    logLambda: (functionName, line) => logs.lambda(functionName).line(line),
    log: (line) => logs.twin.record(clock.now(), { message: line }),
  });
  opened.onStop(() => cloud.close());
  const iot = openFrontDoor({
    ...{ account, clock, store, cloud, authority },
    endpoints: {
      'iot:Data-ATS': `localhost:${ports.https}`,
      'iot:CredentialProvider': `localhost:${ports.https}`,
      'iot:Jobs': `localhost:${ports.https}`,
    },
    awsUrl: () => awsUrl,
    quotas: options.quotas ?? 'aws',
    logFile: logs.iot,
    report: progress,
    kafkaPorts: rulePorts(ports, options.kafka),
    plaintextServers: new Set(options.kafka === undefined ? [] : [options.kafka]),
  });
  opened.onStop(() => iot.close());
  await openHttp(options, opened, { account, clock, cloud, iot, logs });

  // A Kafka that cannot run ends the start at once, not at the first topic.
  const kafkaFailed = kafka.then(() => new Promise<never>(() => undefined));
  const deploying = deployAssembly({
    ...{ assembly, account, clock, store, select: options.select, strict: options.strict },
    providers: [...cloud.providers, ...iot.providers],
    surroundings: JSON.stringify([ports, options.kafka]),
    invoker: cloud.functions,
    references: {
      ssmParameter: (name, version) => {
        const selected = cloud.parameters.trySelect(version === undefined ? name : `${name}:${version}`);
        return selected && cloud.parameters.reveal(selected);
      },
      secretString: (id, version) =>
        cloud.secrets.getSecretValue(id, { stage: version.stage, versionId: version.id }).string,
    },
    onClassified: options.onClassified,
    onProgress: options.onResource,
  });
  deploying.catch(() => undefined);
  const deployment = await Promise.race([deploying, kafkaFailed]);
  const running = await kafka;
  // What an emptied Kafka no longer has, though the templates' resources are unchanged.
  await cloud.msk.restore();
  await cloud.resume();
  iot.resume();
  // Devices come last: by now their policies, rules and topics are there.
  const tls = { host: HOST, key: server.privateKeyPem, cert: server.certificatePem, ca: authority.certificatePem };
  await iot.broker.listenTls({ ...tls, port: ports.mqtts });
  await iot.broker.listenHttps({ ...tls, port: ports.https });
  await iot.broker.listenWebSocket({ ...tls, port: ports.wss });
  return {
    ...{ account, deployment, cloud, iot, ports, kafka: running },
    certificateAuthority: authority.certificatePem,
    stop: () => opened.close(),
  };
}

/** AWS's range, widened to where this twin's Kafka listens. */
function rulePorts({ kafkaScram }: TwinPorts, server?: string): { from: number; to: number } {
  const port = server === undefined ? kafkaScram : Number(server.slice(server.lastIndexOf(':') + 1));
  return { from: Math.min(9_000, port), to: Math.max(9_100, port) };
}

interface LogFiles {
  readonly iot: LogFile;
  readonly api: LogFile;
  readonly twin: LogFile;
  lambda(functionName: string): LogFile;
}

function logFiles(stateFolder: string, opened: Opened): LogFiles {
  const folder = join(stateFolder, 'logs');
  const files = new Map<string, LogFile>();
  const file = (name: string): LogFile => {
    let found = files.get(name);
    if (!found) files.set(name, (found = new LogFile(join(folder, name))));
    return found;
  };
  opened.onStop(() => Promise.all([...files.values()].map((each) => each.close())));
  return {
    iot: file('iot.jsonl'),
    api: file('api.jsonl'),
    twin: file('twin.jsonl'),
    lambda: (functionName) => file(join('lambda', `${functionName}.log`)),
  };
}

/** The endpoints that need no device certificate: AWS, the user pools' tokens, and HTTP APIs. */
async function openHttp(
  { ports }: TwinOptions,
  opened: Opened,
  { account, clock, cloud, iot, logs }: { account: Account; clock: Clock; cloud: Cloud; iot: IotCore; logs: LogFiles },
): Promise<void> {
  const endpoint = createEndpoint({
    services: [...cloud.services, ...iot.services],
    account,
    credentials: cloud.iam.sessions,
    authorize: (caller, request) => cloud.iam.authorize(caller, request),
    clock,
    report: (error, operation) =>
      logs.twin.record(clock.now(), { operation, error: (error as Error).stack ?? String(error) }),
  });
  await endpoint.listen({ port: ports.aws, host: HOST });
  opened.onStop(() => endpoint.close());

  const tokens = createTokenEndpoint(cloud.userPools);
  await listen(tokens, ports.oauth, 'oauth');
  opened.onStop(() => closeServer(tokens));

  const jwtVerifier = new JwtVerifier(clock, (issuer) => {
    const pool = cloud.userPools.pools().find(({ id }) => cloud.userPools.issuerOf(id) === issuer);
    return pool && cloud.userPools.keySet(pool.id);
  });
  const api = createHttpApiServer({
    ...{ apis: cloud.apis, account, clock, jwtVerifier },
    invoker: cloud.functions,
    log: (record) => logs.api.record(clock.now(), record),
  });
  await listen(api, ports.api, 'api');
  opened.onStop(() => closeServer(api));
}
