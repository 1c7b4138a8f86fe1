import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { synthesize } from './synth.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
/** All that a template can depend on. */
const SOURCES = ['bin', 'lib', 'lambdas', 'contracts', 'package-lock.json', 'cdk.json'];

function* filesUnder(path: string): Generator<string> {
  if (!statSync(path).isDirectory()) yield path;
  else for (const entry of readdirSync(path).sort()) yield* filesUnder(join(path, entry));
}

/** Changes whenever a source file does, by content: a fresh clone has new times but the same text. */
function sourcesHash(environment: string): string {
  const hash = createHash('sha256').update(environment);
  for (const source of SOURCES) {
    for (const file of filesUnder(join(PROJECT, source)))
      hash.update(file.slice(PROJECT.length)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/**
 * The cloud assembly of one environment, synthesized when a source has changed since it last was.
 *
 * @returns its folder
 * @throws Error when the app fails
 */
export async function freshAssembly(
  folder: string,
  environment: string,
  progress: (line: string) => void,
): Promise<string> {
  const stamp = join(folder, '.sources');
  const hash = sourcesHash(environment);
  if (existsSync(stamp) && existsSync(join(folder, 'manifest.json')) && readFileSync(stamp, 'utf8') === hash)
    return folder;
  progress(`Synthesizing the ${environment} environment …`);
  mkdirSync(folder, { recursive: true });
  await synthesize(folder, environment);
  writeFileSync(stamp, hash);
  return folder;
}
