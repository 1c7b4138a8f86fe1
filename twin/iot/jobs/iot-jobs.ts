import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import type { ResourceProvider } from '../../cloudformation/provider.ts';
import type { AwsService, OperationDefinition } from '../../endpoint/service.ts';
import type { ReservedTopics } from '../broker/ports.ts';
import type { QuotaMode } from '../broker/quotas.ts';
import type { Publish } from '../publication.ts';
import { iotArn } from '../registry/arns.ts';
import type { Registry } from '../registry/registry.ts';
import { DeviceJobs } from './device-jobs.ts';
import { documentForDevice, type JobFiles } from './document.ts';
import { isTerminal } from './execution.ts';
import { executionOperations } from './execution-operations.ts';
import type { JobRecord } from './job.ts';
import { jobOperations } from './job-operations.ts';
import { JobRunner } from './job-runner.ts';
import { JobStore } from './job-store.ts';
import { jobTemplateOperations } from './job-template-operations.ts';
import { JobTemplates } from './job-templates.ts';
import { Jobs } from './jobs.ts';
import { jobsDataService } from './jobs-data-operations.ts';
import { JobsTopics } from './jobs-topics.ts';
import { Notices } from './notices.ts';
import { jobProviders } from './providers.ts';
import { staticGroups, type TargetGroups } from './targets.ts';

export interface IotJobsOptions {
  readonly account: Account;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly publish: Publish;
  readonly files: JobFiles;
  readonly quotas: QuotaMode;
  /** The registry's static groups when absent; who adds dynamic groups gives both. */
  readonly groups?: TargetGroups;
  /** What the user should know. */
  report(line: string): void;
}

/** AWS IoT Jobs of one account and Region. */
export interface IotJobs {
  readonly jobs: Jobs;
  readonly devices: DeviceJobs;
  readonly topics: ReservedTopics;
  /** Of the `iot` control plane. */
  readonly operations: Readonly<Record<string, OperationDefinition>>;
  /** The data plane for devices, `iot-jobs-data`. */
  readonly service: AwsService;
  readonly providers: readonly ResourceProvider[];
  /** Takes up what earlier runs left; call it when messages can be published. */
  resume(): void;
  /** Resolves when all notifications so far have been handed to the broker. */
  settled(): Promise<void>;
  close(): void;
}

/** General Reference, "AWS IoT Jobs": concurrent jobs, active jobs, device requests a second. */
const AWS_LIMITS = { concurrentJobs: 500, activeJobs: 100_000, deviceRequestRate: 200 };
const NO_LIMITS = { concurrentJobs: Infinity, activeJobs: Infinity, deviceRequestRate: Infinity };
const LIMITS = {
  aws: AWS_LIMITS,
  sizes: { ...AWS_LIMITS, deviceRequestRate: Infinity },
  off: NO_LIMITS,
} as const satisfies Record<QuotaMode, object>;

export function openIotJobs(options: IotJobsOptions): IotJobs {
  const { account, clock, registry, files, report } = options;
  const limits = LIMITS[options.quotas];
  const groups = options.groups ?? staticGroups(registry);
  const document = (job: JobRecord): Promise<string> => documentForDevice(job, files);
  const store = new JobStore(registry.tables);
  const notices = new Notices(
    {
      ...{ account, clock, document, report },
      publish: options.publish,
      isEventEnabled: (type) => registry.settings.isEventEnabled(type),
    },
    store,
  );
  const runner = new JobRunner({ registry, clock, groups, store, notices, report, ...limits });
  const templates = new JobTemplates(registry, clock);
  const jobs = new Jobs({ registry, clock, store, runner, templates, groups, files, ...limits });
  const devices = new DeviceJobs({ registry, clock, store, runner, document, ...limits });
  const stopFollowing = followTargets({ registry, groups, store, runner });
  return {
    jobs,
    devices,
    topics: new JobsTopics(devices, clock, report),
    operations: {
      ...jobOperations(jobs, registry),
      ...executionOperations(jobs, registry),
      ...jobTemplateOperations(jobs, registry),
    },
    service: jobsDataService(devices),
    providers: jobProviders(jobs, registry),
    resume: () => runner.resume(),
    settled: () => notices.settled(),
    close() {
      for (const stop of stopFollowing) stop();
      runner.close();
    },
  };
}

interface Followed {
  readonly registry: Registry;
  readonly groups: TargetGroups;
  readonly store: JobStore;
  readonly runner: JobRunner;
}

/** Continuous jobs follow their groups; no job waits for a thing that was deleted. */
function followTargets({ registry, groups, store, runner }: Followed): (() => void)[] {
  const jobsWith = (thingName: string): string[] => [
    ...[...store.executions.recordsBy('pending', thingName)].map(({ jobId }) => jobId),
    ...[...store.waiting.recordsBy('thing', thingName)].map(({ jobId }) => jobId),
  ];
  const join = (thingName: string, joined: readonly string[]): void => {
    const jobIds = new Set(joined.flatMap((group) => [...store.jobs.by('target', group)]));
    for (const jobId of jobIds) {
      const job = store.jobs.get(jobId)!;
      // A job that has not begun finds its things when it does.
      if (job.startedAt === undefined || job.ended || store.awaits(jobId, thingName)) continue;
      const latest = store.execution(jobId, thingName)?.status;
      if (latest === undefined || (isTerminal(latest) && latest !== 'SUCCEEDED')) runner.include(job, thingName, 0);
      runner.settle(jobId);
    }
  };
  const leave = (thingName: string): void => {
    const targets = new Set(groups.groupsOf(thingName)).add(iotArn(registry.account, 'thing', thingName));
    for (const jobId of new Set(jobsWith(thingName))) {
      const job = store.jobs.get(jobId)!;
      if (job.targetSelection === 'CONTINUOUS' && !job.targets.some((target) => targets.has(target)))
        runner.exclude(jobId, thingName);
    }
  };
  return [
    groups.onMembership((thingName, change) =>
      runner.atomically(() => (change === 'left' ? leave(thingName) : join(thingName, change.joined))),
    ),
    registry.changes.subscribe((change) => {
      if (change.kind !== 'thing-deleted') return;
      runner.atomically(() => {
        for (const jobId of new Set(jobsWith(change.thingName))) runner.exclude(jobId, change.thingName);
      });
    }),
  ];
}
