import { execFile } from 'node:child_process';
import { join } from 'node:path';

export interface Java {
  readonly command: string;
  /** e.g. 17 */
  readonly majorVersion: number;
  /** The vendor's whole version text: a class-data archive is only good for the very build that wrote it. */
  readonly build: string;
}

/** Apache Kafka 4 brokers need Java 17 (kafka.apache.org, "Compatibility"). */
export const OLDEST_JAVA = 17;

/** The first of `JAVA_HOME` and the PATH that is new enough; undefined when there is none. */
export async function findJava(environment: NodeJS.ProcessEnv = process.env): Promise<Java | undefined> {
  const candidates = environment['JAVA_HOME'] ? [join(environment['JAVA_HOME'], 'bin', 'java'), 'java'] : ['java'];
  for (const command of candidates) {
    const output = await outputOf(command, ['-version'], environment);
    const java = output === undefined ? undefined : parseJavaVersion(command, output);
    if (java && java.majorVersion >= OLDEST_JAVA) return java;
  }
  return undefined;
}

/** Reads what `java -version` prints; versions before 9 were written `1.8.0`. */
export function parseJavaVersion(command: string, output: string): Java | undefined {
  const version = /version "(?:1\.)?(\d+)[^"]*"/.exec(output);
  return version ? { command, majorVersion: Number(version[1]), build: output.trim() } : undefined;
}

/** What a command prints on both streams; undefined when it is not there or fails. */
export function outputOf(
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { env: environment, timeout: 20_000 }, (error, stdout, stderr) => {
      resolve(error ? undefined : `${stdout}${stderr}`);
    });
  });
}
