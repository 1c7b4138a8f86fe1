import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { ENVIRONMENT_CONTEXT } from '../lib/environments/chosen-environment.ts';
import { ENVIRONMENTS } from '../lib/environments/environments.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const APP = fileURLToPath(new URL('../bin/iov.ts', import.meta.url));

export const ENVIRONMENT_NAMES: readonly string[] = ENVIRONMENTS.map(({ name }) => name);

/**
 * Synthesizes one environment, or all of them, into a cloud assembly. The app is run directly: the CDK CLI would add two
 * seconds and nothing that synthesis needs.
 * @throws Error when the app fails; what it wrote to standard error has been shown by then
 */
export async function synthesize(outputFolder: string, environment?: string): Promise<void> {
  const context = JSON.stringify(environment === undefined ? {} : { [ENVIRONMENT_CONTEXT]: environment });
  const app = spawn(process.execPath, [APP], {
    cwd: PROJECT,
    env: { ...process.env, CDK_OUTDIR: outputFolder, CDK_CONTEXT_JSON: context },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise<number | null>((resolve, reject) => app.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`synthesis failed (exit code ${code}); the reason is above`);
}

/** `iov synth [environment]`: writes CloudFormation templates and bundled functions. */
export function synthCommand(): Command {
  return new Command('synth')
    .description('write the CloudFormation templates of every environment, or of one')
    .argument('[environment]', `one of ${ENVIRONMENT_NAMES.join(', ')}`, environmentName)
    .option('--output <folder>', 'the cloud assembly to write', 'cdk.out')
    .action(async (environment: string | undefined, { output }: { output: string }) => {
      const started = performance.now();
      await synthesize(output, environment);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${environment ?? ENVIRONMENT_NAMES.join(', ')}: synthesized into ${output} in ${seconds} s`);
    });
}

/** @throws InvalidArgumentError, which commander turns into a usage message */
export function environmentName(value: string): string {
  if (!ENVIRONMENT_NAMES.includes(value)) {
    throw new InvalidArgumentError(`There are ${ENVIRONMENT_NAMES.join(', ')}.`);
  }
  return value;
}
