import { randomBytes } from 'node:crypto';

import type { RegistryContext } from './context.ts';
import type { Table } from './table.ts';

export type LogLevel = 'DEBUG' | 'INFO' | 'ERROR' | 'WARN' | 'DISABLED';
export type LogTargetType = 'DEFAULT' | 'THING_GROUP' | 'CLIENT_ID' | 'SOURCE_IP' | 'PRINCIPAL_ID' | 'EVENT_TYPE';

export interface LogEventConfiguration {
  readonly eventType: string;
  readonly logLevel?: LogLevel;
  readonly logDestination?: string;
}

export interface LoggingOptions {
  readonly roleArn?: string;
  readonly defaultLogLevel?: LogLevel;
  readonly disableAllLogs?: boolean;
  readonly eventConfigurations?: readonly LogEventConfiguration[];
}

/** Kinds of registry and job event that can be switched on (developer guide, event messages). */
export const EVENT_TYPES = [
  'THING',
  'THING_GROUP',
  'THING_TYPE',
  'THING_GROUP_MEMBERSHIP',
  'THING_GROUP_HIERARCHY',
  'THING_TYPE_ASSOCIATION',
  'JOB',
  'JOB_EXECUTION',
  'POLICY',
  'CERTIFICATE',
  'CA_CERTIFICATE',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export interface EventConfigurations {
  readonly enabled: Partial<Record<EventType, boolean>>;
  readonly createdAt?: number;
  readonly lastModifiedAt?: number;
}

export interface IndexingConfiguration {
  readonly thingIndexingConfiguration: Readonly<Record<string, unknown>> & { readonly thingIndexingMode: string };
  readonly thingGroupIndexingConfiguration: Readonly<Record<string, unknown>> & {
    readonly thingGroupIndexingMode: string;
  };
}

const INDEXING_OFF: IndexingConfiguration = {
  thingIndexingConfiguration: {
    thingIndexingMode: 'OFF',
    thingConnectivityIndexingMode: 'OFF',
    deviceDefenderIndexingMode: 'OFF',
    namedShadowIndexingMode: 'OFF',
  },
  thingGroupIndexingConfiguration: { thingGroupIndexingMode: 'OFF' },
};

/** What exists once in an account and Region. */
export class AccountSettings {
  readonly #context: RegistryContext;
  readonly #values: Table<unknown>;
  readonly #logLevels: Table<{
    readonly targetType: LogTargetType;
    readonly targetName: string;
    readonly logLevel: LogLevel;
  }>;

  constructor(context: RegistryContext) {
    this.#context = context;
    this.#values = context.tables.open<unknown>('iot.settings');
    this.#logLevels = context.tables.open('iot.log-levels');
  }

  get loggingOptions(): LoggingOptions {
    return this.#read('logging', {});
  }

  setLoggingOptions(options: LoggingOptions): void {
    this.#values.set('logging', { ...this.loggingOptions, ...options });
    this.#context.changes.announce({ kind: 'logging-options' });
  }

  clearLoggingOptions(): void {
    this.#values.delete('logging');
    this.#context.changes.announce({ kind: 'logging-options' });
  }

  setLogLevel(targetType: LogTargetType, targetName: string, logLevel: LogLevel): void {
    this.#logLevels.set(`${targetType}:${targetName}`, { targetType, targetName, logLevel });
    this.#context.changes.announce({ kind: 'logging-options' });
  }

  deleteLogLevel(targetType: LogTargetType, targetName: string): void {
    this.#logLevels.delete(`${targetType}:${targetName}`);
    this.#context.changes.announce({ kind: 'logging-options' });
  }

  logLevel(targetType: LogTargetType, targetName: string): LogLevel | undefined {
    return this.#logLevels.get(`${targetType}:${targetName}`)?.logLevel;
  }

  get logLevels(): Table<{
    readonly targetType: LogTargetType;
    readonly targetName: string;
    readonly logLevel: LogLevel;
  }> {
    return this.#logLevels;
  }

  get eventConfigurations(): EventConfigurations {
    return this.#read('events', { enabled: {} });
  }

  setEventConfigurations(enabled: Partial<Record<EventType, boolean>>): void {
    const now = this.#context.clock.now();
    const before = this.eventConfigurations;
    this.#values.set('events', {
      enabled: { ...before.enabled, ...enabled },
      createdAt: before.createdAt ?? now,
      lastModifiedAt: now,
    });
    this.#context.changes.announce({ kind: 'event-configurations' });
  }

  isEventEnabled(type: EventType): boolean {
    return this.eventConfigurations.enabled[type] === true;
  }

  get indexingConfiguration(): IndexingConfiguration {
    return this.#read('indexing', INDEXING_OFF);
  }

  setIndexingConfiguration(configuration: Partial<IndexingConfiguration>): void {
    this.#values.set('indexing', { ...this.indexingConfiguration, ...configuration });
    this.#context.changes.announce({ kind: 'indexing-configuration' });
  }

  get defaultAuthorizer(): string | undefined {
    return this.#values.get('default-authorizer') as string | undefined;
  }

  setDefaultAuthorizer(name: string | undefined): void {
    if (name === undefined) this.#values.delete('default-authorizer');
    else this.#values.set('default-authorizer', name);
  }

  /** Made when first asked for; the verification certificate of a CA carries it. */
  registrationCode(): string {
    const kept = this.#values.get('registration-code') as string | undefined;
    if (kept !== undefined) return kept;
    const code = randomBytes(32).toString('hex');
    this.#values.set('registration-code', code);
    return code;
  }

  deleteRegistrationCode(): void {
    this.#values.delete('registration-code');
  }

  #read<T>(key: string, fallback: T): T {
    return (this.#values.get(key) as T | undefined) ?? fallback;
  }
}
