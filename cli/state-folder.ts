import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { IovError } from '../twin/errors.ts';
import { stopLeftover } from '../twin/kafka/leftover.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is alive too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Makes this process the only one that uses a state folder. What a killed run left behind is taken over.
 *
 * @returns what gives the folder back
 * @throws IovError IOV_ALREADY_RUNNING
 */
export function lockStateFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'run.pid');
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = Number(readFileSync(file, 'utf8'));
      if (holder > 0 && holder !== process.pid && isAlive(holder)) {
        throw new IovError('IOV_ALREADY_RUNNING', `Process ${holder} already runs the twin on ${folder}.`);
      }
      rmSync(file, { force: true });
    }
  }
}

/**
 * Ends the Kafka that a killed run left behind on a locked state folder. To be called before ports are tried, since it
 * still listens on them, and before the state is set aside, since its record goes too.
 */
export async function endLeftovers(folder: string): Promise<void> {
  await stopLeftover(join(folder, 'kafka', 'run.json'));
}

/** All that a twin makes durable; the lock and the cloud assembly are not among them. */
const DURABLE = ['state.db', 'state.db-wal', 'state.db-shm', 'dynamodb', 'kafka', 'lambda', 'fleet', 'logs'];

/**
 * Moves everything durable beside the state folder, so that the next start begins with nothing.
 *
 * @returns where it is now; `undefined` when there was nothing
 */
export function setAside(folder: string): string | undefined {
  const there = DURABLE.filter((name) => existsSync(join(folder, name)));
  if (there.length === 0) return undefined;
  const aside = `${folder}-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  mkdirSync(aside, { recursive: true, mode: 0o700 });
  for (const name of there) renameSync(join(folder, name), join(aside, name));
  return aside;
}
