import { beforeEach, describe, expect, test } from '@jest/globals';

import { openJobsWorld, thingArn, groupArn, type JobsWorld, type Json } from './jobs-world.ts';

let world: JobsWorld;

beforeEach(() => {
  world = openJobsWorld();
  world.thing('MyThing');
});

const seconds = (): number => Math.floor(world.clock.now() / 1000);

describe('the series of notifications in the guide ("Job pending")', () => {
  test('is published as it is printed there', async () => {
    const start = seconds();
    const wait = async (count: number): Promise<void> => world.clock.advance(count * 1000);
    const payloads = async (): Promise<[string, Json][]> =>
      (await world.heard()).map(({ topic, payload }) => [topic.split('/jobs/')[1]!, payload]);
    const queued = (jobId: string, at: number): Json => ({
      jobId,
      queuedAt: start + at,
      lastUpdatedAt: start + at,
      executionNumber: 1,
      versionNumber: 1,
    });
    const started = (jobId: string, at: number, since: number): Json => ({
      ...queued(jobId, at),
      lastUpdatedAt: start + since,
      startedAt: start + since,
      versionNumber: 2,
    });

    await world.job('job1', ['MyThing']);
    expect(await payloads()).toEqual([
      ['notify', { timestamp: start, jobs: { QUEUED: [queued('job1', 0)] } }],
      [
        'notify-next',
        {
          timestamp: start,
          execution: { ...queued('job1', 0), status: 'QUEUED', jobDocument: { operation: 'test' } },
        },
      ],
    ]);

    await wait(10);
    await world.job('job2', ['MyThing']);
    expect(await payloads()).toEqual([
      ['notify', { timestamp: start + 10, jobs: { QUEUED: [queued('job1', 0), queued('job2', 10)] } }],
    ]);

    // "No notifications are published because the list of jobs and the next job in the queue have not changed."
    await wait(10);
    await world.device('MyThing', 'job1/update', { status: 'IN_PROGRESS' });
    expect(await payloads()).toEqual([]);

    await wait(10);
    await world.job('job3', ['MyThing']);
    expect(await payloads()).toEqual([
      [
        'notify',
        {
          timestamp: start + 30,
          jobs: { IN_PROGRESS: [started('job1', 0, 20)], QUEUED: [queued('job2', 10), queued('job3', 30)] },
        },
      ],
    ]);

    await wait(10);
    await world.device('MyThing', 'job1/update', { status: 'SUCCEEDED' });
    expect(await payloads()).toEqual([
      ['notify', { timestamp: start + 40, jobs: { QUEUED: [queued('job2', 10), queued('job3', 30)] } }],
      [
        'notify-next',
        {
          timestamp: start + 40,
          execution: { ...queued('job2', 10), status: 'QUEUED', jobDocument: { operation: 'test' } },
        },
      ],
    ]);

    await wait(10);
    await world.device('MyThing', 'job3/update', { status: 'IN_PROGRESS' });
    expect(await payloads()).toEqual([
      [
        'notify-next',
        {
          timestamp: start + 50,
          execution: { ...started('job3', 30, 50), status: 'IN_PROGRESS', jobDocument: { operation: 'test' } },
        },
      ],
    ]);

    await wait(10);
    await world.device('MyThing', 'job2/update', { status: 'REJECTED' });
    expect(await payloads()).toEqual([
      ['notify', { timestamp: start + 60, jobs: { IN_PROGRESS: [started('job3', 30, 50)] } }],
    ]);

    await wait(10);
    await world.call('DeleteJob', { jobId: 'job3', force: true });
    expect(await payloads()).toEqual([
      ['notify', { timestamp: start + 70, jobs: {} }],
      ['notify-next', { timestamp: start + 70 }],
    ]);
  });
});

