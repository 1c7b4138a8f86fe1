import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { build, type BuildResult } from 'esbuild';
import { prunedClients, replacements } from './esbuild-plugins.ts';
import { FUNCTIONS, type LambdaCode } from './lambda-code.ts';

const LAMBDAS = fileURLToPath(new URL('../../lambdas', import.meta.url));

/** What the default credential chain and endpoint discovery bring along is a third of a bundle, and Lambda needs none of it. */
const STAND_INS = {
  '@aws-sdk/credential-provider-node': join(LAMBDAS, 'shared/lambda-credentials.ts'),
  '@aws-sdk/middleware-endpoint-discovery': join(LAMBDAS, 'shared/without-endpoint-discovery.ts'),
};

/** ESM bundles need `require` for the CommonJS packages within them that load Node's own modules. */
const REQUIRE =
  "import{createRequire as iovCreateRequire}from'node:module';const require=iovCreateRequire(import.meta.url);";

/**
 * Bundles every function into a folder of its own, all in one run of esbuild. The AWS SDK is bundled too: the
 * runtime's copy is older than some APIs used here (SendDirectMessage), and loading it file by file is slower.
 */
export async function buildBundles(outputFolder: string): Promise<BuildResult<{ metafile: true }>> {
  return build({
    entryPoints: FUNCTIONS.map((name) => ({ in: join(LAMBDAS, name, 'index.ts'), out: `${name}/index` })),
    outdir: outputFolder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    metafile: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE },
    // Only operations with event streams load it, and none of ours has any.
    external: ['@smithy/core/event-streams'],
    plugins: [replacements(STAND_INS), prunedClients()],
    logLevel: 'warning',
  });
}

/** Bundles the functions for synthesis; the CDK copies them into the assembly under names made of their content. */
export async function bundleLambdas(): Promise<LambdaCode> {
  const folder = await mkdtemp(join(tmpdir(), 'iov-lambdas-'));
  await buildBundles(folder);
  return (name) => Code.fromAsset(join(folder, name));
}
