import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

import { SystemClock, type Clock } from '../clock.ts';
import { IovError } from '../errors.ts';
import { ClusterAdmin } from './cluster-admin.ts';
import { DEFAULT_PORTS, loggingProperties, serverProperties, type KafkaPorts } from './configuration.ts';
import { ensureJars, hasJars } from './distribution.ts';
import { findJava, outputOf } from './java.ts';
import { cacheFolder, kafkaHome, KAFKA_VERSION } from './kafka-home.ts';
import { dockerLaunch, javaLaunch, type Launch, type LaunchFiles } from './launch.ts';
import { stopLeftover } from './leftover.ts';
import { NodeProcess, type NodeEvent } from './node-process.ts';
import { untilBrokerAnswers } from './readiness.ts';
import { runCommand } from './run-command.ts';

export interface KafkaOptions {
  /** Holds configuration, data and log; what is in it survives restarts. */
  readonly folder: string;
  /** Certificate of the SASL_SSL listener: PEM texts, the chain leaf first; it must name `127.0.0.1` and `localhost`. */
  readonly tls: { readonly privateKey: string; readonly certificateChain: string };
  readonly ports?: Partial<KafkaPorts>;
  readonly clock?: Clock;
  readonly cache?: string;
  /** One line for each long step. */
  readonly progress?: (text: string) => void;
  /** The node's unexpected ends and restarts. */
  readonly report?: (event: NodeEvent) => void;
  readonly startTimeoutMs?: number;
}

export interface BootstrapBrokers {
  readonly plaintext: string;
  /** SASL_SSL with SCRAM-SHA-512. */
  readonly scram: string;
}

