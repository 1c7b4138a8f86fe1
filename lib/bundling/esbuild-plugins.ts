import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** Takes other modules than the SDK asks for: from the names of packages to the files that stand in for them. */
export function replacements(files: Readonly<Record<string, string>>): Plugin {
  const filter = new RegExp(`^(${Object.keys(files).join('|')})$`);
  return {
    name: 'replacements',
    setup: ({ onResolve }) => void onResolve({ filter }, ({ path }) => ({ path: files[path]! })),
  };
}

/**
 * Lets esbuild drop what a function does not use of its AWS SDK clients: the schemas of other operations, the classes of errors, and all
 * of package.json but the version. Together they are three quarters of a client: of client-iot's 124 KB, 11 remain.
 */
export function prunedClients(): Plugin {
  return {
    name: 'pruned-clients',
    setup({ onLoad }) {
      onLoad(
        { filter: /@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/ },
        async ({ path }) => ({
          contents: prunableSchemas(await readFile(path, 'utf8')),
        }),
      );
      onLoad({ filter: /@aws-sdk[\\/]client-[^\\/]+[\\/]package\.json$/ }, async ({ path }) => {
        const { name, version } = JSON.parse(await readFile(path, 'utf8')) as { name: string; version: string };
        return { contents: JSON.stringify({ name, version }), loader: 'json' };
      });
    },
  };
}

const SHAPE = /^(export )?(?:var|const) ([\w$]+) = (\[[\s\S]*?\n?\]);$/gm;
/** `_s_registry` is the one of the client's base exception, which stays. */
const MODELLED_ERROR = /^(?!_s_registry)\w+_registry\.registerError\([^)]*\);$/gm;

/**
 * Shapes are array literals with computed keys, which a bundler must take for side effects; in a call that is marked pure they are dropped
 * when nobody refers to them. An error whose class is not registered arrives as the client's base exception with its own name,
 * as any error does that is newer than the SDK.
 */
export function prunableSchemas(source: string): string {
  return source
    .replace(MODELLED_ERROR, '')
    .replace(
      SHAPE,
      (_whole, exported: string | undefined, name: string, literal: string) =>
        `${exported ?? ''}var ${name} = /* @__PURE__ */ (() => (${literal}))();`,
    );
}