describe('the workflow of the guide ("Jobs workflow")', () => {
  test('answers each step as it is printed there', async () => {
    await world.job('0023', ['MyThing'], { document: '{"file":"firmware.bin"}' });
    const at = seconds();

    expect(await world.device('MyThing', '0023/get', { clientToken: 'client-001' })).toEqual({
      clientToken: 'client-001',
      timestamp: at,
      execution: {
        jobId: '0023',
        thingName: 'MyThing',
        status: 'QUEUED',
        queuedAt: at,
        lastUpdatedAt: at,
        executionNumber: 1,
        versionNumber: 1,
        jobDocument: { file: 'firmware.bin' },
      },
    });
    // The example has the version as text.
    expect(
      await world.device('MyThing', '0023/update', {
        status: 'IN_PROGRESS',
        statusDetails: { progress: '50%' },
        expectedVersion: '1',
        clientToken: 'client001',
      }),
    ).toEqual({ clientToken: 'client001', timestamp: at });
    expect(
      await world.device('MyThing', '0023/update', {
        status: 'SUCCEEDED',
        statusDetails: { progress: '100%' },
        expectedVersion: '2',
        includeJobExecutionState: true,
        includeJobDocument: true,
      }),
    ).toEqual({
      timestamp: at,
      executionState: { status: 'SUCCEEDED', statusDetails: { progress: '100%' }, versionNumber: 3 },
      jobDocument: { file: 'firmware.bin' },
    });
  });

  test('GetPendingJobExecutions gives what is in progress and what is queued', async () => {
    await world.job('0002', ['MyThing']);
    await world.job('0003', ['MyThing']);
    await world.device('MyThing', '0003/update', { status: 'IN_PROGRESS' });
    const at = seconds();
    const summary = { queuedAt: at, lastUpdatedAt: at, executionNumber: 1 };

    expect(await world.device('MyThing', 'get', { clientToken: 'client-001' })).toEqual({
      inProgressJobs: [{ jobId: '0003', startedAt: at, versionNumber: 2, ...summary }],
      queuedJobs: [{ jobId: '0002', versionNumber: 1, ...summary }],
      timestamp: at,
      clientToken: 'client-001',
    });
  });

  test('StartNextPendingJobExecution prefers what is in progress, and leaves its details alone', async () => {
    await world.job('first', ['MyThing']);
    await world.job('second', ['MyThing']);

    const started = await world.device('MyThing', 'start-next', { statusDetails: { step: 'download' } });
    const again = await world.device('MyThing', 'start-next', { statusDetails: { step: 'other' } });

    expect(started['execution']).toMatchObject({
      jobId: 'first',
      status: 'IN_PROGRESS',
      statusDetails: { step: 'download' },
      versionNumber: 2,
    });
    expect(again['execution']).toEqual(started['execution']);
  });

  test('without a pending execution the answers have no execution', async () => {
    expect(await world.device('MyThing', 'start-next')).toEqual({ timestamp: seconds() });
    expect(await world.device('MyThing', '$next/get')).toEqual({ timestamp: seconds() });
    expect(await world.device('MyThing', 'get')).toEqual({
      timestamp: seconds(),
      inProgressJobs: [],
      queuedJobs: [],
    });
  });
});

describe('the errors of the guide ("ErrorResponse")', () => {
  beforeEach(async () => {
    await world.job('pending', ['MyThing']);
    await world.job('over', ['MyThing']);
    await world.device('MyThing', 'over/update', { status: 'SUCCEEDED' });
  });

  const progress = { status: 'IN_PROGRESS' };
  const cases: [code: string, path: string, payload: unknown, state?: Json][] = [
    ['InvalidTopic', 'nonsense', {}],
    ['InvalidTopic', 'notify', {}],
    ['InvalidTopic', 'pending/get/more', {}],
    ['InvalidTopic', 'pending/delete', {}],
    ['InvalidTopic', '', {}],
    ['InvalidJson', 'get', Buffer.from('{"clientToken":')],
    ['InvalidJson', 'get', Buffer.from([0x22, 0xff, 0x22])],
    ['InvalidRequest', 'get', []],
    ['InvalidRequest', 'pending/update', {}],
    ['InvalidRequest', 'pending/update', { status: 'DONE' }],
    ['InvalidRequest', 'pending/update', { status: 'CANCELED' }],
    ['InvalidRequest', 'pending/update', { ...progress, statusDetails: { step: 7 } }],
    ['InvalidRequest', 'pending/update', { ...progress, statusDetails: 'half' }],
    ['InvalidRequest', 'pending/update', { ...progress, statusDetails: { 'a b': 'c' } }],
    ['InvalidRequest', 'pending/update', { ...progress, statusDetails: { a: 'x'.repeat(1025) } }],
    ['InvalidRequest', 'pending/update', { ...progress, statusDetails: { ['n'.repeat(129)]: 'x' } }],
    [
      'InvalidRequest',
      'pending/update',
      { ...progress, statusDetails: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`k${i}`, 'v'])) },
    ],
    ['InvalidRequest', 'pending/update', { ...progress, expectedVersion: 'one' }],
    ['InvalidRequest', 'pending/update', { ...progress, includeJobDocument: 'yes' }],
    ['InvalidRequest', 'pending/update', { ...progress, stepTimeoutInMinutes: 0 }],
    ['InvalidRequest', 'pending/update', { ...progress, stepTimeoutInMinutes: 10_081 }],
    ['InvalidRequest', 'start-next', { stepTimeoutInMinutes: -2 }],
    ['InvalidRequest', 'pending/get', { executionNumber: 1.5 }],
    ['InvalidStateTransition', 'over/update', progress, { status: 'SUCCEEDED', versionNumber: 2 }],
    ['ResourceNotFound', 'unknown/update', progress],
    ['ResourceNotFound', 'unknown/get', {}],
    ['ResourceNotFound', 'pending/get', { executionNumber: 2 }],
    ['VersionMismatch', 'pending/update', { ...progress, expectedVersion: 7 }, { status: 'QUEUED', versionNumber: 1 }],
    ['TerminalStateReached', 'over/get', {}],
  ];
  test.each(cases.map(([code, path, payload, state]) => ({ code, path, payload, state })))(
    '$code: $path $payload',
    async ({ code, path, payload, state }) => {
      const before = world.jobs.store.execution('pending', 'MyThing');
      const error = await world.rejected('MyThing', path, payload);
      expect(error).toEqual({
        code,
        message: expect.any(String),
        timestamp: seconds(),
        ...(state && { executionState: state }),
      });
      expect(world.jobs.store.execution('pending', 'MyThing')).toBe(before);
    },
  );

  test('a rejection carries the client token', async () => {
    expect(await world.rejected('MyThing', 'unknown/get', { clientToken: 'mine' })).toMatchObject({
      clientToken: 'mine',
    });
  });

  test('a thing that is not registered has no jobs', async () => {
    expect(await world.rejected('Nobody', 'get')).toMatchObject({ code: 'ResourceNotFound' });
  });

  test('200 reads and 200 writes a second are answered, the next are throttled', async () => {
    for (let count = 0; count < 200; count++) await world.device('MyThing', 'get');
    expect(await world.rejected('MyThing', '$next/get')).toMatchObject({ code: 'RequestThrottled' });
    // `beforeEach` made one write.
    for (let count = 0; count < 199; count++) await world.device('MyThing', 'start-next');
    expect(await world.rejected('MyThing', 'pending/update', progress)).toMatchObject({ code: 'RequestThrottled' });
    await world.clock.advance(1000);
    await world.device('MyThing', 'get');
    await world.device('MyThing', 'start-next');
  });
});

