import type { Random } from './random.ts';

const FIRST_MS = 500;
const LONGEST_MS = 60_000;

/**
 * How long to wait before connection attempt number `attempt` (from 0): exponential with full jitter, so that vehicles
 * which lost their connection together do not come back together.
 */
export function reconnectDelay(attempt: number, random: Random): number {
  return Math.round(random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16)));
}
