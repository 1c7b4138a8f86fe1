import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { ManualClock } from '../../../../twin/clock.ts';
import {
  deadlineOf,
  EXECUTION_STATUSES,
  isTerminal,
  mayFollow,
  moved,
  type ExecutionRecord,
  type ExecutionStatus,
} from '../../../../twin/iot/jobs/execution.ts';
import { isRetried, metAbortCriterion } from '../../../../twin/iot/jobs/failure-criteria.ts';
import { ratePerMinute } from '../../../../twin/iot/jobs/rollout.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { openJobsWorld, type Json, type JobsWorld } from './jobs-world.ts';

const MINUTE_MS = 60_000;
const status = fc.constantFrom(...EXECUTION_STATUSES);
const minutes = fc.integer({ min: 1, max: 10_080 });

const queued: ExecutionRecord = {
  ...{ jobId: 'j', thingName: 't', executionNumber: 1, status: 'QUEUED', queuedAt: 0, lastUpdatedAt: 0 },
  ...{ versionNumber: 1, retryAttempt: 0, sequence: 1 },
};

describe('the execution state machine', () => {
  test('nothing follows a terminal state, and everything can reach one', () => {
    for (const before of EXECUTION_STATUSES) {
      const followers = EXECUTION_STATUSES.filter((after) => mayFollow(before, after));
      expect(followers.length === 0).toBe(isTerminal(before));
      if (!isTerminal(before)) expect(followers).toEqual(expect.arrayContaining(['SUCCEEDED', 'REMOVED', 'CANCELED']));
    }
  });

  test('versions count the moves, timers run in progress only, and the in-progress timer never moves', () => {
    const step = fc.record({ to: status, wait: fc.nat(10_000), step: fc.option(fc.oneof(minutes, fc.constant(-1))) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.option(minutes), (steps, timeout) => {
        let execution = queued;
        let now = 0;
        let moves = 0;
        let startedAt: number | undefined;
        for (const { to, wait, step: stepTimeout } of steps) {
          now += wait;
          if (!mayFollow(execution.status, to)) continue;
          const before = execution;
          execution = moved(
            execution,
            { status: to, stepTimeoutInMinutes: stepTimeout ?? undefined },
            now,
            timeout ?? undefined,
          );
          moves += 1;
          if (to === 'IN_PROGRESS') startedAt ??= now;
          expect(execution.versionNumber).toBe(1 + moves);
          expect(execution.startedAt).toBe(startedAt);
          if (to !== 'IN_PROGRESS') expect(deadlineOf(execution)).toBeUndefined();
          else {
            const whole = timeout === null ? Infinity : startedAt! + timeout * MINUTE_MS;
            expect(execution.inProgressDeadline ?? Infinity).toBe(whole);
            expect(deadlineOf(execution) ?? Infinity).toBeLessThanOrEqual(whole);
            if (stepTimeout === null) expect(execution.stepDeadline).toBe(before.stepDeadline);
            else expect(execution.stepDeadline).toBe(stepTimeout === -1 ? undefined : now + stepTimeout * MINUTE_MS);
          }
        }
      }),
    );
  });
});

describe('failure criteria', () => {
  const counts = fc.record(
    Object.fromEntries(EXECUTION_STATUSES.map((name) => [name, fc.nat(50)])) as Record<
      ExecutionStatus,
      fc.Arbitrary<number>
    >,
  );

  test('an abort is due exactly from the threshold and the number of executed things on', () => {
    const type = fc.constantFrom('FAILED' as const, 'REJECTED' as const, 'TIMED_OUT' as const, 'ALL' as const);
    fc.assert(
      fc.property(
        counts,
        type,
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 80 }),
        (c, t, percent, n) => {
          const criterion = {
            failureType: t,
            action: 'CANCEL',
            thresholdPercentage: percent,
            minNumberOfExecutedThings: n,
          };
          const executed = c.SUCCEEDED + c.FAILED + c.REJECTED + c.TIMED_OUT;
          const failed = t === 'ALL' ? executed - c.SUCCEEDED : c[t];
          const due = executed >= n && failed > 0 && failed / executed >= percent / 100 - 1e-12;
          expect(metAbortCriterion([criterion as never], c) !== undefined).toBe(due);
        },
      ),
    );
  });

  test('an execution is tried again as often as its criteria say, and no oftener', () => {
    const failure = fc.constantFrom('FAILED' as const, 'TIMED_OUT' as const);
    fc.assert(
      fc.property(
        fc.nat(5),
        fc.nat(5),
        fc.array(failure, { minLength: 12, maxLength: 12 }),
        (failed, timedOut, falls) => {
          const criteria = [
            { failureType: 'FAILED' as const, numberOfRetries: failed },
            { failureType: 'TIMED_OUT' as const, numberOfRetries: timedOut },
          ];
          const attempts: ExecutionRecord[] = [];
          for (const fall of falls) {
            attempts.push({ ...queued, status: fall });
            if (!isRetried(criteria, attempts)) break;
          }
          const last = attempts.at(-1)!.status;
          const ofLast = attempts.filter((attempt) => attempt.status === last).length;
          expect(ofLast).toBe((last === 'FAILED' ? failed : timedOut) + 1);
          expect(attempts.length).toBeLessThanOrEqual(failed + timedOut + 1);
        },
      ),
    );
  });
});

