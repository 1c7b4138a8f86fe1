/** Environment variables that stacks give to functions: both sides take the names from here or from the stack's own copy of it. */
export type EnvironmentName =
  | 'COMMANDS_TABLE'
  | 'DEVICES_TABLE'
  | 'TIMERS_QUEUE_URL'
  | 'IOT_DATA_ENDPOINT'
  | 'POSITIONS_TABLE'
  | 'REDRIVES_TABLE'
  | 'REDRIVE_DELAYS'
  | 'RULE_ERRORS_QUEUE_URL'
  | 'PARKED_BUCKET'
  | 'OIDC_ISSUER'
  | 'OIDC_AUDIENCE'
  | 'OWNERS_TABLE'
  | 'IOT_ARN_PREFIX';

/** @throws Error when the stack did not set the variable: the function cannot work, and its first log line should say why */
export function environment(name: EnvironmentName): string {
  const value = process.env[name];
  if (!value) throw new Error(`environment variable ${name} is not set`);
  return value;
}
