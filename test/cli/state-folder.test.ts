import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { expectFree } from '../../cli/ports.ts';
import { endLeftovers, lockStateFolder } from '../../cli/state-folder.ts';

/** Stands for the Kafka that outlives a killed twin: listens until it is told to end, and says where. */
const LISTENER = `const server = require('net').createServer().listen(0, '127.0.0.1', () => console.log(server.address().port));
process.on('SIGTERM', () => process.exit(0)); 'leftover of a killed run'`;

let folder: string;
let leftover: ChildProcess;
let port: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iov-state-'));
  leftover = spawn(process.execPath, ['-e', LISTENER], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [output] = (await once(leftover.stdout!, 'data')) as [Buffer];
  port = Number(output.toString());
});

afterEach(async () => {
  if (leftover.exitCode !== null || leftover.signalCode !== null) return;
  leftover.kill('SIGKILL');
  await once(leftover, 'exit');
});

describe('a state folder that a killed run held', () => {
  test('is taken over together with the ports of the Kafka that outlived the run', async () => {
    const killed = spawn(process.execPath, ['-e', '']);
    await once(killed, 'exit');
    await writeFile(join(folder, 'run.pid'), String(killed.pid));
    await mkdir(join(folder, 'kafka'));
    const record = { pid: leftover.pid, signature: 'leftover of a killed run', ownerPid: killed.pid, ownerCommand: 'x' };
    await writeFile(join(folder, 'kafka', 'run.json'), JSON.stringify(record));
    await expect(expectFree({ kafka: port })).rejects.toMatchObject({ code: 'IOV_PORT_TAKEN' });

    const giveBack = lockStateFolder(folder);
    await endLeftovers(folder);

    await expectFree({ kafka: port });
    giveBack();
  });
});
