import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { SystemClock } from '../../../twin/clock.ts';
import { commandOf, stopLeftover } from '../../../twin/kafka/leftover.ts';
import { NodeProcess, type NodeEvent } from '../../../twin/kafka/node-process.ts';

/** Stands for Kafka: lives until told to end. */
const SERVE = ['-e', 'process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000); console.log("up")'];

let folder: string;
let nodes: NodeProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iov-node-'));
  nodes = [];
});

afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
});

function nodeProcess(
  args: readonly string[],
  overrides: { ready?: () => Promise<void>; report?: (event: NodeEvent) => void } = {},
): NodeProcess {
  const node = new NodeProcess({
    launch: {
      pathInside: (file) => file,
      serve: { command: process.execPath, args },
      signature: 'process.on("SIGTERM"',
    },
    ...{
      clock: new SystemClock(),
      startTimeoutMs: 5000,
      logFile: join(folder, 'log'),
      outputFile: join(folder, 'output'),
    },
    ...{
      recordFile: join(folder, 'run.json'),
      ready: overrides.ready ?? (() => Promise.resolve()),
      report: overrides.report,
    },
  });
  nodes.push(node);
  return node;
}

describe('a node', () => {
  test('that is killed is started again on the same data, and both are reported', async () => {
    const events: NodeEvent[] = [];
    let restarted: () => void;
    const again = new Promise<void>((resolve) => (restarted = resolve));
    const node = nodeProcess(SERVE, {
      report: (event) => {
        events.push(event);
        if (event.kind === 'restarted') restarted();
      },
    });
    await node.start();
    const first = node.pid;
    await node.kill();
    await again;
    expect(events.map(({ kind }) => kind)).toEqual(['died', 'restarted']);
    expect(events[0]).toMatchObject({ exit: 'signal SIGKILL' });
    expect(node.pid).not.toBe(first);
  });

  test('that is stopped stays stopped and leaves no record', async () => {
    const events: NodeEvent[] = [];
    const node = nodeProcess(SERVE, { report: (event) => events.push(event) });
    await node.start();
    expect(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8'))).toMatchObject({
      pid: node.pid,
      ownerPid: process.pid,
    });
    await node.stop();
    expect(events).toEqual([]);
    expect(node.pid).toBeUndefined();
    await expect(stat(join(folder, 'run.json'))).rejects.toThrow('ENOENT');
  });

  test('that exits before it is ready is an error with its last words', async () => {
    const node = nodeProcess(['-e', 'console.error("FATAL: the disk is full"); process.exit(3)'], {
      ready: () => new Promise(() => undefined),
    });
    const node2 = node.start();
    // `ready` never settles here; the node's own end must.
    await expect(node2).rejects.toMatchObject({
      code: 'IOV_KAFKA_FAILED',
      message: expect.stringMatching(/exited with code 3.*disk is full/),
    });
  });

  test('whose program does not exist is an error, not a crash', async () => {
    const node = new NodeProcess({
      launch: { pathInside: (file) => file, serve: { command: join(folder, 'no-java'), args: [] }, signature: 'x' },
      ...{
        clock: new SystemClock(),
        startTimeoutMs: 5000,
        logFile: join(folder, 'log'),
        outputFile: join(folder, 'output'),
      },
      ...{ recordFile: join(folder, 'run.json'), ready: () => new Promise(() => undefined) },
    });
    await expect(node.start()).rejects.toMatchObject({
      code: 'IOV_KAFKA_FAILED',
      message: expect.stringContaining('ENOENT'),
    });
  });
});

describe('what a killed twin left behind', () => {
  const record = (pid: number, signature: string, ownerPid: number, ownerCommand: string): Promise<void> =>
    writeFile(join(folder, 'run.json'), JSON.stringify({ pid, signature, ownerPid, ownerCommand }));

  test('is stopped', async () => {
    const child = spawn(process.execPath, SERVE, { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child.stdout, 'data');
    const exit = once(child, 'exit');
    await record(child.pid!, 'process.on("SIGTERM"', 4_000_000, 'a twin that is gone');
    expect(await stopLeftover(join(folder, 'run.json'))).toBe(true);
    expect(await exit).toEqual([0, null]);
  });

  test('is left alone when its process id belongs to another program now', async () => {
    await record(process.pid, 'surely not in the command line of this test', 4_000_000, 'gone');
    await stopLeftover(join(folder, 'run.json'));
    expect(await commandOf(process.pid)).toBeDefined();
    await expect(stat(join(folder, 'run.json'))).rejects.toThrow('ENOENT');
  });

  test('is not touched while its twin lives', async () => {
    const child = spawn(process.execPath, SERVE, { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child.stdout, 'data');
    // The parent of this test stands for the other twin: it lives, and is not this process.
    await record(child.pid!, 'process.on("SIGTERM"', process.ppid, (await commandOf(process.ppid))!);
    await expect(stopLeftover(join(folder, 'run.json'))).rejects.toMatchObject({ code: 'IOV_ALREADY_RUNNING' });
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
  });

  test('is nothing when no record is there', async () => {
    expect(await stopLeftover(join(folder, 'run.json'))).toBe(false);
  });
});
