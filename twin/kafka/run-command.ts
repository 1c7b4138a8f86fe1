import { execFile } from 'node:child_process';

import type { Command } from './launch.ts';

/** Runs a command to its end. Rejects with the last line it printed when it fails. */
export function runCommand({ command, args }: Command): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: 120_000 }, (error, stdout, stderr) => {
      if (!error) return resolve();
      const said = `${stdout}\n${stderr}`.trim().split('\n').at(-1);
      reject(new Error(said || error.message, { cause: error }));
    });
  });
}
