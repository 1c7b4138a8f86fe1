import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** Puts Lambda's own credential source in the place of the SDK's default chain, which drags in four more clients. */
export function lambdaCredentials(replacement: string): Plugin {
  return {
    name: 'lambda-credentials',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, () => ({ path: replacement })),
  };
}

const SCHEMAS = /@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/;
const LITERAL = /^(export )?(?:var|const) ([\w$]+) = (\[[\s\S]*?\n?\]);$/gm;

/**
 * Lets esbuild drop the schemas of operations that are not used. A client declares its shapes as array literals with
 * computed keys, which esbuild must take for side effects; wrapped in a call that is marked pure they are dropped when nobody
 * refers to them. Of client-iot's 124 KB, 20 remain.
 */
export function prunableSchemas(): Plugin {
  return {
    name: 'prunable-schemas',
    setup: ({ onLoad }) =>
      onLoad({ filter: SCHEMAS }, async ({ path }) => ({ contents: markPure(await readFile(path, 'utf8')) })),
  };
}

/** Exported for its test. */
export function markPure(source: string): string {
  return source.replace(
    LITERAL,
    (_whole, exported: string | undefined, name: string, literal: string) =>
      `${exported ?? ''}var ${name} = /* @__PURE__ */ (() => (${literal}))();`,
  );
}