describe('the timers of the guide ("How timers work for job timeouts")', () => {
  test('the execution of the example times out at 12:20', async () => {
    const noon = world.clock.now();
    const at = (minutes: number): Promise<void> => world.clock.advance(noon + minutes * 60_000 - world.clock.now());
    await world.job('update', ['MyThing'], { timeoutConfig: { inProgressTimeoutInMinutes: 20 } });
    await world.device('MyThing', 'start-next');
    const left = async (): Promise<unknown> =>
      ((await world.device('MyThing', 'update/get'))['execution'] as Json)['approximateSecondsBeforeTimedOut'];
    const step = (minutes: number): Promise<Json> =>
      world.device('MyThing', 'update/update', { status: 'IN_PROGRESS', stepTimeoutInMinutes: minutes });

    expect(await left()).toBe(20 * 60);
    await at(5);
    await step(7);
    expect(await left()).toBe(7 * 60);
    await at(10);
    await step(5);
    expect(await left()).toBe(5 * 60);
    await at(13);
    await step(9);
    expect(await left()).toBe(7 * 60);
    await at(19.99);
    expect(world.statusOf('update', 'MyThing')).toBe('IN_PROGRESS');
    await at(20);
    expect(world.statusOf('update', 'MyThing')).toBe('TIMED_OUT');
    expect(world.jobStatus('update')).toBe('COMPLETED');
  });

  test('-1 ends the step timer', async () => {
    await world.job('update', ['MyThing']);
    await world.device('MyThing', 'start-next', { stepTimeoutInMinutes: 1 });
    await world.device('MyThing', 'update/update', { status: 'IN_PROGRESS', stepTimeoutInMinutes: -1 });
    await world.clock.advance(7 * 24 * 3600_000);
    expect(world.statusOf('update', 'MyThing')).toBe('IN_PROGRESS');
  });
});

describe('the rollout of the guide ("Job rollout rates")', () => {
  test('50 a minute doubles with each thousand notified things', async () => {
    const names = Array.from({ length: 3300 }, (_, index) => `thing-${index}`);
    world.registry.atomically(() => world.thing(...names));
    const fleet = world.registry.atomically(() => world.group('fleet', names));
    await world.job('update', [fleet], {
      jobExecutionsRolloutConfig: {
        exponentialRate: {
          baseRatePerMinute: 50,
          incrementFactor: 2,
          rateIncreaseCriteria: { numberOfNotifiedThings: 1000, numberOfSucceededThings: 1000 },
        },
        maximumPerMinute: 1000,
      },
    });
    const notified: number[] = [];
    for (let minute = 0; minute < 36; minute++) {
      notified.push(world.jobs.describe('update').notified);
      await world.clock.advance(60_000);
    }
    const rates = notified.map((count, minute) => count - (notified[minute - 1] ?? 0));
    expect(rates.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 50));
    expect(rates.slice(20, 30)).toEqual(Array.from({ length: 10 }, () => 100));
    expect(rates.slice(30, 35)).toEqual(Array.from({ length: 5 }, () => 200));
    expect(rates[35]).toBe(300);
  });
});

