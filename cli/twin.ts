import { Command } from 'commander';

import { addressesOf, writeEndpoints } from './endpoints-file.ts';
import { runTwin, say } from './run-twin.ts';
import { addTwinOptions, type TwinCommandOptions } from './twin-options.ts';

interface TwinOptions extends TwinCommandOptions {
  readonly stacks?: string[];
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
        const { deployment, kafka } = twin;
        const endpoints = {
          ...addressesOf(ports, stateFolder, kafka.bootstrapBrokers().plaintext),
          outputs: Object.fromEntries(deployment.stacks.map(({ stackName, outputs }) => [stackName, outputs])),
        };
        onStop(writeEndpoints(stateFolder, endpoints));
        say(
          `\nReady in ${((performance.now() - began) / 1_000).toFixed(1)} s.\n${JSON.stringify(endpoints, null, 2)}\nCtrl-C stops everything.`,
        );
      },
    );
  });
}