/** A running Kafka, the twin's own or a given one. */
export interface Kafka {
  bootstrapBrokers(): BootstrapBrokers;
  createTopic(name: string, partitions: number, configs?: Readonly<Record<string, string>>): Promise<void>;
  alterTopic(name: string, partitions: number, configs: Readonly<Record<string, string>>): Promise<void>;
  deleteTopic(name: string): Promise<void>;
  listTopics(): Promise<string[]>;
  upsertScramUser(name: string, password: string): Promise<void>;
  removeScramUser(name: string): Promise<void>;
  /** Records written to each topic since it was created. */
  recordCounts(): Promise<Map<string, number>>;
  /** True for a broker given with `--kafka`: it has only the listener that was named. */
  readonly external: boolean;
  readonly pid: number | undefined;
  /** Ends the node as a crash would; it is started again on the same data. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts Apache Kafka on this machine: one KRaft node, from jars under Java 17+, else from the image under Docker.
 * Resolves when it serves clients. A node that dies is started again on the same data, with back-off.
 *
 * @throws IovError IOV_KAFKA_UNAVAILABLE, IOV_KAFKA_CHECKSUM, IOV_PORT_TAKEN, IOV_ALREADY_RUNNING, IOV_KAFKA_FAILED
 */
export async function startKafka(options: KafkaOptions): Promise<Kafka> {
  const folder = resolve(options.folder);
  const ports = { ...DEFAULT_PORTS, ...options.ports };
  const files: LaunchFiles = {
    folder,
    properties: join(folder, 'server.properties'),
    logging: join(folder, 'log4j2.properties'),
  };
  await mkdir(folder, { recursive: true });
  const recordFile = join(folder, 'run.json');
  await stopLeftover(recordFile);
  for (const port of Object.values(ports)) await assertFree(port);

  const launch = await chooseLaunch(files, ports, options);
  const logFile = join(folder, 'kafka.log');
  const keystoreFile = join(folder, 'keystore.pem');
  await writePrivate(keystoreFile, pemKeystore(options.tls));
  const inside = (file: string): string => launch.pathInside(file);
  const properties = serverProperties({
    ...{ logFolder: inside(join(folder, 'data')), keystoreFile: inside(keystoreFile) },
    ...{ host: '127.0.0.1', bindAddress: launch.bindAddress, ports },
  });
  await Promise.all([
    writeFile(files.properties, properties),
    writeFile(files.logging, loggingProperties(inside(logFile))),
  ]);
  if (launch.format && !(await isFormatted(join(folder, 'data')))) {
    await runCommand(launch.format).catch((cause: Error) => {
      throw new IovError('IOV_KAFKA_FAILED', `Kafka cannot prepare its data folder ${folder}: ${cause.message}.`, {
        cause,
      });
    });
  }

  const node = new NodeProcess({
    ...{ launch, recordFile, logFile, outputFile: join(folder, 'output.log'), report: options.report },
    clock: options.clock ?? new SystemClock(),
    ready: (signal) => untilBrokerAnswers('127.0.0.1', ports.plaintext, signal),
    startTimeoutMs: options.startTimeoutMs ?? 60_000,
  });
  await node.start();
  const brokers = { plaintext: `127.0.0.1:${ports.plaintext}`, scram: `127.0.0.1:${ports.scram}` };
  return kafkaOver(brokers, false, node);
}

/**
 * A broker that the user runs (`--kafka host:port`, a plaintext listener). Its records and topics are its owner's; SCRAM
 * users are not created on it.
 *
 * @throws IovError IOV_KAFKA_UNREACHABLE when it does not answer within `timeoutMs`
 */
export async function connectKafka(server: string, timeoutMs = 10_000): Promise<Kafka> {
  const colon = server.lastIndexOf(':');
  try {
    await untilBrokerAnswers(server.slice(0, colon), Number(server.slice(colon + 1)), AbortSignal.timeout(timeoutMs));
  } catch (cause) {
    throw new IovError('IOV_KAFKA_UNREACHABLE', `No Kafka broker answers at ${server}.`, { cause });
  }
  return kafkaOver({ plaintext: server, scram: server }, true);
}

function kafkaOver(brokers: BootstrapBrokers, external: boolean, node?: NodeProcess): Kafka {
  const admin = new ClusterAdmin(brokers.plaintext);
  return {
    external,
    bootstrapBrokers: () => brokers,
    createTopic: (name, partitions, configs) => admin.createTopic(name, partitions, configs),
    alterTopic: (name, partitions, configs) => admin.alterTopic(name, partitions, configs),
    deleteTopic: (name) => admin.deleteTopic(name),
    listTopics: () => admin.listTopics(),
    recordCounts: () => admin.recordCounts(),
    upsertScramUser: async (name, password) => (external ? undefined : admin.upsertScramUser(name, password)),
    removeScramUser: async (name) => (external ? undefined : admin.removeScramUser(name)),
    get pid() {
      return node?.pid;
    },
    kill: async () => node?.kill(),
    async stop() {
      await admin.close();
      await node?.stop();
    },
  };
}

async function chooseLaunch(files: LaunchFiles, ports: KafkaPorts, options: KafkaOptions): Promise<Launch> {
  const home = kafkaHome(options.cache ?? cacheFolder());
  const java = await findJava();
  let reason = 'there is no Java 17 or newer';
  if (java) {
    try {
      const jars = await ensureJars({ home, progress: options.progress });
      const names = (await readdir(jars)).filter((name) => name.endsWith('.jar')).sort();
      return await javaLaunch(
        java,
        names.map((name) => join(jars, name)),
        home,
        files,
      );
    } catch (error) {
      if (!(error instanceof IovError) || error.code !== 'IOV_KAFKA_UNAVAILABLE' || (await hasJars(home))) throw error;
      reason = error.message;
    }
  }
  if ((await outputOf('docker', ['version', '--format', '{{.Server.Version}}'], process.env)) === undefined) {
    throw new IovError(
      'IOV_KAFKA_UNAVAILABLE',
      `Apache Kafka ${KAFKA_VERSION} cannot run here: ${reason}; and no Docker daemon answers.`,
    );
  }
  options.progress?.(
    `Starting Apache Kafka ${KAFKA_VERSION} from its Docker image (the first time, Docker fetches it)`,
  );
  const user = process.getuid && process.getgid ? `${process.getuid()}:${process.getgid()}` : undefined;
  return dockerLaunch(files, [ports.plaintext, ports.scram], user);
}

/** Kafka reads PKCS #8 only; keys that OpenSSL made may be in an older form. */
function pemKeystore({ privateKey, certificateChain }: KafkaOptions['tls']): string {
  const key = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  return `${key.trim()}\n${certificateChain.trim()}\n`;
}

async function writePrivate(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  // `mode` applies to new files only.
  await chmod(file, 0o600);
}

function isFormatted(dataFolder: string): Promise<boolean> {
  return readdir(dataFolder).then(
    (names) => names.includes('meta.properties'),
    () => false,
  );
}

async function assertFree(port: number): Promise<void> {
  const probe = createServer();
  try {
    probe.listen(port, '127.0.0.1');
    await once(probe, 'listening');
  } catch (cause) {
    throw new IovError('IOV_PORT_TAKEN', `Kafka cannot listen on 127.0.0.1:${port}: another program does.`, { cause });
  } finally {
    await new Promise((closed) => probe.close(closed));
  }
}
