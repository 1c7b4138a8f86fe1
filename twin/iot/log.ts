import type { Clock } from '../clock.ts';
import type { LogFile } from '../log-file.ts';
import { LogLevels, SEVERITY, type LogSubject } from './log-levels.ts';
import type { Registry } from './registry/registry.ts';

/** What every part of IoT Core writes: the rest of an entry is its own. */
export interface IotLogEntry extends LogSubject {
  readonly logLevel: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
}

/** CloudWatch Logs, for events that are configured to go to a log group of their own. */
export interface LogDestinations {
  /** Makes the group and the stream when they are not there. */
  write(logGroupName: string, logStreamName: string, message: string, timestamp: number): void;
}

const LOG_STREAM = 'iot';

/**
 * AWS IoT logging (developer guide, "Configure AWS IoT logging") into a file of JSON lines. Errors are written even
 * where an account logs nothing, since a refusal without a reason helps nobody.
 */
export class IotLog {
  readonly #file: Pick<LogFile, 'record'>;
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #destinations: LogDestinations | undefined;
  #levels: LogLevels;
  #threshold: number;

  constructor(file: Pick<LogFile, 'record'>, registry: Registry, clock: Clock, destinations?: LogDestinations) {
    this.#file = file;
    this.#registry = registry;
    this.#clock = clock;
    this.#destinations = destinations;
    this.#levels = new LogLevels(registry);
    this.#threshold = SEVERITY[this.#levels.lowest];
    registry.changes.subscribe(({ kind }) => {
      if (kind !== 'logging-options') return;
      this.#levels = new LogLevels(registry);
      this.#threshold = SEVERITY[this.#levels.lowest];
    });
  }

  /** Asked before an entry is built, so that what nobody's level lets through costs nothing. */
  enabled(level: IotLogEntry['logLevel']): boolean {
    return level === 'ERROR' || SEVERITY[level] >= this.#threshold;
  }

  write(entry: IotLogEntry): void {
    const configured = SEVERITY[entry.logLevel] >= SEVERITY[this.#levels.of(entry)];
    if (!configured && entry.logLevel !== 'ERROR') return;
    const { accountId } = this.#registry.account;
    const now = this.#clock.now();
    this.#file.record(now, { accountId, ...entry });
    const group = configured ? this.#levels.destinationOf(entry) : undefined;
    if (group === undefined) return;
    const message = JSON.stringify({ timestamp: new Date(now).toISOString(), accountId, ...entry });
    this.#destinations?.write(group, LOG_STREAM, message, now);
  }
}
