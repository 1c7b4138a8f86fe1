import { spawn } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { remember } from '../child-process.ts';
import { synthesize } from '../synthesize.ts';
import type { Scenario } from './scenario.ts';

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const LONGEST_START_MS = 120_000;

/** Seconds from `npm start` to its word that it is ready; it is stopped again. */
async function secondsToReady(stateFolder: string, firstPort: number): Promise<number> {
  const began = performance.now();
  // A process group of its own: npm passes no signal on to what it runs.
  const npm = remember(
    spawn('npm', ['start', '--', '--vehicles', '0', '--state', stateFolder, '--ports-from', String(firstPort)], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  const ended = new Promise<void>((resolve) => npm.once('exit', () => resolve()));
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(-npm.pid!, name);
    } catch {
      // It has ended by itself.
    }
  };
  const giveUp = setTimeout(() => signal('SIGKILL'), LONGEST_START_MS);
  try {
    let text = '';
    for await (const chunk of npm.stdout) {
      text += String(chunk);
      if (/Ready in [\d.]+ s/.test(text)) return (performance.now() - began) / 1000;
    }
    throw new Error(`npm start ended before it was ready: ${text.slice(-500)}`);
  } finally {
    signal('SIGINT');
    await ended;
    clearTimeout(giveUp);
  }
}

export const synthesis: Scenario = {
  name: 'cdk synth',
  needsSides: false,
  async run({ stateFolder, size, say }) {
    const seconds: number[] = [];
    for (let time = 0; time < size.starts; time += 1) {
      say('cdk synth: one environment');
      seconds.push(await synthesize(join(stateFolder, `cdk.out.${time}`)));
    }
    const twin = Math.min(...seconds);
    return [{ scenario: 'cdk synth', metric: 'one environment', unit: 's', twin, goal: { atMost: 6 } }];
  },
};

export const startUp: Scenario = {
  name: 'npm start',
  needsSides: false,
  async run({ stateFolder, firstPort, size, say }) {
    // `npm start` installs what is missing, and `npm ci` empties the folder that a link leads to, whoever else uses it.
    if (lstatSync(MODULES).isSymbolicLink()) throw new Error(`${MODULES} is a link; npm ci would empty what it names`);
    const state = join(stateFolder, 'npm-start');
    say('npm start: the first time');
    await secondsToReady(state, firstPort + 40);
    const seconds: number[] = [];
    for (let time = 0; time < size.starts; time += 1) {
      say('npm start: again');
      seconds.push(await secondsToReady(state, firstPort + 40));
    }
    const twin = seconds.sort((a, b) => a - b)[Math.floor(seconds.length / 2)]!;
    return [{ scenario: 'npm start', metric: 'ready, after the first time', unit: 's', twin, goal: { atMost: 12 } }];
  },
};
