import { checkOneOf, checkText } from '../registry/constraints.ts';
import { invalidRequest } from '../registry/failures.ts';
import type { AbortCriteria, JobConfiguration, RetryCriteria, RolloutConfig } from './job.ts';
import { LARGEST_RATE_PER_MINUTE } from './rollout.ts';

export const JOB_ID = { pattern: /^[a-zA-Z0-9_-]+$/, minimum: 1, maximum: 64 };
export const JOB_DESCRIPTION = { pattern: /^[^\p{C}]+$/u, minimum: 0, maximum: 2028 };
export const COMMENT = { pattern: /^[^\p{C}]*$/u, minimum: 0, maximum: 2028 };
export const REASON_CODE = { pattern: /^[\p{Lu}\p{Nd}_]+$/u, minimum: 0, maximum: 128 };

const FAILURE_TYPES = ['FAILED', 'REJECTED', 'TIMED_OUT', 'ALL'] as const;
const RETRYABLE_TYPES = ['FAILED', 'TIMED_OUT', 'ALL'] as const;
export const LONGEST_TIMEOUT_MINUTES = 10_080;
const MOST_RETRIES = 10;

/**
 * What the API reference of CreateJob says of the parts of a configuration. Absent members are left out of the result.
 *
 * @throws AwsError InvalidRequestException that names the member
 */
export function checkedConfiguration(input: { readonly [K in keyof JobConfiguration]?: unknown }): JobConfiguration {
  const configuration = input as JobConfiguration;
  const { description, presignedUrlConfig, jobExecutionsRolloutConfig, abortConfig, timeoutConfig } = configuration;
  const { jobExecutionsRetryConfig } = configuration;
  if (description !== undefined) checkText(description, 'description', JOB_DESCRIPTION);
  const expiry = presignedUrlConfig?.expiresInSec;
  if (expiry !== undefined) checkInteger(expiry, 'presignedUrlConfig.expiresInSec', 60, 3600);
  if (jobExecutionsRolloutConfig) checkRollout(jobExecutionsRolloutConfig);
  if (abortConfig) checkAbort(abortConfig.criteriaList);
  const minutes = timeoutConfig?.inProgressTimeoutInMinutes;
  if (minutes !== undefined)
    checkInteger(minutes, 'timeoutConfig.inProgressTimeoutInMinutes', 1, LONGEST_TIMEOUT_MINUTES);
  if (jobExecutionsRetryConfig) checkRetries(jobExecutionsRetryConfig.criteriaList);
  return {
    ...(description !== undefined && { description }),
    ...(presignedUrlConfig && { presignedUrlConfig }),
    ...(jobExecutionsRolloutConfig && { jobExecutionsRolloutConfig }),
    ...(abortConfig && { abortConfig }),
    ...(timeoutConfig && { timeoutConfig }),
    ...(jobExecutionsRetryConfig && { jobExecutionsRetryConfig }),
  };
}

function checkRollout({ maximumPerMinute, exponentialRate }: RolloutConfig): void {
  if (maximumPerMinute !== undefined)
    checkInteger(maximumPerMinute, 'jobExecutionsRolloutConfig.maximumPerMinute', 1, LARGEST_RATE_PER_MINUTE);
  if (!exponentialRate) return;
  const member = 'jobExecutionsRolloutConfig.exponentialRate';
  const { baseRatePerMinute, incrementFactor, rateIncreaseCriteria } = exponentialRate;
  checkInteger(baseRatePerMinute, `${member}.baseRatePerMinute`, 1, LARGEST_RATE_PER_MINUTE);
  if (!(incrementFactor >= 1.1 && incrementFactor <= 5) || !hasDigits(incrementFactor, 1))
    throw invalidRequest(
      `${member}.incrementFactor must be between 1.1 and 5, with one digit after the decimal point.`,
    );
  const counts = Object.entries(rateIncreaseCriteria ?? {}).filter(([, count]) => count !== undefined);
  if (counts.length === 0)
    throw invalidRequest(`${member}.rateIncreaseCriteria must have numberOfNotifiedThings or numberOfSucceededThings.`);
  for (const [name, count] of counts) checkInteger(count, `${member}.rateIncreaseCriteria.${name}`, 1, Infinity);
}

function checkAbort(criteria: readonly AbortCriteria[]): void {
  if (!criteria?.length) throw invalidRequest('abortConfig.criteriaList must have at least one criterion.');
  for (const { failureType, action, thresholdPercentage, minNumberOfExecutedThings } of criteria) {
    checkOneOf(failureType, 'abortConfig.criteriaList.failureType', FAILURE_TYPES);
    checkOneOf(action, 'abortConfig.criteriaList.action', ['CANCEL']);
    if (!(thresholdPercentage > 0 && thresholdPercentage <= 100) || !hasDigits(thresholdPercentage, 2))
      throw invalidRequest(
        'abortConfig.criteriaList.thresholdPercentage must be up to 100, with at most two decimals.',
      );
    checkInteger(minNumberOfExecutedThings, 'abortConfig.criteriaList.minNumberOfExecutedThings', 1, Infinity);
  }
}

function checkRetries(criteria: readonly RetryCriteria[]): void {
  if (!criteria?.length || criteria.length > 2)
    throw invalidRequest('jobExecutionsRetryConfig.criteriaList must have one or two criteria.');
  const types = new Set(
    criteria.map(({ failureType }) =>
      checkOneOf(failureType, 'jobExecutionsRetryConfig.criteriaList.failureType', RETRYABLE_TYPES),
    ),
  );
  if (types.size < criteria.length || (types.has('ALL') && criteria.length > 1))
    throw invalidRequest('jobExecutionsRetryConfig.criteriaList names a failure type twice.');
  for (const { numberOfRetries } of criteria)
    checkInteger(numberOfRetries, 'jobExecutionsRetryConfig.criteriaList.numberOfRetries', 0, MOST_RETRIES);
  if (criteria.reduce((sum, { numberOfRetries }) => sum + numberOfRetries, 0) > MOST_RETRIES)
    throw invalidRequest(`An execution can be tried again ${MOST_RETRIES} times at most.`);
}

export function checkInteger(value: unknown, member: string, least: number, most: number): number {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
    const range = most === Infinity ? `at least ${least}` : `between ${least} and ${most}`;
    throw invalidRequest(`${member} must be an integer ${range}, not ${String(value)}.`);
  }
  return value as number;
}

function hasDigits(value: number, digits: number): boolean {
  return Math.abs(value * 10 ** digits - Math.round(value * 10 ** digits)) < 1e-9;
}
