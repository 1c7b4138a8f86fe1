import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { SystemClock } from '../../../../twin/clock.ts';
import { S3 } from '../../../../twin/services/s3/s3.ts';
import { openStore } from '../../../../twin/state/store.ts';

/** Runs the writer until it has acknowledged so many objects, then kills it without notice. */
function writeAndKill(folder: string, acknowledgements: number): Promise<Map<string, number>> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'killed-writer.ts'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.split('\n').length > acknowledgements) child.kill('SIGKILL');
    });
    child.once('error', reject).once('close', () => {
      const lines = text.slice(0, text.lastIndexOf('\n')).split('\n');
      resolve(new Map(lines.map((line) => line.split(' ')).map(([key, round]) => [key!, Number(round)])));
    });
  });
}

test.each([1, 37, 150])('a writer killed after %i objects loses none of them', async (acknowledgements) => {
  const folder = mkdtempSync(join(tmpdir(), 's3-killed-'));
  const acknowledged = await writeAndKill(folder, acknowledgements);
  const store = openStore(`${folder}/state.db`);
  const s3 = new S3({ account: DEFAULT_ACCOUNT, clock: new SystemClock(), store, folder: `${folder}/objects` });
  await s3.sweep([]);
  expect(acknowledged.size).toBeGreaterThan(0);
  for (const [key, round] of acknowledged) {
    const words = String(await s3.getObject('kept', key))
      .trim()
      .split(' ');
    // A later round may have been stored and not yet acknowledged; half of one may not.
    expect(Number(words[0])).toBeGreaterThanOrEqual(round);
    expect(new Set(words).size).toBe(1);
    expect(words).toHaveLength(500);
  }
  expect(readdirSync(`${folder}/objects`)).toHaveLength(s3.keys('kept').length);
  store.close();
  rmSync(folder, { recursive: true });
});