test('a rollout rate is never below its base, never falls, and never exceeds its ceiling', () => {
  const rate = fc.record({
    base: fc.integer({ min: 1, max: 1000 }),
    factor: fc.integer({ min: 11, max: 50 }).map((tenths) => tenths / 10),
    every: fc.integer({ min: 1, max: 100 }),
    ceiling: fc.integer({ min: 1, max: 1000 }),
    counts: fc.array(fc.nat(10_000), { minLength: 2 }).map((list) => list.sort((a, b) => a - b)),
  });
  fc.assert(
    fc.property(rate, ({ base, factor, every, ceiling, counts }) => {
      const config = {
        maximumPerMinute: ceiling,
        exponentialRate: {
          ...{ baseRatePerMinute: base, incrementFactor: factor },
          rateIncreaseCriteria: { numberOfSucceededThings: every },
        },
      };
      const rates = counts.map((succeeded) => ratePerMinute(config, { notified: 0, succeeded }));
      expect(rates).toEqual([...rates].sort((a, b) => a - b));
      expect(rates[0]).toBeGreaterThanOrEqual(Math.min(base, ceiling));
      expect(rates.at(-1)).toBeLessThanOrEqual(ceiling);
    }),
  );
});

describe('whatever devices, operators and time do', () => {
  const THINGS = ['a', 'b', 'c'];
  const JOBS = ['j1', 'j2'];
  const action = fc.record({
    what: fc.constantFrom('start', 'update', 'cancel', 'force', 'wait', 'delete', 'leave', 'join', 'restart'),
    thing: fc.constantFrom(...THINGS),
    job: fc.constantFrom(...JOBS),
    status: fc.constantFrom('IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'REJECTED'),
    minutes: fc.integer({ min: 1, max: 40 }),
  });
  type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

  async function act(world: JobsWorld, { what, thing, job, status: to, minutes: time }: Action): Promise<void> {
    switch (what) {
      case 'start':
        return void (await world.device(thing, 'start-next', { stepTimeoutInMinutes: time }));
      case 'update':
        return void (await world.device(thing, `${job}/update`, { status: to }));
      case 'cancel':
      case 'force':
        return void (await world.call('CancelJobExecution', { jobId: job, thingName: thing, force: what === 'force' }));
      case 'wait':
        return world.clock.advance(time * MINUTE_MS);
      case 'delete':
        return void (await world.call('DeleteJobExecution', { jobId: job, thingName: thing, executionNumber: 1 }));
      case 'leave':
        return world.registry.memberships.remove('fleet', thing);
      default:
        return world.registry.addThingToGroup('fleet', thing);
    }
  }

  test('counts match the executions, terminal executions stay, and a device hears of exactly its list', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
        const store = openStore(':memory:');
        let world = openJobsWorld({ store, clock: new ManualClock(), quotas: 'off' });
        world.thing(...THINGS);
        const fleet = world.group('fleet', THINGS);
        const retries = { criteriaList: [{ failureType: 'ALL', numberOfRetries: 1 }] };
        await world.job('j1', THINGS, {
          timeoutConfig: { inProgressTimeoutInMinutes: 30 },
          jobExecutionsRetryConfig: retries,
        });
        await world.job('j2', [fleet], {
          targetSelection: 'CONTINUOUS',
          jobExecutionsRolloutConfig: { maximumPerMinute: 1 },
        });
        const lists = new Map<string, string[]>();
        const hear = async (): Promise<void> => {
          for (const { topic, payload } of await world.heard('/jobs/notify'))
            if (topic.endsWith('/notify')) lists.set(topic.split('/')[2]!, namesOf(payload['jobs'] as Json));
        };
        const over = new Map<string, ExecutionRecord>();
        for (const step of actions) {
          await hear();
          if (step.what === 'restart') world = world.restart();
          else await act(world, step).catch(() => undefined);
          await hear();
          for (const [key, execution] of world.jobs.store.executions.entries()) {
            if (over.has(key)) expect(execution).toEqual(over.get(key));
            if (isTerminal(execution.status)) over.set(key, execution);
          }
          for (const jobId of JOBS) {
            const { jobProcessDetails } = (await world.call('DescribeJob', { jobId }))['job'] as {
              jobProcessDetails: Record<string, number>;
            };
            const latest = THINGS.map((thing) => world.statusOf(jobId, thing));
            expect(jobProcessDetails['numberOfQueuedThings']).toBe(latest.filter((s) => s === 'QUEUED').length);
            expect(jobProcessDetails['numberOfFailedThings']).toBe(latest.filter((s) => s === 'FAILED').length);
            expect(jobProcessDetails['numberOfTimedOutThings']).toBe(latest.filter((s) => s === 'TIMED_OUT').length);
          }
          for (const thing of THINGS) {
            const { inProgressJobs, queuedJobs } = await world.device(thing, 'get');
            const pending = namesOf({ IN_PROGRESS: inProgressJobs, QUEUED: queuedJobs });
            expect(lists.get(thing) ?? []).toEqual(pending);
          }
        }
        world.close();
        expect(world.reported).toEqual([]);
        store.close();
      }),
      { numRuns: 60 },
    );
  });

  function namesOf(jobs: Json): string[] {
    return Object.values(jobs)
      .flatMap((list) => list as Json[])
      .map(({ jobId, executionNumber }) => `${String(jobId)}/${String(executionNumber)}`)
      .sort();
  }
});
