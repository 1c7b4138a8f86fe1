import { homedir } from 'node:os';
import { join } from 'node:path';

/** The version that MSK Express offers; jars, image and documentation follow it. */
export const KAFKA_VERSION = '4.2.0';

/**
 * Where downloads that outlive a clone are kept: `IOV_CACHE`, else `$XDG_CACHE_HOME/iov`, else `~/.cache/iov`.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment['IOV_CACHE']) return environment['IOV_CACHE'];
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'iov');
}

/** The folder that holds Apache Kafka's jars, whether or not it is there yet. */
export function kafkaHome(cache: string = cacheFolder()): string {
  return join(cache, `kafka-${KAFKA_VERSION}`);
}
