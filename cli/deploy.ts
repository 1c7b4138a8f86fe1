import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join, dirname } from 'node:path';
import { Command } from 'commander';
import { ENVIRONMENTS } from '../lib/environments/environments.ts';
import { stageName } from '../lib/stage-name.ts';
import { ENVIRONMENT_NAMES, environmentName, synthesize } from './synth.ts';

interface DeployOptions {
  readonly cell?: string;
  readonly output: string;
}

/** `iov deploy <environment>`: synthesizes it and hands its stacks to `cdk deploy`, cell by cell. */
export function deployCommand(): Command {
  return new Command('deploy')
    .description('deploy the stacks of an environment to AWS with `cdk deploy`')
    .argument('<environment>', `one of ${ENVIRONMENT_NAMES.join(', ')}`, environmentName)
    .option('--cell <name>', 'only this cell')
    .option('--output <folder>', 'the cloud assembly to write', 'cdk.out')
    .argument('[cdk options...]', 'passed on to `cdk deploy`, after --')
    .action(async (environment: string, cdkOptions: string[], { cell, output }: DeployOptions) => {
      await synthesize(output, environment);
      for (const stage of stagesOf(environment, cell)) await cdkDeploy(output, stage, cdkOptions);
    });
}

/**
 * The stages to deploy, in the order of the environment's cells.
 * @throws Error when the environment has no such cell
 */
export function stagesOf(environmentName: string, cellName?: string): string[] {
  const environment = ENVIRONMENTS.find(({ name }) => name === environmentName);
  const cells = environment?.cells.filter(({ name }) => cellName === undefined || name === cellName) ?? [];
  if (!environment || cells.length === 0) {
    const names = environment?.cells.map(({ name }) => name).join(', ') ?? '';
    throw new Error(`${environmentName} has no cell ${cellName}; it has ${names}`);
  }
  return cells.map((cell) => stageName(environment.name, cell.name));
}

async function cdkDeploy(assembly: string, stage: string, options: readonly string[]): Promise<void> {
  const require = createRequire(import.meta.url);
  const cdk = join(dirname(require.resolve('aws-cdk/package.json')), 'bin', 'cdk');
  const run = spawn(process.execPath, [cdk, 'deploy', '--app', assembly, ...options, `${stage}/*`], {
    stdio: 'inherit',
  });
  const code = await new Promise<number | null>((resolve, reject) => run.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`\`cdk deploy ${stage}/*\` ended with exit code ${code}`);
}
