/** `npm run bench`: the figures of docs/performance.md, measured here and now. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { stopChildren } from './child-process.ts';
import { canMeasureProcesses } from './process-usage.ts';
import type { Measurement } from './report/measurement.ts';
import { readResults, writeResults } from './report/results.ts';
import { renderTable } from './report/table.ts';
import { WARM_UP } from './scenarios/connections.ts';
import { SCENARIOS, SIZES } from './scenarios/index.ts';
import type { Scenario, ScenarioContext } from './scenarios/scenario.ts';
import { missingPrograms, startMosquittoSide } from './sides/mosquitto-side.ts';
import type { Side } from './sides/side.ts';
import { startTwinSide } from './sides/twin-side.ts';
import { synthesize } from './synthesize.ts';

const USAGE = `npm run bench -- [--quick] [--scenario <part of a name>]… [--profile] [--assembly <folder>]
                 [--ports-from <port>]

  --quick        smaller loads: under two minutes
  --scenario     only scenarios whose name contains this text; may be given again
  --profile      also writes a CPU profile of the twin into bench/results/profile (--cpu-prof)
  --assembly     a folder that \`npm run synth\` wrote, to be used as it is
  --ports-from   the first of 50 ports to use (default 27000)

Scenarios: ${SCENARIOS.map(({ name }) => name).join('; ')}`;

const OTHER_TOPIC = 'bench.mosquitto';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

interface Options {
  readonly size: 'quick' | 'full';
  readonly scenarios: readonly Scenario[];
  readonly profile: boolean;
  readonly firstPort: number;
  readonly assembly: string | undefined;
}

/** @throws Error with the usage when an argument makes no sense */
function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      scenario: { type: 'string', multiple: true },
      profile: { type: 'boolean', default: false },
      'ports-from': { type: 'string', default: '27000' },
      assembly: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const firstPort = Number(values['ports-from']);
  if (!Number.isInteger(firstPort) || firstPort < 1024 || firstPort > 65_400)
    throw new Error(`--ports-from: "${values['ports-from']}" is not a port from 1024 to 65400`);
  const scenarios = SCENARIOS.filter(
    ({ name }) => !values.scenario || values.scenario.some((part) => name.toLowerCase().includes(part.toLowerCase())),
  );
  if (scenarios.length === 0) throw new Error(`No scenario's name contains "${values.scenario?.join('" or "')}".`);
  return {
    size: values.quick ? 'quick' : 'full',
    scenarios,
    profile: values.profile,
    firstPort,
    assembly: values.assembly && resolve(values.assembly),
  };
}

async function startSides(options: Options, folder: string, assembly: string): Promise<Side[]> {
  const { firstPort, profile } = options;
  const devices = WARM_UP + SIZES[options.size].idleConnections;
  say(`Starting the twin with ${devices} registered devices …`);
  const start = { assembly, stateFolder: join(folder, 'twin'), firstPort, devices, otherTopic: OTHER_TOPIC };
  const twin = await startTwinSide(start, profile ? ['--cpu-prof', '--cpu-prof-dir=bench/results/profile'] : []);
  const missing = missingPrograms();
  if (missing.length > 0) {
    say(
      `Without ${missing.join(', ')} the twin runs alone. On Debian: apt-get install mosquitto mosquitto-clients kcat`,
    );
    return [twin];
  }
  const other = await startMosquittoSide({
    ...{ folder: join(folder, 'mosquitto'), port: firstPort + 20, plainPort: firstPort + 21 },
    ...{ topic: OTHER_TOPIC, twin: twin.ready },
  });
  return [twin, other];
}

async function runScenarios(options: Options, folder: string): Promise<void> {
  const { scenarios, firstPort, size } = options;
  const assembly = options.assembly ?? join(folder, 'cdk.out');
  if (!options.assembly) {
    say('Synthesizing …');
    await synthesize(assembly);
  }
  const last = readResults();
  const measurements: Measurement[] = [];
  const refused: { scenario: string; reason: string }[] = [];
  const context: Omit<ScenarioContext, 'sides'> = {
    ...{ size: SIZES[size], assembly, stateFolder: folder, firstPort, say },
  };
  const measure = async (chosen: readonly Scenario[], sides: readonly Side[]): Promise<void> => {
    for (const scenario of chosen) {
      try {
        measurements.push(...(await scenario.run({ ...context, sides })));
      } catch (error) {
        refused.push({ scenario: scenario.name, reason: (error as Error).message });
        say(`${scenario.name}: no figures. ${(error as Error).message}`);
      }
    }
  };
  const withSides = scenarios.filter(({ needsSides }) => needsSides);
  if (withSides.length > 0) {
    await measure(withSides, await startSides(options, folder, assembly));
    await stopChildren();
  }
  // The others measure time alone, so they come when nothing else runs.
  await measure(
    scenarios.filter(({ needsSides }) => !needsSides),
    [],
  );
  const files = writeResults({ size, measurements, refused }, last);
  process.stdout.write(`${renderTable(measurements, last?.measurements ?? [])}\n\n${files.json}\n${files.chart}\n`);
  if (refused.length > 0) process.exitCode = 1;
}

async function main(): Promise<void> {
  const options = readOptions();
  if (!options) return void process.stdout.write(`${USAGE}\n`);
  if (!canMeasureProcesses()) throw new Error('The bench reads CPU time and memory from /proc, which only Linux has.');
  const folder = mkdtempSync(join(tmpdir(), 'iov-bench-'));
  const stop = (): void => void stopChildren().finally(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    await runScenarios(options, folder);
  } finally {
    await stopChildren();
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
