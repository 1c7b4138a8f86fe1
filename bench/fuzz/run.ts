/** `npm run fuzz`: a million cases of what strangers may send. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import type { Campaign } from './campaign.ts';
import type { CampaignRequest, FromCampaign } from './campaign-process.ts';
import type { FuzzTarget } from './target.ts';
import { FUZZ_TARGETS } from './targets/index.ts';

const USAGE = `npm run fuzz -- [--cases <number>] [--seed <number>] [--target <name>] [--case <number>]

  --cases    of all targets together (default 1000000)
  --seed     the same seed makes the same cases (default: today's date)
  --target   one of ${FUZZ_TARGETS.map(({ name }) => name).join(', ')}
  --case     this one alone, with --target and --seed`;

/** Without a sign of life for so long a target counts as hanging. */
const SILENCE_MS = 60_000;
/** Of the child's heap: memory that grows without bound ends it. */
const HEAP_MEGABYTES = 768;

function runInChild(request: CampaignRequest): Promise<Campaign> {
  const child = fork(fileURLToPath(new URL('./campaign-process.ts', import.meta.url)), {
    execArgv: ['--expose-gc', `--max-old-space-size=${HEAP_MEGABYTES}`],
  });
  return new Promise((resolve) => {
    let at = request.from;
    const fail = (reason: string): void => {
      child.kill('SIGKILL');
      const finding = { target: request.target, seed: request.seed, number: at, reason };
      resolve({ cases: at - request.from, slowestMs: 0, findings: [finding] });
    };
    let silence = setTimeout(() => undefined, 0);
    const alive = (): void => {
      clearTimeout(silence);
      silence = setTimeout(() => fail(`hangs, in one of the 200 cases from this one on`), SILENCE_MS);
    };
    child.on('message', (message: FromCampaign) => {
      alive();
      if ('at' in message) at = message.at;
      else resolve(message.campaign);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(silence);
      fail(`the process ended (${signal ?? code}) in one of the 200 cases from this one on`);
    });
    alive();
    child.send(request);
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: new Date().toISOString().slice(0, 10).replaceAll('-', '') },
      target: { type: 'string' },
      case: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void console.log(USAGE);
  const [seed, cases] = [Number(values.seed), Number(values.cases)];
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(cases) || cases < 1)
    throw new Error('--seed and --cases are whole numbers.');
  const targets: readonly FuzzTarget[] = FUZZ_TARGETS.filter(({ name }) => !values.target || name === values.target);
  if (targets.length === 0) throw new Error(`No target is called "${values.target}".\n${USAGE}`);
  const shares = targets.reduce((sum, { share }) => sum + share, 0);
  let total = 0;
  for (const { name, share } of targets) {
    const from = values.case === undefined ? 0 : Number(values.case);
    const to = values.case === undefined ? Math.ceil((cases * share) / shares) : from + 1;
    const began = performance.now();
    const campaign = await runInChild({ target: name, seed, from, to });
    total += campaign.cases;
    const seconds = (performance.now() - began) / 1000;
    console.log(
      `${name.padEnd(14)} ${String(campaign.cases).padStart(8)} cases  ${seconds.toFixed(1).padStart(7)} s  slowest ${campaign.slowestMs.toFixed(0).padStart(5)} ms  ${campaign.findings.length} findings`,
    );
    for (const { number, reason } of campaign.findings) {
      console.log(`  --seed ${seed} --target ${name} --case ${number}\n  ${reason.slice(0, 2000)}`);
      process.exitCode = 1;
    }
  }
  console.log(`${total} cases, seed ${seed}`);
}

main().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
