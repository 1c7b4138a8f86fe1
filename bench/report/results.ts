import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { renderChart } from './chart.ts';
import { keyOf, type Measurement } from './measurement.ts';

const FOLDER = fileURLToPath(new URL('../results', import.meta.url));

export interface Results {
  readonly measuredAt: string;
  readonly size: 'quick' | 'full';
  readonly machine: {
    readonly cores: number;
    readonly model: string;
    readonly memoryGiB: number;
    readonly node: string;
  };
  readonly measurements: readonly Measurement[];
  /** Scenarios that gave no figure, and why. */
  readonly refused: readonly { readonly scenario: string; readonly reason: string }[];
}

/** What this machine measured before; undefined the first time. */
export function readResults(): Results | undefined {
  const file = join(FOLDER, 'latest.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : undefined;
}

/** Keeps a run as JSON and as a chart. Figures of scenarios that did not run this time stay as they were. */
export function writeResults(
  run: Pick<Results, 'size' | 'measurements' | 'refused'>,
  last: Results | undefined,
): { readonly json: string; readonly chart: string } {
  const ran = new Set([...run.measurements, ...run.refused].map(({ scenario }) => scenario));
  const kept = (last?.measurements ?? []).filter(({ scenario }) => !ran.has(scenario));
  const measurements = [...run.measurements, ...kept].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const results: Results = {
    measuredAt: new Date().toISOString(),
    size: run.size,
    machine: {
      cores: cpus().length,
      model: cpus()[0]?.model ?? 'unknown',
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    },
    measurements,
    refused: run.refused,
  };
  mkdirSync(FOLDER, { recursive: true });
  const [json, chart] = [join(FOLDER, 'latest.json'), join(FOLDER, 'latest.svg')];
  writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(chart, renderChart(measurements, `The twin against mosquitto, ${results.measuredAt.slice(0, 10)}`));
  return { json, chart };
}
