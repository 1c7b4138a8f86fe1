import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Scenario } from './scenario.ts';

const execute = promisify(execFile);

interface Bundle {
  readonly name: string;
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
}

interface FunctionResource {
  readonly Type: string;
  readonly Properties: {
    readonly Code?: { readonly S3Key?: string };
    readonly Environment?: { readonly Variables?: Readonly<Record<string, unknown>> };
  };
}

/** Functions of the synthesized templates whose code is a bundle of this project. */
function bundlesOf(assembly: string): Bundle[] {
  const stage = join(assembly, 'assembly-dev-main');
  const bundles = new Map<string, Bundle>();
  for (const template of readdirSync(stage).filter((file) => file.endsWith('.template.json'))) {
    const { Resources } = JSON.parse(readFileSync(join(stage, template), 'utf8')) as {
      Resources: Record<string, FunctionResource>;
    };
    for (const [name, { Type, Properties }] of Object.entries(Resources)) {
      if (Type !== 'AWS::Lambda::Function') continue;
      const asset = `asset.${String(Properties.Code?.S3Key).replace(/\.zip$/, '')}`;
      const file = [assembly, stage].map((folder) => join(folder, asset, 'index.mjs')).find((path) => existsSync(path));
      if (!file || bundles.has(file)) continue;
      const variables = Object.entries(Properties.Environment?.Variables ?? {});
      // A module may read its environment while it is loaded; a value that CloudFormation fills in is some text.
      const environment = Object.fromEntries(
        variables.map(([key, value]) => [key, typeof value === 'string' ? value : `unresolved-${key}`]),
      );
      bundles.set(file, { name, file, environment });
    }
  }
  return [...bundles.values()];
}

const LOAD = `const began = performance.now(); await import(process.argv[1]); console.log(performance.now() - began); process.exit()`;

/** Milliseconds to load the module in a new Node, the median of some. */
async function initialisationMs({ file, environment }: Bundle, times: number): Promise<number> {
  const measured: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', LOAD, file], {
      env: { PATH: process.env['PATH'], AWS_REGION: 'us-east-1', ...environment },
    });
    measured.push(Number(stdout.trim().split('\n').at(-1)));
  }
  return measured.sort((a, b) => a - b)[Math.floor(times / 2)]!;
}

/** The largest and the slowest of the functions' bundles: a bar that these keep, all keep. */
export const bundles: Scenario = {
  name: 'Lambda bundles',
  needsSides: false,
  async run({ assembly, size, say }) {
    const found = bundlesOf(assembly);
    const sizes = found.map(({ name, file }) => ({ name, value: statSync(file).size / 1000 }));
    const times: { name: string; value: number }[] = [];
    for (const bundle of found)
      times.push({ name: bundle.name, value: await initialisationMs(bundle, size.starts * 2 + 1) });
    const worst = (of: readonly { name: string; value: number }[]) => of.reduce((a, b) => (b.value > a.value ? b : a));
    say(`Lambda bundles: ${found.length}; largest ${worst(sizes).name}, slowest ${worst(times).name}`);
    const scenario = 'Lambda bundles';
    return [
      { scenario, metric: 'largest', unit: 'kB', twin: worst(sizes).value, goal: { atMost: 250 } },
      { scenario, metric: 'slowest initialisation', unit: 'ms', twin: worst(times).value, goal: { atMost: 80 } },
    ];
  },
};
