import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { IovError } from '../errors.ts';
import checksums from './jars.json' with { type: 'json' };
import { KAFKA_VERSION, kafkaHome } from './kafka-home.ts';

/** File name of a jar -> its SHA-256 in hexadecimal. */
export type Checksums = Readonly<Record<string, string>>;

/** Copies the jars of Apache Kafka and its runtime dependencies into an existing, empty folder. */
export type FetchJars = (folder: string) => Promise<void>;

/** Kafka logs through SLF4J 1.7; its broker artifact leaves the choice of a binding to whoever runs it. */
const LOG4J_BINDING_VERSION = '2.25.3';

export function projectObjectModel(): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>iov</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>${LOG4J_BINDING_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;
}

/**
 * Fetches with Maven, so that the user's own mirrors and proxies (`settings.xml`) are respected.
 *
 * @throws IovError IOV_KAFKA_UNAVAILABLE when Maven is not there or cannot resolve the jars
 */
export const fetchWithMaven: FetchJars = async (folder) => {
  const workFolder = await mkdtemp(`${folder}-pom-`);
  const pom = join(workFolder, 'pom.xml');
  try {
    await writeFile(pom, projectObjectModel());
    await new Promise<void>((resolve, reject) => {
      const args = [
        '-q',
        '-B',
        '-f',
        pom,
        'dependency:copy-dependencies',
        `-DoutputDirectory=${folder}`,
        '-DincludeScope=runtime',
      ];
      execFile('mvn', args, { timeout: 600_000, maxBuffer: 16_777_216 }, (cause, stdout) => {
        if (!cause) return resolve();
        const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
        const reason = missing
          ? 'Maven (`mvn`) is not installed'
          : `Maven failed: ${firstError(stdout) ?? cause.message}`;
        reject(
          new IovError('IOV_KAFKA_UNAVAILABLE', `Apache Kafka ${KAFKA_VERSION} cannot be fetched: ${reason}.`, {
            cause,
          }),
        );
      });
    });
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
};

function firstError(output: string): string | undefined {
  const line = output.split('\n').find((candidate) => candidate.includes('[ERROR]'));
  return line?.replace('[ERROR]', '').trim().slice(0, 300);
}

export interface DistributionOptions {
  readonly home?: string;
  readonly progress?: (text: string) => void;
  readonly fetch?: FetchJars;
  readonly expected?: Checksums;
}

/** True when the jars were fetched and verified by an earlier run. */
export async function hasJars(home: string = kafkaHome()): Promise<boolean> {
  return access(join(home, 'jars')).then(
    () => true,
    () => false,
  );
}

/**
 * The folder with Apache Kafka's jars; fetches them the first time. Every jar is compared with its pinned SHA-256
 * before the folder gets its name, so that a folder with that name is whole and verified however a run ended.
 *
 * @throws IovError IOV_KAFKA_UNAVAILABLE (nothing fetched), IOV_KAFKA_CHECKSUM (something else than pinned was fetched)
 */
export async function ensureJars(options: DistributionOptions = {}): Promise<string> {
  const home = options.home ?? kafkaHome();
  const jars = join(home, 'jars');
  if (await hasJars(home)) return jars;
  options.progress?.(`Fetching Apache Kafka ${KAFKA_VERSION} with Maven (43 MB, once)`);
  await mkdir(home, { recursive: true });
  const fetched = await mkdtemp(`${jars}-`);
  try {
    await (options.fetch ?? fetchWithMaven)(fetched);
    await verifyJars(fetched, options.expected ?? checksums);
    await rename(fetched, jars).catch(async (error: unknown) => {
      // Two first runs at once: the other one was faster, and what it put there is verified as well.
      if (!(await hasJars(home))) throw error;
    });
  } finally {
    await rm(fetched, { recursive: true, force: true });
  }
  options.progress?.(`Apache Kafka ${KAFKA_VERSION} is in ${dirname(jars)}`);
  return jars;
}

/**
 * Exactly the pinned files, each with exactly the pinned content.
 *
 * @throws IovError IOV_KAFKA_CHECKSUM naming the first file that differs
 */
export async function verifyJars(folder: string, expected: Checksums): Promise<void> {
  const present = new Set(await readdir(folder));
  const missing = Object.keys(expected).filter((name) => !present.has(name));
  const surplus = [...present].filter((name) => !(name in expected));
  if (missing.length + surplus.length > 0) {
    const difference = [
      ...missing.map((name) => `${name} is missing`),
      ...surplus.map((name) => `${name} is not expected`),
    ];
    throw new IovError(
      'IOV_KAFKA_CHECKSUM',
      `Apache Kafka's jars in ${folder} are not the pinned ones: ${difference.join(', ')}.`,
    );
  }
  await Promise.all(
    Object.entries(expected).map(async ([name, digest]) => {
      const hash = createHash('sha256');
      await pipeline(createReadStream(join(folder, name)), hash);
      const actual = hash.digest('hex');
      if (actual !== digest) {
        throw new IovError('IOV_KAFKA_CHECKSUM', `${join(folder, name)} has SHA-256 ${actual}, pinned is ${digest}.`);
      }
    }),
  );
}
