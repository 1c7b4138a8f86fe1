import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Synthesizes the environment `dev` as `npm run synth` does. @returns seconds it took */
export async function synthesize(output: string): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, ['cli/iov.ts', 'synth', 'dev', '--output', output], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  if (code !== 0) throw new Error('`npm run synth dev` failed; its reason is above.');
  return (performance.now() - began) / 1000;
}
