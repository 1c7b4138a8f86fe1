import { InvalidArgumentError, Option, type Command } from 'commander';

import { QUOTA_MODES, type QuotaMode } from '../twin/iot/broker/quotas.ts';

/** What `iov start` and `iov twin` have in common. */
export interface TwinCommandOptions {
  readonly kafka?: string;
  readonly portsFrom?: number;
  readonly state: string;
  readonly fresh: boolean;
  readonly strict: boolean;
  readonly quotas: QuotaMode;
  readonly verbose: boolean;
}

export function wholeNumber(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= lowest && value <= highest) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${lowest} to ${highest}.`);
  };
}

function hostAndPort(text: string): string {
  if (/^[\w.-]+:\d{1,5}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be host:port, e.g. 127.0.0.1:9092.');
}

export function addTwinOptions(command: Command): Command {
  return command
    .option(
      '--kafka <host:port>',
      "use this Kafka broker (a plaintext listener) in place of the twin's own",
      hostAndPort,
    )
    .option(
      '--ports-from <port>',
      'take consecutive ports from this one on, in place of the usual ones',
      wholeNumber(1_024, 65_500),
    )
    .option('--state <folder>', 'where everything durable lies', '.iov')
    .option('--fresh', 'begin with an empty state; the one before is kept beside it', false)
    .option('--strict', 'refuse to start when a resource type is not executed by the twin', false)
    .addOption(
      new Option(
        '--quotas <mode>',
        "AWS's quotas on connections and messages: all of them, sizes but no rates, or none",
      )
        .choices([...QUOTA_MODES])
        .default('sizes'),
    )
    .option('--verbose', 'show each resource as it is made', false);
}
