import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';

import { IovError } from '../errors.ts';

/** Who runs Kafka on a data folder, as written beside the data. */
export interface RunRecord {
  readonly pid: number;
  /** Part of the process's command line that no other program has. */
  readonly signature: string;
  /** The twin that started it, and its command line, since process ids are used again. */
  readonly ownerPid: number;
  readonly ownerCommand: string;
}

export async function writeRunRecord(file: string, pid: number, signature: string): Promise<void> {
  const record: RunRecord = {
    pid,
    signature,
    ownerPid: process.pid,
    ownerCommand: (await commandOf(process.pid)) ?? '',
  };
  await writeFile(file, JSON.stringify(record));
}

/**
 * Ends the Kafka that a killed twin left behind on this data folder; it may hold the ports and certainly holds the
 * folder's lock. A process that merely has the old process id is left alone.
 *
 * @throws IovError IOV_ALREADY_RUNNING when the twin that started it still lives
 */
export async function stopLeftover(file: string, graceMs = 5000): Promise<boolean> {
  const record = await readRunRecord(file);
  if (!record) return false;
  const command = await commandOf(record.pid);
  if (command?.includes(record.signature)) {
    if (
      record.ownerPid !== process.pid &&
      record.ownerCommand &&
      (await commandOf(record.ownerPid)) === record.ownerCommand
    ) {
      const message = `Another twin (process ${record.ownerPid}) runs Kafka (process ${record.pid}) on ${file}.`;
      throw new IovError('IOV_ALREADY_RUNNING', message);
    }
    process.kill(record.pid, 'SIGTERM');
    if (!(await gone(record.pid, graceMs))) {
      process.kill(record.pid, 'SIGKILL');
      await gone(record.pid, graceMs);
    }
  }
  await rm(file, { force: true });
  return command !== undefined;
}

async function readRunRecord(file: string): Promise<RunRecord | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as RunRecord;
  } catch {
    return undefined;
  }
}

/** A process's command line as POSIX `ps` gives it; undefined when there is no such process. */
export function commandOf(pid: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    // `-ww`: without it the line is cut at the terminal's width, and a class path is long.
    execFile('ps', ['-ww', '-p', String(pid), '-o', 'command='], (error, stdout) =>
      resolve(error ? undefined : stdout.trim() || undefined),
    );
  });
}

/** Waits for a process that is not our child, of which no event tells. */
async function gone(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
