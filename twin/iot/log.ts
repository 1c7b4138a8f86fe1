import type { Clock } from '../clock.ts';
import type { LogFile } from '../log-file.ts';
import type { LogLevel } from './registry/settings.ts';
import type { Registry } from './registry/registry.ts';

/** What every part of IoT Core writes: the rest of an entry is its own. */
export interface IotLogEntry {
  readonly logLevel: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  readonly eventType: string;
}

const SEVERITY: Readonly<Record<LogLevel, number>> = { DEBUG: 0, INFO: 1, WARN: 2, ERROR: 3, DISABLED: 4 };

/**
 * AWS IoT logging (developer guide, "Configure AWS IoT logging") into a file of JSON lines. The level is the account's
 * default level; errors are written even where an account logs nothing, since a refusal without a reason helps nobody.
 */
export class IotLog {
  readonly #file: LogFile;
  readonly #registry: Registry;
  readonly #clock: Clock;
  #threshold: number;

  constructor(file: LogFile, registry: Registry, clock: Clock) {
    this.#file = file;
    this.#registry = registry;
    this.#clock = clock;
    this.#threshold = this.#currentThreshold();
    registry.changes.subscribe(({ kind }) => {
      if (kind === 'logging-options') this.#threshold = this.#currentThreshold();
    });
  }

  /** Asked before an entry is built, so that what is not logged costs nothing. */
  enabled(level: IotLogEntry['logLevel']): boolean {
    return SEVERITY[level] >= this.#threshold;
  }

  write(entry: IotLogEntry): void {
    if (!this.enabled(entry.logLevel)) return;
    const { accountId } = this.#registry.account;
    this.#file.record(this.#clock.now(), { accountId, ...entry });
  }

  #currentThreshold(): number {
    const { defaultLogLevel, disableAllLogs } = this.#registry.settings.loggingOptions;
    const level = disableAllLogs ? 'DISABLED' : (defaultLogLevel ?? 'ERROR');
    return Math.min(SEVERITY[level], SEVERITY.ERROR);
  }
}
