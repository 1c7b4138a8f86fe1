import type { Code } from 'aws-cdk-lib/aws-lambda';

/** The functions of the app, by their folder in `lambdas/`. */
export const FUNCTIONS = [
  'bootstrap-brokers',
  'command-status',
  'command-timers',
  'commands-api',
  'heartbeat-monitor',
  'heartbeat-sender',
  'iot-account-settings',
  'iot-endpoints',
  'last-position',
  'phone-authorizer',
  'presence',
  'provisioning-hook',
  'redrive',
  'rule-destination-ready',
] as const;

export type FunctionName = (typeof FUNCTIONS)[number];

/** Where the code of functions comes from: bundles when synthesizing, a placeholder in unit tests. */
export type LambdaCode = (name: FunctionName) => Code;
