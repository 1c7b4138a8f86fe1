import type { RolloutConfig } from './job.ts';

/** Quota L-026DF298; also the rate of a job that names none. */
export const LARGEST_RATE_PER_MINUTE = 1000;

export interface RolloutProgress {
  readonly notified: number;
  readonly succeeded: number;
}

/**
 * Things that a job may tell in one minute. An exponential rate is multiplied by its factor each time that the count of
 * its criterion has grown by the criterion's number (developer guide, "Job rollout rates").
 */
export function ratePerMinute(config: RolloutConfig | undefined, progress: RolloutProgress): number {
  const ceiling = config?.maximumPerMinute ?? LARGEST_RATE_PER_MINUTE;
  const exponential = config?.exponentialRate;
  if (!exponential) return ceiling;
  const { numberOfNotifiedThings, numberOfSucceededThings } = exponential.rateIncreaseCriteria;
  const increments = Math.max(
    numberOfNotifiedThings === undefined ? 0 : Math.floor(progress.notified / numberOfNotifiedThings),
    numberOfSucceededThings === undefined ? 0 : Math.floor(progress.succeeded / numberOfSucceededThings),
  );
  return Math.floor(Math.min(exponential.baseRatePerMinute * exponential.incrementFactor ** increments, ceiling));
}
