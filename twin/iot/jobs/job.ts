/** States of a job that can be seen; cancelling and deleting end within one call (docs/twin-fidelity.md, "Jobs"). */
export type JobStatus = 'SCHEDULED' | 'IN_PROGRESS' | 'COMPLETED' | 'CANCELED';
export type TargetSelection = 'SNAPSHOT' | 'CONTINUOUS';
export type FailureType = 'FAILED' | 'REJECTED' | 'TIMED_OUT' | 'ALL';
export type EndBehavior = 'STOP_ROLLOUT' | 'CANCEL' | 'FORCE_CANCEL';

export interface RolloutConfig {
  readonly maximumPerMinute?: number;
  readonly exponentialRate?: {
    readonly baseRatePerMinute: number;
    readonly incrementFactor: number;
    readonly rateIncreaseCriteria: {
      readonly numberOfNotifiedThings?: number;
      readonly numberOfSucceededThings?: number;
    };
  };
}

export interface AbortCriteria {
  readonly failureType: FailureType;
  readonly action: 'CANCEL';
  readonly thresholdPercentage: number;
  readonly minNumberOfExecutedThings: number;
}

export interface RetryCriteria {
  readonly failureType: 'FAILED' | 'TIMED_OUT' | 'ALL';
  readonly numberOfRetries: number;
}

export interface MaintenanceWindow {
  /** A cron expression in UTC. */
  readonly startTime: string;
  readonly durationInMinutes: number;
}

export interface SchedulingConfig {
  readonly startTime?: string;
  readonly endTime?: string;
  readonly endBehavior?: EndBehavior;
  readonly maintenanceWindows?: readonly MaintenanceWindow[];
}

/** What UpdateJob may change. */
export interface JobConfiguration {
  readonly description?: string;
  readonly presignedUrlConfig?: { readonly roleArn?: string; readonly expiresInSec?: number };
  readonly jobExecutionsRolloutConfig?: RolloutConfig;
  readonly abortConfig?: { readonly criteriaList: readonly AbortCriteria[] };
  readonly timeoutConfig?: { readonly inProgressTimeoutInMinutes?: number };
  readonly jobExecutionsRetryConfig?: { readonly criteriaList: readonly RetryCriteria[] };
}

/** Times are milliseconds since the epoch. */
export interface JobRecord extends JobConfiguration {
  readonly jobId: string;
  readonly jobArn: string;
  readonly targetSelection: TargetSelection;
  /** ARNs of things and thing groups. */
  readonly targets: readonly string[];
  readonly document: string;
  readonly documentSource?: string;
  readonly jobTemplateArn?: string;
  readonly schedulingConfig?: SchedulingConfig;
  readonly status: JobStatus;
  readonly createdAt: number;
  readonly lastUpdatedAt: number;
  readonly completedAt?: number;
  readonly comment?: string;
  readonly reasonCode?: string;
  readonly forceCanceled?: boolean;
  /** When its targets were resolved, which begins the rollout. */
  readonly startedAt?: number;
  /** When the next batch may be told; absent when nobody waits. */
  readonly nextBatchAt?: number;
  /** Things that have been told so far, retries not counted. */
  readonly notified: number;
  /** The end time has passed: nobody is told any more. */
  readonly ended?: boolean;
}

/** A thing that a job has yet to tell. */
export interface WaitingThing {
  readonly jobId: string;
  readonly thingName: string;
  /** 0 for the first time, else the number of the retry. */
  readonly retryAttempt: number;
}

export function isActive({ status }: JobRecord): boolean {
  return status === 'IN_PROGRESS' || status === 'SCHEDULED';
}
