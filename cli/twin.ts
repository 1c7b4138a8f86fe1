import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Command } from 'commander';

import type { Twin } from '../twin/start.ts';
import type { Ports } from './ports.ts';
import { runTwin, say } from './run-twin.ts';
import { addTwinOptions, type TwinCommandOptions } from './twin-options.ts';

interface TwinOptions extends TwinCommandOptions {
  readonly stacks?: string[];
}

/** Where the twin of any app is, and what its stacks put out. */
function endpointsOf({ deployment, kafka }: Twin, ports: Ports, stateFolder: string): Record<string, unknown> {
  return {
    mqtts: `mqtts://localhost:${ports.mqtts}`,
    https: `https://localhost:${ports.https}`,
    wss: `wss://localhost:${ports.wss}/mqtt`,
    ca: join(stateFolder, 'ca.pem'),
    aws: `http://127.0.0.1:${ports.aws}`,
    api: `http://127.0.0.1:${ports.api}`,
    oauth: { tokenUrl: `http://127.0.0.1:${ports.oauth}/oauth2/token` },
    kafka: kafka.bootstrapBrokers().plaintext,
    outputs: Object.fromEntries(deployment.stacks.map(({ stackName, outputs }) => [stackName, outputs])),
  };
}

/** `iov twin <cdk.out>`: runs any team's synthesized app. */
export function twinCommand(): Command {
  const command = new Command('twin')
    .description("run any CDK app's synthesized templates on this machine")
    .argument('<assembly>', 'the folder that `cdk synth` wrote, usually cdk.out')
    .option('--stacks <names...>', 'only these stages or stacks, and what they depend on');
  return addTwinOptions(command).action((assembly: string, options: TwinOptions) => {
    const began = performance.now();
    return runTwin(
      options,
      { assembly: () => assembly, select: options.stacks },
      async ({ twin, ports, stateFolder, onStop }) => {
        const endpoints = endpointsOf(twin, ports, stateFolder);
        const file = join(stateFolder, 'endpoints.json');
        writeFileSync(`${file}.next`, `${JSON.stringify(endpoints, null, 2)}\n`, { mode: 0o600 });
        renameSync(`${file}.next`, file);
        onStop(() => rmSync(file, { force: true }));
        say(
          `\nReady in ${((performance.now() - began) / 1_000).toFixed(1)} s.\n${JSON.stringify(endpoints, null, 2)}\nCtrl-C stops everything.`,
        );
      },
    );
  });
}
