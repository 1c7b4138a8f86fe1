import { Random } from './random.ts';
import type { FuzzTarget } from './target.ts';

/** A case may take this long; a machine that is busy with other things is given some room. */
const LONGEST_CASE_MS = 2000;
/** What a target may keep after its cases, garbage apart. */
const MOST_GROWTH_BYTES = 200 * 1024 * 1024;

/** Then a target stops: what it found so far is to be mended first. */
const MOST_FINDINGS = 20;

export interface Finding {
  readonly target: string;
  readonly seed: number;
  readonly number: number;
  readonly reason: string;
}

export interface Campaign {
  readonly cases: number;
  readonly findings: readonly Finding[];
  readonly slowestMs: number;
}

export interface CampaignOptions {
  readonly target: FuzzTarget;
  readonly seed: number;
  /** The numbers of the cases; the same number and seed make the same case. */
  readonly from: number;
  readonly to: number;
  /** Called before each case, so that somebody outside can tell which one hangs. */
  onCase?(number: number): void;
}

/** Which case of which target, as a number of its own for the random numbers. */
function seedOf(name: string): number {
  return [...name].reduce((hash, character) => Math.imul(hash, 31) + character.charCodeAt(0), 7);
}

/** Where it failed: the message's beginning and the first place in the stack. */
function signatureOf(reason: string): string {
  const at = reason.split('\n').find((line) => line.includes('file:')) ?? '';
  return `${reason.slice(0, 40)} ${at}`;
}

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** Runs a target's cases one after another: each must end as documented, in time, and leave no memory behind. */
export async function runCampaign({ target, seed, from, to, onCase }: CampaignOptions): Promise<Campaign> {
  const findings: Finding[] = [];
  /** The same failure again is not another finding. */
  const find = (number: number, reason: string): void => {
    const key = signatureOf(reason);
    if (!findings.some((finding) => signatureOf(finding.reason) === key))
      findings.push({ target: target.name, seed, number, reason });
  };
  const open = await target.open();
  const before = heapUsed();
  let slowestMs = 0;
  for (let number = from; number < to && findings.length < MOST_FINDINGS; number += 1) {
    onCase?.(number);
    const began = performance.now();
    try {
      await open.run(new Random(seed, seedOf(target.name), number));
    } catch (error) {
      find(number, error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    const took = performance.now() - began;
    slowestMs = Math.max(slowestMs, took);
    if (took > LONGEST_CASE_MS) find(number, `took ${Math.round(took)} ms`);
  }
  await open.close();
  const growth = heapUsed() - before;
  if (globalThis.gc !== undefined && growth > MOST_GROWTH_BYTES)
    find(to, `left ${Math.round(growth / 2 ** 20)} MiB behind after ${to - from} cases`);
  return { cases: to - from, findings, slowestMs };
}
