import { createHash } from 'node:crypto';
import { access, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { CLUSTER_ID } from './configuration.ts';
import type { Java } from './java.ts';
import { KAFKA_VERSION } from './kafka-home.ts';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

/** How a Kafka node is run on this machine. */
export interface Launch {
  /** Address that listeners bind to where it is not the one that clients use. */
  readonly bindAddress?: string;
  /** The path under which the node sees a file of its folder. */
  pathInside(file: string): string;
  /** Prepares the data folder; run once, before the first start. Undefined when starting does it. */
  readonly format?: Command;
  readonly serve: Command;
  /** What `ps` shows of the running node and of nothing else. */
  readonly signature: string;
  /** Ends it at once, as a crash would; undefined when killing the started process is enough. */
  readonly kill?: Command;
  /** Called after an orderly end of the node. */
  afterStop?(): Promise<void>;
}

export interface LaunchFiles {
  /** Holds everything of this node: configuration, data, logs. */
  readonly folder: string;
  readonly properties: string;
  readonly logging: string;
}

// A laptop's Kafka: C1 only and the serial collector start sooner and need fewer threads; 384 MB hold a fleet's test load.
const JVM_FLAGS = [
  '-Xms96m',
  '-Xmx384m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Xlog:disable',
  '-Xlog:all=error:stderr',
];

/** Kafka from the fetched jars, in a JVM of this machine. */
export async function javaLaunch(
  java: Java,
  jars: readonly string[],
  cache: string,
  files: LaunchFiles,
): Promise<Launch> {
  const run = (flags: readonly string[], main: string, args: readonly string[]): Command => ({
    command: java.command,
    args: [...JVM_FLAGS, ...flags, `-Dlog4j2.configurationFile=${files.logging}`, '-cp', jars.join(':'), main, ...args],
  });
  const archive = join(cache, `classes-${createHash('sha256').update(java.build).digest('hex').slice(0, 12)}.jsa`);
  const archived = await exists(archive);
  // A class-data archive (JEP 350) halves the start. The first orderly stop writes it; every later start maps it.
  const unfinished = `${archive}.${process.pid}`;
  if (!archived) await removeUnfinished(cache);
  return {
    pathInside: (file) => file,
    format: run([], 'kafka.tools.StorageTool', [
      'format',
      '-t',
      CLUSTER_ID,
      '-c',
      files.properties,
      '--ignore-formatted',
    ]),
    serve: run(
      [archived ? `-XX:SharedArchiveFile=${archive}` : `-XX:ArchiveClassesAtExit=${unfinished}`],
      'kafka.Kafka',
      [files.properties],
    ),
    signature: files.properties,
    async afterStop() {
      if (archived) return;
      // Absent when the JVM could not write it: then the next start is as slow as this one was.
      await rename(unfinished, archive).catch(() => undefined);
    },
  };
}

/** What runs that were killed left of the archives they were writing. */
async function removeUnfinished(cache: string): Promise<void> {
  const names = await readdir(cache).catch(() => []);
  await Promise.all(
    names.filter((name) => /\.jsa\.\d+$/.test(name)).map((name) => rm(join(cache, name), { force: true })),
  );
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** Kafka from the official image, for machines without Java. Ports are published on the loopback interface only. */
export function dockerLaunch(files: LaunchFiles, publishedPorts: readonly number[], user: string | undefined): Launch {
  const name = `iov-kafka-${createHash('sha256').update(files.folder).digest('hex').slice(0, 12)}`;
  const inside = (file: string): string => file.replace(files.folder, '/iov');
  const properties = inside(files.properties);
  const script = [
    `/opt/kafka/bin/kafka-storage.sh format -t ${CLUSTER_ID} -c ${properties} --ignore-formatted`,
    `exec /opt/kafka/bin/kafka-server-start.sh ${properties}`,
  ].join(' && ');
  return {
    bindAddress: '0.0.0.0',
    pathInside: inside,
    serve: {
      command: 'docker',
      args: [
        ...['run', '--rm', '--init', '--name', name],
        ...publishedPorts.flatMap((port) => ['-p', `127.0.0.1:${port}:${port}`]),
        ...(user ? ['--user', user] : []),
        ...['-v', `${files.folder}:/iov`, '-e', 'KAFKA_HEAP_OPTS=-Xms96m -Xmx384m'],
        ...['-e', `KAFKA_LOG4J_OPTS=-Dlog4j2.configurationFile=/iov/${basename(files.logging)}`, '-e', 'LOG_DIR=/tmp'],
        ...['--entrypoint', 'sh', `apache/kafka:${KAFKA_VERSION}`, '-c', script],
      ],
    },
    signature: name,
    kill: { command: 'docker', args: ['kill', name] },
  };
}
