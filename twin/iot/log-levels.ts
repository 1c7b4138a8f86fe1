import type { LogEventConfiguration, LogLevel, LogTargetType } from './registry/settings.ts';
import type { Registry } from './registry/registry.ts';

/** What a log entry says of whom and what it is about. */
export interface LogSubject {
  readonly eventType: string;
  readonly clientId?: string;
  readonly thingName?: string;
  readonly principalId?: string;
  readonly sourceIp?: string;
}

export const SEVERITY: Readonly<Record<LogLevel, number>> = { DEBUG: 0, INFO: 1, WARN: 2, ERROR: 3, DISABLED: 4 };

const mostVerbose = (levels: readonly LogLevel[]): LogLevel | undefined =>
  levels.toSorted((a, b) => SEVERITY[a] - SEVERITY[b])[0];

/**
 * Which level holds for an entry (developer guide, "Configure AWS IoT logging"): that of its client, principal, address
 * or thing groups, the most verbose where several are set; else that of its type of event; else the account's default.
 * A group's own level overrides those of the groups above it. Computed anew when settings change.
 */
export class LogLevels {
  readonly #registry: Registry;
  readonly #default: LogLevel;
  readonly #events: ReadonlyMap<string, LogEventConfiguration>;
  readonly #hasTargets: boolean;
  /** The most verbose level that any entry can have. */
  readonly lowest: LogLevel;

  constructor(registry: Registry) {
    const { settings } = registry;
    const { defaultLogLevel, disableAllLogs, eventConfigurations = [] } = settings.loggingOptions;
    this.#registry = registry;
    this.#default = settings.logLevel('DEFAULT', 'DEFAULT') ?? defaultLogLevel ?? 'ERROR';
    this.#events = new Map(eventConfigurations.map((each) => [each.eventType, each]));
    const targets = [...settings.logLevels.values()];
    this.#hasTargets = targets.length > 0;
    const levels = [
      this.#default,
      ...eventConfigurations.flatMap(({ logLevel }) => logLevel ?? []),
      ...targets.map(({ logLevel }) => logLevel),
    ];
    if (disableAllLogs) {
      this.#default = 'DISABLED';
      this.#events = new Map();
      this.#hasTargets = false;
    }
    this.lowest = disableAllLogs ? 'DISABLED' : mostVerbose(levels)!;
  }

  of(subject: LogSubject): LogLevel {
    const ofTargets = this.#hasTargets ? mostVerbose([...this.#ofTargets(subject)]) : undefined;
    return ofTargets ?? this.#events.get(subject.eventType)?.logLevel ?? this.#default;
  }

  /** The log group that the event's type is sent to. */
  destinationOf({ eventType }: LogSubject): string | undefined {
    return this.#events.get(eventType)?.logDestination;
  }

  *#ofTargets(subject: LogSubject): Generator<LogLevel> {
    const { clientId, principalId, sourceIp, eventType } = subject;
    const named: [LogTargetType, string | undefined][] = [
      ['CLIENT_ID', clientId],
      ['PRINCIPAL_ID', principalId],
      ['SOURCE_IP', sourceIp],
      ['EVENT_TYPE', eventType],
    ];
    for (const [type, name] of named) {
      const level = name === undefined ? undefined : this.#registry.settings.logLevel(type, name);
      if (level !== undefined) yield level;
    }
    yield* this.#ofGroups(subject);
  }

  /** A client is known by the thing of its name, as AWS IoT knows it for logging by groups. */
  *#ofGroups({ thingName, clientId }: LogSubject): Generator<LogLevel> {
    const name = thingName ?? clientId;
    const { memberships, thingGroups, settings } = this.#registry;
    if (name === undefined) return;
    for (const group of memberships.groupsOf(name)) {
      // From the root down, so that the last level is that of the nearest group.
      const lineage = [...thingGroups.ancestors(group).map(({ thingGroupName }) => thingGroupName), group];
      const level = lineage.flatMap((each) => settings.logLevel('THING_GROUP', each) ?? []).at(-1);
      if (level !== undefined) yield level;
    }
  }
}
