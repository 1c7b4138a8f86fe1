import { KAFKA_TOPICS } from '../../contracts/kafka-topics.ts';
import type { Environment, Quotas } from './environment.ts';

const DAY = 24;
const WEEK = 7 * DAY;

/** Seconds: half a minute to two hours, nearly three in all, which is longer than a broker's failure or a rotation takes. */
const REDRIVE_DELAYS = [30, 120, 480, 1_800, 7_200];

/** https://docs.aws.amazon.com/general/latest/gr/iot-core.html; put here what AWS has granted, or alarms ring too early. */
const DEFAULT_QUOTAS: Quotas = {
  connectsPerSecond: 3_000,
  inboundPublishesPerSecond: 20_000,
  outboundPublishesPerSecond: 20_000,
};

/** One small cell in whichever account the developer uses. The twin runs this one. */
const dev: Environment = {
  name: 'dev',
  cells: [
    {
      name: 'main',
      account: 'current',
      region: 'us-east-1',
      zones: ['use1-az1', 'use1-az2', 'use1-az4'],
      cidr: '10.64.0.0/20',
    },
  ],
  stream: {
    brokerType: 'express.m7g.large',
    brokers: 3,
    topics: {
      [KAFKA_TOPICS.telemetry]: { partitions: 6, retentionHours: DAY },
      [KAFKA_TOPICS.events]: { partitions: 3, retentionHours: DAY },
      [KAFKA_TOPICS.presence]: { partitions: 3, retentionHours: DAY },
      [KAFKA_TOPICS.commandStatus]: { partitions: 3, retentionHours: DAY },
      [KAFKA_TOPICS.otaStatus]: { partitions: 3, retentionHours: DAY },
      [KAFKA_TOPICS.v2x]: { partitions: 3, retentionHours: DAY },
      [KAFKA_TOPICS.heartbeat]: { partitions: 1, retentionHours: DAY },
    },
  },
  logLevel: 'DEBUG',
  iotLogLevel: 'INFO',
  logRetentionDays: 7,
  redriveDelays: [1, 2, 4, 8, 15],
  alarmEmails: [],
  monthlyBudget: 1_500,
  quotas: DEFAULT_QUOTAS,
  keepState: false,
  apps: [{ name: 'operations', scopes: ['commands.read', 'commands.write'] }],
  phones: { issuer: 'https://login.dev.example.com', audience: 'iov-phones' },
};

/** As prod, with one cell and smaller brokers. */
const staging: Environment = {
  name: 'staging',
  cells: [
    {
      name: 'eu1',
      account: '111111111111',
      region: 'eu-central-1',
      zones: ['euc1-az1', 'euc1-az2', 'euc1-az3'],
      cidr: '10.80.0.0/20',
    },
  ],
  stream: {
    brokerType: 'express.m7g.xlarge',
    brokers: 3,
    topics: {
      [KAFKA_TOPICS.telemetry]: { partitions: 60, retentionHours: 3 * DAY },
      [KAFKA_TOPICS.events]: { partitions: 12, retentionHours: WEEK },
      [KAFKA_TOPICS.presence]: { partitions: 12, retentionHours: WEEK },
      [KAFKA_TOPICS.commandStatus]: { partitions: 12, retentionHours: WEEK },
      [KAFKA_TOPICS.otaStatus]: { partitions: 12, retentionHours: WEEK },
      [KAFKA_TOPICS.v2x]: { partitions: 12, retentionHours: DAY },
      [KAFKA_TOPICS.heartbeat]: { partitions: 1, retentionHours: DAY },
    },
  },
  logLevel: 'INFO',
  iotLogLevel: 'WARN',
  logRetentionDays: 30,
  redriveDelays: REDRIVE_DELAYS,
  alarmEmails: ['iov-staging@example.com'],
  monthlyBudget: 3_000,
  quotas: DEFAULT_QUOTAS,
  keepState: true,
  apps: [{ name: 'operations', scopes: ['commands.read', 'commands.write'] }],
  phones: { issuer: 'https://login.staging.example.com', audience: 'iov-phones' },
};

/** The accounts are examples: put your own here before the first deployment. */
const prod: Environment = {
  name: 'prod',
  cells: [
    {
      name: 'eu1',
      account: '222222222222',
      region: 'eu-central-1',
      zones: ['euc1-az1', 'euc1-az2', 'euc1-az3'],
      cidr: '10.96.0.0/20',
    },
    {
      name: 'us1',
      account: '333333333333',
      region: 'us-east-1',
      zones: ['use1-az1', 'use1-az2', 'use1-az4'],
      cidr: '10.97.0.0/20',
    },
  ],
  stream: {
    brokerType: 'express.m7g.4xlarge',
    brokers: 6,
    topics: {
      [KAFKA_TOPICS.telemetry]: { partitions: 600, retentionHours: 3 * DAY },
      [KAFKA_TOPICS.events]: { partitions: 60, retentionHours: WEEK },
      [KAFKA_TOPICS.presence]: { partitions: 60, retentionHours: WEEK },
      [KAFKA_TOPICS.commandStatus]: { partitions: 60, retentionHours: WEEK },
      [KAFKA_TOPICS.otaStatus]: { partitions: 60, retentionHours: WEEK },
      [KAFKA_TOPICS.v2x]: { partitions: 60, retentionHours: DAY },
      [KAFKA_TOPICS.heartbeat]: { partitions: 1, retentionHours: DAY },
    },
  },
  logLevel: 'INFO',
  iotLogLevel: 'ERROR',
  logRetentionDays: 90,
  redriveDelays: REDRIVE_DELAYS,
  alarmEmails: ['iov-on-call@example.com'],
  monthlyBudget: 60_000,
  quotas: DEFAULT_QUOTAS,
  keepState: true,
  apps: [
    { name: 'operations', scopes: ['commands.read', 'commands.write'] },
    { name: 'customer-app', scopes: ['commands.read', 'commands.write'] },
    { name: 'analytics', scopes: ['commands.read'] },
  ],
  phones: { issuer: 'https://login.example.com', audience: 'iov-phones' },
};

/** Every environment, in the order in which a change travels through them. */
export const ENVIRONMENTS: readonly Environment[] = [dev, staging, prod];
