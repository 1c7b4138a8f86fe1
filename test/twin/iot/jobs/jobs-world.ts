import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import type { OperationContext, OperationInput } from '../../../../twin/endpoint/service.ts';
import type { QuotaMode } from '../../../../twin/iot/broker/quotas.ts';
import type { JobFiles } from '../../../../twin/iot/jobs/document.ts';
import { openIotJobs, type IotJobs } from '../../../../twin/iot/jobs/iot-jobs.ts';
import { Registry } from '../../../../twin/iot/registry/registry.ts';
import { openStore, type Store } from '../../../../twin/state/store.ts';

export type Json = Record<string, unknown>;

export interface Told {
  readonly topic: string;
  readonly payload: Json;
}

/** IoT Jobs alone: its clock stands still, and what it publishes is kept. */
export interface JobsWorld extends IotJobs {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly registry: Registry;
  readonly told: Told[];
  readonly reported: string[];
  /** Topics whose messages never settle, or fail. */
  stall: (topic: string) => 'stall' | 'fail' | undefined;
  /** What was published since the last call, on topics that contain the text. */
  heard(about?: string): Promise<Told[]>;
  /** Calls an operation of the control plane. */
  call(operation: string, input?: OperationInput): Promise<Json>;
  /** A device's request over MQTT; throws when it is rejected, unless `rejected` is asked for. */
  device(thing: string, path: string, payload?: unknown): Promise<Json>;
  rejected(thing: string, path: string, payload?: unknown): Promise<Json>;
  thing(...names: string[]): void;
  group(name: string, members?: readonly string[], parent?: string): string;
  /** Creates a job for these things or group ARNs. */
  job(jobId: string, targets: readonly string[], more?: OperationInput): Promise<Json>;
  statusOf(jobId: string, thing: string): string | undefined;
  jobStatus(jobId: string): string;
  /** As a killed process would find its state. */
  restart(): JobsWorld;
}

export const thingArn = (name: string): string => `arn:aws:iot:us-east-1:000000000000:thing/${name}`;
export const groupArn = (name: string): string => `arn:aws:iot:us-east-1:000000000000:thinggroup/${name}`;

const FILES: JobFiles = {
  read: async ({ bucket, key }) => {
    if (key === 'missing.json') throw new Error('The specified key does not exist.');
    return JSON.stringify({ from: `${bucket}/${key}` });
  },
  presign: async ({ bucket, key }, roleArn, seconds) => `https://signed/${bucket}/${key}?as=${roleArn}&for=${seconds}`,
};

export interface JobsWorldOptions {
  readonly quotas?: QuotaMode;
  readonly files?: JobFiles;
  readonly store?: Store;
  readonly clock?: ManualClock;
}

export function openJobsWorld(options: JobsWorldOptions = {}): JobsWorld {
  const { quotas = 'aws', files = FILES, store = openStore(':memory:') } = options;
  const clock = options.clock ?? new ManualClock(Date.UTC(2026, 0, 5, 12));
  const registry = new Registry(store, DEFAULT_ACCOUNT, clock);
  const told: Told[] = [];
  const reported: string[] = [];
  const iot = openIotJobs({
    account: DEFAULT_ACCOUNT,
    ...{ clock, registry, files, quotas },
    async publish({ topic, payload }) {
      const stalled = world.stall(topic);
      if (stalled === 'fail') throw new Error('a rule failed');
      if (stalled === 'stall') await new Promise(() => undefined);
      told.push({ topic, payload: JSON.parse(payload.toString()) as Json });
    },
    report: (line) => void reported.push(line),
  });
  const request = async (thing: string, path: string, payload: unknown): Promise<{ accepted: boolean; body: Json }> => {
    const replies = await iot.topics.handle(
      {
        topic: `$aws/things/${thing}/jobs/${path}`,
        payload: Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload)),
        qos: 1,
        retain: false,
        source: { protocol: 'mqtt', clientId: thing },
        receivedAt: clock.now(),
      },
      { clientId: thing, principal: 'c', thingName: thing, protocol: 'mqtt' },
    );
    if (typeof replies === 'string') throw new Error(replies);
    const [reply] = replies;
    return { accepted: reply!.topic.endsWith('/accepted'), body: JSON.parse(reply!.payload.toString()) as Json };
  };
  const world: JobsWorld = {
    ...iot,
    ...{ clock, store, registry, told, reported },
    stall: () => undefined,
    async heard(about = '') {
      await iot.settled();
      return told.splice(0).filter(({ topic }) => topic.includes(about));
    },
    async call(operation, input = {}) {
      const context = { account: DEFAULT_ACCOUNT, authorize: () => undefined } as unknown as OperationContext;
      return (await iot.operations[operation]!.run(input, context)) as Json;
    },
    async device(thing, path, payload = {}) {
      const { accepted, body } = await request(thing, path, payload);
      if (!accepted) throw new Error(`${path} was rejected: ${JSON.stringify(body)}`);
      return body;
    },
    async rejected(thing, path, payload = {}) {
      const { accepted, body } = await request(thing, path, payload);
      if (accepted) throw new Error(`${path} was accepted: ${JSON.stringify(body)}`);
      return body;
    },
    thing(...names) {
      for (const thingName of names) registry.things.create({ thingName });
    },
    group(name, members = [], parent) {
      registry.thingGroups.create(name, parent);
      for (const member of members) registry.addThingToGroup(name, member);
      return groupArn(name);
    },
    job: (jobId, targets, more = {}) =>
      world.call('CreateJob', {
        jobId,
        targets: targets.map((target) => (target.startsWith('arn:') ? target : thingArn(target))),
        document: '{"operation":"test"}',
        ...more,
      }),
    statusOf: (jobId, thing) => iot.jobs.store.execution(jobId, thing)?.status,
    jobStatus: (jobId) => iot.jobs.describe(jobId).status,
    restart() {
      iot.close();
      return openJobsWorld({ ...options, store, clock });
    },
  };
  iot.resume();
  return world;
}
