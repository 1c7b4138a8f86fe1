import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';

import { USUAL_PORTS } from '../cli/ports.ts';
import { freePortRange } from './free-ports.ts';

jest.setTimeout(120_000);

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const CLI = join(PROJECT, 'cli', 'iov.ts');
const installed = (tool: string): boolean => spawnSync('which', [tool]).status === 0;
/** The tour uses clients that are not ours; where they are missing only its own commands can be checked. */
const ALL_TOOLS = ['mosquitto_pub', 'kcat', 'curl', 'aws'].every(installed);

function tourBlocks(): string[] {
  const readme = readFileSync(join(PROJECT, 'README.md'), 'utf8');
  const tour = readme.slice(readme.indexOf('## A tour'), readme.indexOf('## Deploy it'));
  return [...tour.matchAll(/```bash\n([\s\S]*?)```/g)].map(([, block]) => block!);
}

describe("the README's tour", () => {
  let folder: string;
  let start: ChildProcess;
  let printed = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iov-readme-'));
    symlinkSync(join(PROJECT, 'docs'), join(folder, 'docs'));
    start = spawn(
      process.execPath,
      [CLI, 'start', '--vehicles', '2', '--ports-from', String(await freePortRange(Object.keys(USUAL_PORTS).length))],
      {
        cwd: folder,
      },
    );
    for (const stream of [start.stdout!, start.stderr!])
      stream.on('data', (chunk: Buffer) => void (printed += String(chunk)));
    await new Promise<void>((resolve, reject) => {
      start.once('exit', () => reject(new Error(printed)));
      start.stdout!.on('data', () => printed.includes('Ready in') && resolve());
    });
  });
  afterAll(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function stop(): Promise<number | null> {
    if (start.exitCode !== null) return start.exitCode;
    const ended = new Promise<number | null>((resolve) => start.once('exit', resolve));
    start.kill('SIGINT');
    return ended;
  }

  /** Runs the blocks in one shell, as a reader would, and gives what each printed. */
  function run(blocks: readonly string[]): string[] {
    const script = [
      'set -e',
      // The tour's `npm run --silent iov -- …`, without npm.
      `npm() { shift 4; "${process.execPath}" "${CLI}" "$@"; }`,
      ...blocks.flatMap((block) => [block, 'printf "\\036"']),
    ].join('\n');
    const { stdout, stderr, status } = spawnSync('bash', ['-c', script], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (status !== 0) throw new Error(`${stdout}\n${stderr}`);
    return stdout.split('\u001e');
  }

  test('has seven steps', () => {
    expect(tourBlocks()).toHaveLength(7);
  });

  (ALL_TOOLS ? test : test.skip)('does in each step what it says', () => {
    const [, provision, telemetry, refused, command, cli, questions] = run(tourBlocks());
    expect(provision).toContain('certificate  .iov/devices/MYCAR1/certificate.pem');
    expect(telemetry).toMatch(/^MYCAR1 {2}mqtt_topic=dt\/vehicle\/MYCAR1\/telemetry,thing=MYCAR1/m);
    expect(telemetry).toContain('{"speed": 42}');
    expect(refused).toContain('RC:135');
    expect(refused).toContain('AUTHORIZATION_FAILED');
    expect(command).toContain('"state":"SUCCEEDED"');
    expect(command).toContain('"state":"QUEUED"');
    expect(cli).toContain('"thingName": "MYCAR1"');
    expect(questions).toContain('The rule does not fire');
    expect(questions).toContain('DENY iot:Publish');
  });

  test('writes the endpoints that other tools rely on', () => {
    const endpoints = JSON.parse(readFileSync(join(folder, '.iov', 'endpoints.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(endpoints).toMatchObject({
      mqtts: expect.stringMatching(/^mqtts:\/\/localhost:\d+$/),
      https: expect.stringMatching(/^https:\/\/localhost:\d+$/),
      wss: expect.stringMatching(/^wss:\/\/localhost:\d+\/mqtt$/),
      ca: '.iov/ca.pem',
      aws: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      api: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      kafka: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      claim: {
        vehicle: {
          template: expect.any(String),
          certificate: '.iov/claim-vehicle.pem',
          privateKey: '.iov/claim-vehicle.key',
        },
      },
      oauth: {
        tokenUrl: expect.stringMatching(/\/oauth2\/token$/),
        clientId: expect.any(String),
        clientSecret: expect.any(String),
      },
    });
    expect(existsSync(join(folder, '.iov', 'ca.pem'))).toBe(true);
  });

  test('a second start on the same state says who runs, and what to do', () => {
    const second = spawnSync(process.execPath, [CLI, 'start', '--vehicles', '0'], { cwd: folder, encoding: 'utf8' });
    expect(second.status).toBe(1);
    expect(second.stderr).toMatch(/IOV_ALREADY_RUNNING: Process \d+ already runs the twin on .*Stop the other run/);
  });

  test('a port that is taken is named', () => {
    const { mqtts } = JSON.parse(readFileSync(join(folder, '.iov', 'endpoints.json'), 'utf8')) as { mqtts: string };
    const port = new URL(mqtts).port;
    const second = spawnSync(
      process.execPath,
      [CLI, 'start', '--vehicles', '0', '--state', 'other', '--ports-from', port],
      { cwd: folder, encoding: 'utf8' },
    );
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(`IOV_PORT_TAKEN: Another program listens on port ${port} (mqtts)`);
  });

  test('Ctrl-C ends it without an error, and the endpoints are gone', async () => {
    expect(await stop()).toBe(0);
    expect(existsSync(join(folder, '.iov', 'endpoints.json'))).toBe(false);
  });
});