describe('the events of the guide ("Jobs events")', () => {
  beforeEach(() => world.registry.settings.setEventConfigurations({ JOB: true, JOB_EXECUTION: true }));

  const eventId = expect.stringMatching(/^[0-9a-f-]{36}$/);

  test('completed', async () => {
    world.thing('Other');
    await world.job('j', ['MyThing', 'Other'], { description: 'My Job Description' });
    await world.heard();
    await world.device('MyThing', 'j/update', { status: 'SUCCEEDED', statusDetails: { key: 'value' } });
    expect(await world.heard('$aws/events/')).toEqual([
      {
        topic: '$aws/events/jobExecution/j/succeeded',
        payload: {
          eventType: 'JOB_EXECUTION',
          eventId,
          timestamp: seconds(),
          operation: 'succeeded',
          jobId: 'j',
          thingArn: thingArn('MyThing'),
          status: 'SUCCEEDED',
          statusDetails: { key: 'value' },
        },
      },
    ]);
    await world.device('Other', 'j/update', { status: 'FAILED' });
    const now = world.clock.now();
    expect((await world.heard('$aws/events/job/'))[0]).toEqual({
      topic: '$aws/events/job/j/completed',
      payload: {
        eventType: 'JOB',
        eventId,
        timestamp: seconds(),
        operation: 'completed',
        jobId: 'j',
        status: 'COMPLETED',
        targetSelection: 'SNAPSHOT',
        targets: [thingArn('MyThing'), thingArn('Other')],
        description: 'My Job Description',
        completedAt: now,
        createdAt: now,
        lastUpdatedAt: now,
        jobProcessDetails: {
          numberOfCanceledThings: 0,
          numberOfRejectedThings: 0,
          numberOfFailedThings: 1,
          numberOfRemovedThings: 0,
          numberOfSucceededThings: 1,
        },
      },
    });
  });

  test('cancellation and deletion are announced before and after, with the comment', async () => {
    await world.job('j', [world.group('g', ['MyThing'])], { targetSelection: 'CONTINUOUS' });
    await world.heard();
    await world.call('CancelJob', { jobId: 'j', comment: 'wrong file' });
    await world.call('DeleteJob', { jobId: 'j' });
    const events = await world.heard('$aws/events/');
    expect(events.map(({ topic, payload }) => [topic, payload['status']])).toEqual([
      ['$aws/events/job/j/cancellation_in_progress', 'CANCELLATION_IN_PROGRESS'],
      ['$aws/events/jobExecution/j/canceled', 'CANCELED'],
      ['$aws/events/job/j/canceled', 'CANCELED'],
      ['$aws/events/job/j/deletion_in_progress', 'DELETION_IN_PROGRESS'],
      ['$aws/events/jobExecution/j/deleted', 'CANCELED'],
      ['$aws/events/job/j/deleted', 'DELETED'],
    ]);
    expect(events[0]!.payload).toMatchObject({
      comment: 'wrong file',
      targetSelection: 'CONTINUOUS',
      targets: [groupArn('g')],
    });
  });

  test.each([
    ['rejected', { status: 'REJECTED' }],
    ['failed', { status: 'FAILED' }],
  ])('%s', async (operation, update) => {
    await world.job('j', ['MyThing']);
    await world.device('MyThing', 'j/update', update);
    expect((await world.heard('jobExecution')).map(({ topic }) => topic)).toEqual([
      `$aws/events/jobExecution/j/${operation}`,
    ]);
  });

  test('timed_out and removed', async () => {
    await world.job('slow', ['MyThing'], { timeoutConfig: { inProgressTimeoutInMinutes: 1 } });
    await world.device('MyThing', 'start-next');
    await world.clock.advance(60_000);
    await world.job('gone', ['MyThing']);
    world.registry.deleteThing('MyThing');
    expect((await world.heard('jobExecution')).map(({ topic }) => topic)).toEqual([
      '$aws/events/jobExecution/slow/timed_out',
      '$aws/events/jobExecution/gone/removed',
    ]);
  });

  test('nothing is published while they are switched off', async () => {
    world.registry.settings.setEventConfigurations({ JOB: false, JOB_EXECUTION: false });
    await world.job('j', ['MyThing']);
    await world.device('MyThing', 'j/update', { status: 'SUCCEEDED' });
    expect(await world.heard('$aws/events/')).toEqual([]);
  });
});
