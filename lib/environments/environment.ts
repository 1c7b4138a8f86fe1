import type { KafkaTopic } from '../../contracts/kafka-topics.ts';

/** One deployment in one account and Region. AWS IoT's quotas are per account and Region: a large fleet has several cells. */
export interface Cell {
  /** Lower-case letters and digits; part of stack names. */
  readonly name: string;
  /** Twelve digits, or `current`: whichever account the credentials at hand belong to. */
  readonly account: string;
  readonly region: string;
  /** Ids (`use1-az1`), not names: a name means a different zone in every account. */
  readonly zones: readonly [string, string, string];
  /** IPv4 range of the VPC, /16 to /22. */
  readonly cidr: string;
}

export interface TopicSettings {
  readonly partitions: number;
  readonly retentionHours: number;
}

export interface StreamSettings {
  /** Size of the Express brokers, e.g. `express.m7g.large`. */
  readonly brokerType: string;
  /** A multiple of three: the brokers are spread over three zones evenly. */
  readonly brokers: number;
  readonly topics: Readonly<Partial<Record<KafkaTopic, TopicSettings>>>;
}

export type LogLevel = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';

/** Rights of an app client: the scopes that its tokens can carry. */
export const API_SCOPES = ['commands.read', 'commands.write'] as const;

export type ApiScope = (typeof API_SCOPES)[number];

export interface AppClient {
  readonly name: string;
  readonly scopes: readonly ApiScope[];
}

/** The OpenID Connect provider that vouches for the users of phones. */
export interface PhoneSettings {
  /** `iss` of its tokens, to the letter; `https`, or this machine. Its discovery document is below this URL. */
  readonly issuer: string;
  /** `aud` of the tokens that are meant for this backbone. */
  readonly audience: string;
}

/** Quotas of AWS IoT that the account has, a second: the defaults until AWS has granted more. */
export interface Quotas {
  readonly connectsPerSecond: number;
  readonly inboundPublishesPerSecond: number;
  readonly outboundPublishesPerSecond: number;
}

/** Everything in which one environment differs from another. */
export interface Environment {
  readonly name: 'dev' | 'staging' | 'prod';
  readonly cells: readonly Cell[];
  readonly stream: StreamSettings;
  /** Of the functions. */
  readonly logLevel: LogLevel;
  /** Of AWS IoT itself. INFO writes a line for every message: for a small fleet only. */
  readonly iotLogLevel: LogLevel;
  readonly logRetentionDays: 7 | 30 | 90 | 365;
  /**
   * How long a message whose rule failed waits before each time it is sent through that rule again, in seconds (at most 12 hours). After
   * the last it is parked.
   */
  readonly redriveDelays: readonly number[];
  /** Whom alarms and the budget write to; each address has to confirm once. */
  readonly alarmEmails: readonly string[];
  /** Of a cell, in US dollars. */
  readonly monthlyBudget: number;
  readonly quotas: Quotas;
  /** Tables, keys and the cluster survive the deletion of their stack, and are guarded against it. */
  readonly keepState: boolean;
  readonly apps: readonly AppClient[];
  readonly phones: PhoneSettings;
}
