import { beforeEach, describe, expect, test } from '@jest/globals';

import { groupArn, openJobsWorld, thingArn, type JobsWorld, type Json } from './jobs-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

let world: JobsWorld;

beforeEach(() => {
  // A Monday at noon.
  world = openJobsWorld();
});

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `t${index}`);
const statuses = (jobId: string, things: readonly string[]): (string | undefined)[] =>
  things.map((thing) => world.statusOf(jobId, thing));
const finish = (thing: string, jobId: string, status: string): Promise<Json> =>
  world.device(thing, `${jobId}/update`, { status });
const inFuture = (ms: number): string => new Date(world.clock.now() + ms).toISOString().slice(0, 16);

describe('rollout', () => {
  test('a constant rate tells so many things a minute, and the job is concurrent until all are told', async () => {
    const things = names(5);
    world.thing(...things);
    await world.job('j', things, { jobExecutionsRolloutConfig: { maximumPerMinute: 2 } });
    const told: number[] = [];
    const concurrent: unknown[] = [];
    for (let minute = 0; minute < 4; minute++) {
      told.push(statuses('j', things).filter(Boolean).length);
      concurrent.push(((await world.call('DescribeJob', { jobId: 'j' }))['job'] as Json)['isConcurrent']);
      await world.clock.advance(MINUTE_MS);
    }
    expect(told).toEqual([2, 4, 5, 5]);
    expect(concurrent).toEqual([true, true, false, false]);
  });

  test('without a rate a thousand things are told at once', async () => {
    const things = names(1001);
    world.registry.atomically(() => world.thing(...things));
    await world.job('j', [world.registry.atomically(() => world.group('g', things))]);
    expect(statuses('j', things).filter(Boolean)).toHaveLength(1000);
    await world.clock.advance(MINUTE_MS);
    expect(statuses('j', things).filter(Boolean)).toHaveLength(1001);
  });

  test('a job that was to wait goes on after a restart, and what fell due meanwhile happens at once', async () => {
    const things = names(3);
    world.thing(...things);
    await world.job('j', things, {
      jobExecutionsRolloutConfig: { maximumPerMinute: 1 },
      timeoutConfig: { inProgressTimeoutInMinutes: 5 },
    });
    await world.device('t0', 'start-next');
    world.close();
    await world.clock.advance(10 * MINUTE_MS);
    world = world.restart();
    await world.clock.advance(0);
    expect(statuses('j', things)).toEqual(['TIMED_OUT', 'QUEUED', undefined]);
    await world.clock.advance(MINUTE_MS);
    expect(statuses('j', things)).toEqual(['TIMED_OUT', 'QUEUED', 'QUEUED']);
  });

  test('a snapshot job without any thing is complete', async () => {
    await world.job('j', [world.group('empty')]);
    expect(world.jobStatus('j')).toBe('COMPLETED');
  });

  test('the 501st job that rolls out waits for its turn', async () => {
    world.thing('a', 'b');
    const slow = { jobExecutionsRolloutConfig: { maximumPerMinute: 1 } };
    for (let count = 0; count < 500; count++) await world.job(`slow-${count}`, ['a', 'b'], slow);
    await world.job('late', ['a']);
    expect(world.statusOf('late', 'a')).toBeUndefined();
    expect(world.jobStatus('late')).toBe('IN_PROGRESS');
    await world.clock.advance(2 * MINUTE_MS);
    expect(world.statusOf('late', 'a')).toBe('QUEUED');
  });

  test('at the limit a job that has told everybody is left alone, and one with windows is canceled', async () => {
    world.thing('a', 'b');
    const windowed = {
      targetSelection: 'CONTINUOUS',
      schedulingConfig: { maintenanceWindows: [{ startTime: 'cron(0 * * * ? *)', durationInMinutes: 30 }] },
    };
    await world.clock.advance(10 * MINUTE_MS);
    await world.job('told', [world.group('one', ['a'])], windowed);
    expect(world.statusOf('told', 'a')).toBe('QUEUED');
    for (let count = 0; count < 500; count++)
      await world.job(`slow-${count}`, ['a', 'b'], { jobExecutionsRolloutConfig: { maximumPerMinute: 1 } });
    await world.job('late', [world.group('two', ['b'])], windowed);
    await world.call('UpdateJob', { jobId: 'told', description: 'still here' });
    expect(world.jobStatus('told')).toBe('IN_PROGRESS');
    expect(world.jobs.describe('late')).toMatchObject({ status: 'CANCELED', comment: '500 jobs roll out already.' });
  });
});

describe('targets', () => {
  test('a group means its members and those of the groups below it, each once', async () => {
    world.thing('a', 'b', 'c');
    const parent = world.group('parent', ['a']);
    world.group('child', ['b'], 'parent');
    await world.job('j', [parent, 'a', 'b']);
    expect(statuses('j', ['a', 'b', 'c'])).toEqual(['QUEUED', 'QUEUED', undefined]);
    expect(world.jobs.describe('j').notified).toBe(2);
  });

  test('a continuous job follows its group, a snapshot job does not', async () => {
    world.thing('a', 'b', 'c');
    const fleet = world.group('fleet', ['a', 'b']);
    await world.job('once', [fleet]);
    await world.job('always', [fleet], { targetSelection: 'CONTINUOUS' });
    world.registry.addThingToGroup('fleet', 'c');
    world.registry.memberships.remove('fleet', 'a');
    expect(statuses('once', ['a', 'b', 'c'])).toEqual(['QUEUED', 'QUEUED', undefined]);
    expect(statuses('always', ['a', 'b', 'c'])).toEqual(['REMOVED', 'QUEUED', 'QUEUED']);
    await finish('b', 'always', 'SUCCEEDED');
    await finish('c', 'always', 'SUCCEEDED');
    expect(world.jobStatus('always')).toBe('IN_PROGRESS');
  });

  test('a thing that comes back is told again, unless it had succeeded, and its retries count anew', async () => {
    world.thing('a', 'b');
    const fleet = world.group('fleet', ['a', 'b']);
    const retries = { criteriaList: [{ failureType: 'FAILED', numberOfRetries: 1 }] };
    await world.job('j', [fleet], { targetSelection: 'CONTINUOUS', jobExecutionsRetryConfig: retries });
    await finish('a', 'j', 'SUCCEEDED');
    await finish('b', 'j', 'FAILED');
    await finish('b', 'j', 'FAILED');
    expect(world.statusOf('j', 'b')).toBe('FAILED');
    for (const thing of ['a', 'b']) {
      world.registry.memberships.remove('fleet', thing);
      world.registry.addThingToGroup('fleet', thing);
    }
    expect(statuses('j', ['a', 'b'])).toEqual(['SUCCEEDED', 'QUEUED']);
    await finish('b', 'j', 'FAILED');
    expect(world.statusOf('j', 'b')).toBe('QUEUED');
    expect(world.jobs.execution('j', 'b')).toMatchObject({ executionNumber: 4, retryAttempt: 1 });
  });

  test('deleting a thing removes its executions, of a snapshot job too, which may complete it', async () => {
    world.thing('a', 'b');
    await world.job('j', ['a', 'b'], { jobExecutionsRolloutConfig: { maximumPerMinute: 1 } });
    world.registry.deleteThing('a');
    world.registry.deleteThing('b');
    expect(world.jobStatus('j')).toBe('COMPLETED');
    expect(statuses('j', ['a', 'b'])).toEqual(['REMOVED', undefined]);
  });

  test('AssociateTargetsWithJob adds groups to a continuous job alone', async () => {
    world.thing('a', 'b');
    const [first, second] = [world.group('first', ['a']), world.group('second', ['b'])];
    await world.job('once', [first]);
    await world.job('always', [first], { targetSelection: 'CONTINUOUS' });
    await expect(world.call('AssociateTargetsWithJob', { jobId: 'once', targets: [second] })).rejects.toMatchObject({
      code: 'InvalidRequestException',
    });
    await expect(
      world.call('AssociateTargetsWithJob', { jobId: 'always', targets: [thingArn('b')] }),
    ).rejects.toMatchObject({ code: 'InvalidRequestException' });
    await world.call('AssociateTargetsWithJob', { jobId: 'always', targets: [second], comment: 'wave two' });
    expect(statuses('always', ['a', 'b'])).toEqual(['QUEUED', 'QUEUED']);
    expect(world.jobs.describe('always')).toMatchObject({ targets: [first, second], comment: 'wave two' });
  });
});

describe('abort and retry', () => {
  const abort = (more: Json = {}): Json => ({
    abortConfig: {
      criteriaList: [
        { failureType: 'FAILED', action: 'CANCEL', thresholdPercentage: 50, minNumberOfExecutedThings: 4, ...more },
      ],
    },
  });

  test('a job is aborted at its threshold: what is queued is canceled, what is in progress goes on', async () => {
    const things = names(6);
    world.thing(...things);
    await world.job('j', things, abort());
    await world.device('t5', 'j/update', { status: 'IN_PROGRESS' });
    for (const [index, status] of ['FAILED', 'SUCCEEDED', 'FAILED'].entries()) await finish(`t${index}`, 'j', status);
    expect(world.jobStatus('j')).toBe('IN_PROGRESS');
    await finish('t3', 'j', 'SUCCEEDED');
    expect(world.jobStatus('j')).toBe('CANCELED');
    expect(statuses('j', ['t4', 't5'])).toEqual(['CANCELED', 'IN_PROGRESS']);
    await finish('t5', 'j', 'SUCCEEDED');
    expect(world.statusOf('j', 't5')).toBe('SUCCEEDED');
    expect(world.jobs.describe('j').comment).toContain('50% FAILED');
  });

  test('things that were not told yet are not told any more', async () => {
    const things = names(3);
    world.thing(...things);
    await world.job('j', things, {
      ...abort({ failureType: 'ALL', minNumberOfExecutedThings: 1 }),
      jobExecutionsRolloutConfig: { maximumPerMinute: 1 },
    });
    await finish('t0', 'j', 'REJECTED');
    await world.clock.advance(DAY_MS);
    expect(statuses('j', things)).toEqual(['REJECTED', undefined, undefined]);
  });

  test('a failed attempt counts before it is tried again', async () => {
    world.thing('a');
    await world.job('j', ['a'], {
      ...abort({ minNumberOfExecutedThings: 1 }),
      jobExecutionsRetryConfig: { criteriaList: [{ failureType: 'ALL', numberOfRetries: 10 }] },
    });
    await finish('a', 'j', 'FAILED');
    expect(world.jobStatus('j')).toBe('CANCELED');
    expect(world.statusOf('j', 'a')).toBe('FAILED');
  });

  test('failures and timeouts have their own retries, rejections none', async () => {
    world.thing('a', 'b');
    await world.job('j', ['a', 'b'], {
      timeoutConfig: { inProgressTimeoutInMinutes: 1 },
      jobExecutionsRetryConfig: {
        criteriaList: [
          { failureType: 'FAILED', numberOfRetries: 1 },
          { failureType: 'TIMED_OUT', numberOfRetries: 1 },
        ],
      },
    });
    await finish('b', 'j', 'REJECTED');
    await finish('a', 'j', 'FAILED');
    await world.device('a', 'start-next');
    await world.clock.advance(MINUTE_MS);
    expect(world.statusOf('j', 'a')).toBe('QUEUED');
    await finish('a', 'j', 'FAILED');
    expect(world.jobStatus('j')).toBe('COMPLETED');
    const { executionSummaries } = await world.call('ListJobExecutionsForThing', { thingName: 'a' });
    expect(
      (executionSummaries as { jobExecutionSummary: Json }[]).map(({ jobExecutionSummary: summary }) => [
        summary['executionNumber'],
        summary['status'],
        summary['retryAttempt'],
      ]),
    ).toEqual([
      [1, 'FAILED', undefined],
      [2, 'TIMED_OUT', 1],
      [3, 'FAILED', 2],
    ]);
  });
});

describe('schedules', () => {
  test('a job begins at its start time with the things of that moment', async () => {
    world.thing('a', 'b');
    const fleet = world.group('fleet', ['a']);
    await world.job('j', [fleet], { schedulingConfig: { startTime: inFuture(HOUR_MS) } });
    expect(world.jobStatus('j')).toBe('SCHEDULED');
    world.registry.addThingToGroup('fleet', 'b');
    await world.clock.advance(HOUR_MS - 1);
    expect(statuses('j', ['a', 'b'])).toEqual([undefined, undefined]);
    await world.clock.advance(1);
    expect(world.jobStatus('j')).toBe('IN_PROGRESS');
    expect(statuses('j', ['a', 'b'])).toEqual(['QUEUED', 'QUEUED']);
  });

  test.each([
    ['STOP_ROLLOUT', ['IN_PROGRESS', 'QUEUED', undefined], 'IN_PROGRESS'],
    ['CANCEL', ['IN_PROGRESS', 'CANCELED', undefined], 'IN_PROGRESS'],
    ['FORCE_CANCEL', ['CANCELED', 'CANCELED', undefined], 'COMPLETED'],
  ])('%s at the end time', async (endBehavior, expected, jobStatus) => {
    const things = names(3);
    world.thing(...things);
    await world.job('j', things, {
      schedulingConfig: { endTime: inFuture(40 * MINUTE_MS), endBehavior },
      jobExecutionsRolloutConfig: { maximumPerMinute: 2 },
    });
    await world.device('t0', 'start-next');
    world.close();
    await world.clock.advance(40 * MINUTE_MS);
    world = world.restart();
    expect(statuses('j', things)).toEqual(expected);
    expect(world.jobStatus('j')).toBe(jobStatus);
    if (jobStatus === 'COMPLETED') return;
    await finish('t0', 'j', 'SUCCEEDED');
    if (endBehavior === 'STOP_ROLLOUT') await finish('t1', 'j', 'SUCCEEDED');
    expect(world.jobStatus('j')).toBe('COMPLETED');
  });

  test('nothing is tried again after the end, and a continuous job completes', async () => {
    world.thing('a');
    await world.job('j', [world.group('fleet', ['a'])], {
      targetSelection: 'CONTINUOUS',
      schedulingConfig: { endTime: inFuture(HOUR_MS) },
      jobExecutionsRetryConfig: { criteriaList: [{ failureType: 'FAILED', numberOfRetries: 3 }] },
    });
    await world.clock.advance(HOUR_MS);
    await finish('a', 'j', 'FAILED');
    expect(world.jobStatus('j')).toBe('COMPLETED');
    expect(world.jobs.execution('j', 'a').executionNumber).toBe(1);
  });

  describe('maintenance windows', () => {
    const nightly = { maintenanceWindows: [{ startTime: 'cron(0 22 * * ? *)', durationInMinutes: 120 }] };

    beforeEach(async () => {
      world.thing('a', 'b', 'c');
      await world.job('j', [world.group('fleet', ['a', 'b'])], {
        targetSelection: 'CONTINUOUS',
        schedulingConfig: nightly,
        timeoutConfig: { inProgressTimeoutInMinutes: 600 },
        jobExecutionsRetryConfig: { criteriaList: [{ failureType: 'FAILED', numberOfRetries: 3 }] },
      });
      await world.heard();
    });

    test('a job is scheduled between them and in progress within', async () => {
      expect(world.jobStatus('j')).toBe('SCHEDULED');
      const { job } = (await world.call('DescribeJob', { jobId: 'j' })) as { job: Json };
      expect(job['scheduledJobRollouts']).toEqual(
        [5, 6, 7, 8, 9, 10, 11].map((day) => ({ startTime: `2026-01-${String(day).padStart(2, '0')}T22:00` })),
      );
      await world.clock.advance(10 * HOUR_MS);
      expect(world.jobStatus('j')).toBe('IN_PROGRESS');
      await world.clock.advance(2 * HOUR_MS);
      expect(world.jobStatus('j')).toBe('SCHEDULED');
    });

    test('what is queued is shown and can be started within them only; what is in progress goes on', async () => {
      await world.clock.advance(10 * HOUR_MS);
      await world.device('a', 'start-next');
      await world.heard();
      await world.clock.advance(2 * HOUR_MS);
      expect((await world.heard()).map(({ topic, payload }) => [topic, payload['jobs']])).toEqual([
        ['$aws/things/b/jobs/notify', {}],
        ['$aws/things/b/jobs/notify-next', undefined],
      ]);
      expect(await world.device('b', 'get')).toMatchObject({ queuedJobs: [] });
      expect(await world.device('b', 'start-next')).not.toHaveProperty('execution');
      expect(await world.rejected('b', 'j/update', { status: 'IN_PROGRESS' })).toMatchObject({
        code: 'InvalidStateTransition',
        executionState: { status: 'QUEUED', versionNumber: 1 },
      });
      await finish('a', 'j', 'SUCCEEDED');
      await world.clock.advance(22 * HOUR_MS);
      expect((await world.heard('things/b')).map(({ topic }) => topic)).toEqual([
        '$aws/things/b/jobs/notify',
        '$aws/things/b/jobs/notify-next',
      ]);
      expect((await world.device('b', 'start-next'))['execution']).toMatchObject({ jobId: 'j' });
    });

    test('newcomers and retries wait for the next one', async () => {
      await world.clock.advance(10 * HOUR_MS);
      await world.device('a', 'start-next');
      await world.clock.advance(3 * HOUR_MS);
      await finish('a', 'j', 'FAILED');
      world.registry.addThingToGroup('fleet', 'c');
      expect(statuses('j', ['a', 'b', 'c'])).toEqual(['FAILED', 'QUEUED', undefined]);
      world = world.restart();
      await world.clock.advance(21 * HOUR_MS);
      expect(statuses('j', ['a', 'b', 'c'])).toEqual(['QUEUED', 'QUEUED', 'QUEUED']);
      expect(world.jobs.execution('j', 'a').retryAttempt).toBe(1);
    });

    test('a job that is canceled between them tells nobody of what nobody was shown', async () => {
      await world.clock.advance(12 * HOUR_MS);
      await world.heard();
      await world.call('CancelJob', { jobId: 'j' });
      expect(statuses('j', ['a', 'b'])).toEqual(['CANCELED', 'CANCELED']);
      expect(await world.heard('/jobs/notify')).toEqual([]);
    });

    test('a week of them passes in a moment', async () => {
      await world.clock.advance(7 * DAY_MS);
      expect(statuses('j', ['a', 'b'])).toEqual(['QUEUED', 'QUEUED']);
      expect(world.reported).toEqual([]);
    });
  });

  test('two years after its end a job is forgotten', async () => {
    world.thing('a');
    await world.job('j', ['a']);
    await finish('a', 'j', 'SUCCEEDED');
    await world.clock.advance(729 * DAY_MS);
    expect(world.jobStatus('j')).toBe('COMPLETED');
    await world.clock.advance(DAY_MS);
    await expect(world.call('DescribeJob', { jobId: 'j' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
    expect(world.jobs.store.executions.size).toBe(0);
  });
});

describe('job documents', () => {
  const firmware = '${aws:iot:s3-presigned-url-v2:https://s3.eu-west-1.amazonaws.com/firmware/v2/image.bin}';
  const role = { roleArn: 'arn:aws:iam::000000000000:role/download', expiresInSec: 600 };

  test('a placeholder becomes a URL when the device asks, not before', async () => {
    world.thing('a');
    await world.job('j', ['a'], {
      document: JSON.stringify({ url: firmware, same: firmware, other: '${something:else}' }),
      presignedUrlConfig: role,
    });
    const url = `https://signed/firmware/v2/image.bin?as=${role.roleArn}&for=600`;
    const { execution } = (await world.device('a', '$next/get')) as { execution: Json };
    expect(execution['jobDocument']).toEqual({ url, same: url, other: '${something:else}' });
    const { document } = (await world.call('GetJobDocument', { jobId: 'j' })) as { document: string };
    expect(JSON.parse(document)).toHaveProperty('url', firmware);
    const next = (await world.heard('notify-next'))[0]!.payload['execution'] as Json;
    expect(next['jobDocument']).toHaveProperty('url', url);
  });

  test.each([
    ['https://s3.amazonaws.com/bucket/a/b.json', 'bucket/a/b.json'],
    ['https://s3.us-west-2.amazonaws.com/bucket/a%20b.json', 'bucket/a b.json'],
    ['https://s3-us-west-2.amazonaws.com/bucket/b.json', 'bucket/b.json'],
    ['https://my.bucket.s3.us-west-2.amazonaws.com/a/b.json', 'my.bucket/a/b.json'],
    ['https://bucket.s3.cn-north-1.amazonaws.com.cn/b.json', 'bucket/b.json'],
  ])('is read from %s', async (documentSource, from) => {
    world.thing('a');
    await world.job('j', ['a'], { document: undefined, documentSource });
    expect(await world.call('GetJobDocument', { jobId: 'j' })).toEqual({ document: JSON.stringify({ from }) });
    expect(await world.call('DescribeJob', { jobId: 'j' })).toHaveProperty('documentSource', documentSource);
  });
});

describe('what CreateJob refuses', () => {
  const windows = (startTime: string, durationInMinutes: number): Json => ({
    targetSelection: 'CONTINUOUS',
    schedulingConfig: { maintenanceWindows: [{ startTime, durationInMinutes }] },
  });
  const rollout = (exponentialRate: Json): Json => ({ jobExecutionsRolloutConfig: { exponentialRate } });
  const retries = (...criteriaList: Json[]): Json => ({ jobExecutionsRetryConfig: { criteriaList } });
  const schedule = (schedulingConfig: Json): Json => ({ schedulingConfig });

  test.each<[string, Json]>([
    ['an id with a blank', { jobId: 'a b' }],
    ['no document', { document: undefined }],
    ['a document that is not JSON', { document: '{' }],
    ['a document of more than 32 KB', { document: JSON.stringify('x'.repeat(32_768)) }],
    ['a placeholder without a role', { document: '["${aws:iot:s3-presigned-url:https://s3.amazonaws.com/b/k}"]' }],
    ['a source that is not in S3', { document: undefined, documentSource: 'https://example.com/b/k' }],
    [
      'a source that cannot be read',
      { document: undefined, documentSource: 'https://s3.amazonaws.com/b/missing.json' },
    ],
    ['no targets', { targets: [] }],
    ['a target of another kind', { targets: ['arn:aws:iot:us-east-1:000000000000:policy/p'] }],
    ['a rate of 0', { jobExecutionsRolloutConfig: { maximumPerMinute: 0 } }],
    ['a rate of 1001', { jobExecutionsRolloutConfig: { maximumPerMinute: 1001 } }],
    [
      'a factor of 1',
      rollout({ baseRatePerMinute: 1, incrementFactor: 1, rateIncreaseCriteria: { numberOfNotifiedThings: 1 } }),
    ],
    [
      'a factor of 1.55',
      rollout({ baseRatePerMinute: 1, incrementFactor: 1.55, rateIncreaseCriteria: { numberOfNotifiedThings: 1 } }),
    ],
    ['no criterion of increase', rollout({ baseRatePerMinute: 1, incrementFactor: 2, rateIncreaseCriteria: {} })],
    ['an empty list of abort criteria', { abortConfig: { criteriaList: [] } }],
    [
      'a threshold of 101',
      {
        abortConfig: {
          criteriaList: [
            { failureType: 'ALL', action: 'CANCEL', thresholdPercentage: 101, minNumberOfExecutedThings: 1 },
          ],
        },
      },
    ],
    ['a timeout of more than seven days', { timeoutConfig: { inProgressTimeoutInMinutes: 10_081 } }],
    ['eleven retries', retries({ failureType: 'ALL', numberOfRetries: 11 })],
    [
      'eleven retries of two types',
      retries({ failureType: 'FAILED', numberOfRetries: 6 }, { failureType: 'TIMED_OUT', numberOfRetries: 5 }),
    ],
    ['retries of a rejection', retries({ failureType: 'REJECTED', numberOfRetries: 1 })],
    ['a start in less than half an hour', schedule({ startTime: '2026-01-05T12:29' })],
    ['a start in more than a year', schedule({ startTime: '2027-02-01T00:00' })],
    [
      'an end before half an hour after the start',
      schedule({ startTime: '2026-01-06T00:00', endTime: '2026-01-06T00:29' }),
    ],
    ['an end behavior without an end', schedule({ endBehavior: 'CANCEL' })],
    ['a time that is none', schedule({ startTime: 'tomorrow' })],
    [
      'windows of a snapshot job',
      schedule({ maintenanceWindows: [{ startTime: 'cron(0 0 * * ? *)', durationInMinutes: 60 }] }),
    ],
    ['a window of 24 hours', windows('cron(0 0 * * ? *)', 1440)],
    ['a window without a cron expression', windows('rate(1 day)', 60)],
    ['a presigned URL of one second', { presignedUrlConfig: { roleArn: 'r', expiresInSec: 1 } }],
    ['a namespace', { namespaceId: 'greengrass' }],
    ['package versions', { destinationPackageVersions: ['arn'] }],
    ['parameters of managed templates', { documentParameters: { a: 'b' } }],
  ])('%s', async (_, more) => {
    world.thing('a');
    await expect(world.job('j', ['a'], more)).rejects.toMatchObject({
      code: 'InvalidRequestException',
      statusCode: 400,
    });
    expect(world.jobs.store.jobs.size).toBe(0);
  });

  test.each<[string, string, Json]>([
    ['ResourceNotFoundException', 'an unknown thing', { targets: [thingArn('nobody')] }],
    ['ResourceNotFoundException', 'an unknown group', { targets: [groupArn('nobody')] }],
    [
      'ResourceNotFoundException',
      'a managed template',
      { document: undefined, jobTemplateArn: 'arn:aws:iot:us-east-1::jobtemplate/AWS-Reboot:1.0' },
    ],
    ['ResourceAlreadyExistsException', 'an id that is taken', { jobId: 'taken' }],
    ['LimitExceededException', '101 targets', { targets: Array.from({ length: 101 }, () => thingArn('a')) }],
  ])('%s for %s', async (code, _, more) => {
    world.thing('a');
    await world.job('taken', ['a']);
    await expect(world.job('j', ['a'], more)).rejects.toMatchObject({ code });
  });
});

describe('the life of a job', () => {
  test('CancelJob leaves what is in progress, with force it does not', async () => {
    world.thing('a', 'b');
    await world.job('j', ['a', 'b']);
    await world.device('a', 'start-next');
    await world.call('CancelJob', { jobId: 'j', reasonCode: 'WRONG_FILE' });
    expect(statuses('j', ['a', 'b'])).toEqual(['IN_PROGRESS', 'CANCELED']);
    await expect(world.call('CancelJob', { jobId: 'j' })).rejects.toMatchObject({ code: 'InvalidRequestException' });
    await world.call('CancelJob', { jobId: 'j', force: true });
    expect(world.statusOf('j', 'a')).toBe('CANCELED');
    expect(await world.rejected('a', 'j/update', { status: 'SUCCEEDED' })).toMatchObject({
      code: 'InvalidStateTransition',
      executionState: { status: 'CANCELED' },
    });
    expect((await world.call('DescribeJob', { jobId: 'j' }))['job']).toMatchObject({
      status: 'CANCELED',
      forceCanceled: true,
      reasonCode: 'WRONG_FILE',
      jobProcessDetails: { numberOfCanceledThings: 2 },
    });
  });

  test('DeleteJob needs force while the job is active, and frees its id', async () => {
    world.thing('a');
    await world.job('j', ['a']);
    await expect(world.call('DeleteJob', { jobId: 'j' })).rejects.toMatchObject({
      code: 'InvalidStateTransitionException',
      statusCode: 409,
    });
    await world.call('DeleteJob', { jobId: 'j', force: true });
    expect(await world.rejected('a', 'j/get')).toMatchObject({ code: 'ResourceNotFound' });
    await world.job('j', ['a']);
    expect(world.jobs.execution('j', 'a').executionNumber).toBe(1);
  });

  test('executions are canceled and deleted by version, state and force', async () => {
    world.thing('a');
    await world.job('j', ['a', 'a']);
    await world.device('a', 'start-next');
    const execution = { jobId: 'j', thingName: 'a' };
    const cancel = (more: Json): Promise<Json> => world.call('CancelJobExecution', { ...execution, ...more });
    await expect(cancel({})).rejects.toMatchObject({ code: 'InvalidStateTransitionException' });
    await expect(cancel({ force: true, expectedVersion: 1 })).rejects.toMatchObject({
      code: 'VersionConflictException',
    });
    await expect(world.call('DeleteJobExecution', { ...execution, executionNumber: 1 })).rejects.toMatchObject({
      code: 'InvalidStateTransitionException',
    });
    await cancel({ force: true, expectedVersion: 2, statusDetails: { why: 'recall' } });
    expect((await world.call('DescribeJobExecution', execution))['execution']).toMatchObject({
      status: 'CANCELED',
      forceCanceled: true,
      versionNumber: 3,
      statusDetails: { detailsMap: { why: 'recall' } },
    });
    await world.call('DeleteJobExecution', { ...execution, executionNumber: 1 });
    await expect(world.call('DescribeJobExecution', execution)).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });

  test('UpdateJob changes what comes later, and nothing of a job that is over', async () => {
    world.thing('a', 'b');
    await world.job('j', ['a', 'b'], { timeoutConfig: { inProgressTimeoutInMinutes: 60 } });
    await world.device('a', 'start-next');
    await world.call('UpdateJob', { jobId: 'j', timeoutConfig: { inProgressTimeoutInMinutes: 1 }, description: 'new' });
    await world.device('b', 'start-next');
    await world.clock.advance(MINUTE_MS);
    expect(statuses('j', ['a', 'b'])).toEqual(['IN_PROGRESS', 'TIMED_OUT']);
    await finish('a', 'j', 'SUCCEEDED');
    await expect(world.call('UpdateJob', { jobId: 'j', description: 'x' })).rejects.toMatchObject({
      code: 'InvalidRequestException',
    });
  });

  test('lists are paged and filtered', async () => {
    world.thing('a', 'b');
    const fleet = world.group('fleet', ['a', 'b']);
    await world.job('j1', ['a']);
    await world.job('j2', [fleet], { targetSelection: 'CONTINUOUS' });
    await finish('a', 'j1', 'SUCCEEDED');
    const ids = async (input: Json): Promise<unknown[]> =>
      ((await world.call('ListJobs', input))['jobs'] as Json[]).map(({ jobId }) => jobId);
    expect(await ids({})).toEqual(['j1', 'j2']);
    expect(await ids({ status: 'COMPLETED' })).toEqual(['j1']);
    expect(await ids({ targetSelection: 'CONTINUOUS' })).toEqual(['j2']);
    expect(await ids({ thingGroupName: 'fleet' })).toEqual(['j2']);
    const { nextToken } = await world.call('ListJobs', { maxResults: 1 });
    expect(await ids({ maxResults: 1, nextToken })).toEqual(['j2']);
    const { executionSummaries } = await world.call('ListJobExecutionsForJob', { jobId: 'j2', status: 'QUEUED' });
    expect((executionSummaries as Json[]).map(({ thingArn: arn }) => arn)).toEqual([thingArn('a'), thingArn('b')]);
  });

  test('a template gives what the job does not say itself', async () => {
    world.thing('a');
    await world.job('model', ['a'], { timeoutConfig: { inProgressTimeoutInMinutes: 7 } });
    const { jobTemplateArn } = await world.call('CreateJobTemplate', {
      jobTemplateId: 'update',
      description: 'an update',
      jobArn: world.jobs.describe('model').jobArn,
      abortConfig: {
        criteriaList: [{ failureType: 'ALL', action: 'CANCEL', thresholdPercentage: 20, minNumberOfExecutedThings: 5 }],
      },
    });
    expect(await world.call('DescribeJobTemplate', { jobTemplateId: 'update' })).toMatchObject({
      description: 'an update',
      document: '{"operation":"test"}',
      timeoutConfig: { inProgressTimeoutInMinutes: 7 },
    });
    await world.job('j', ['a'], {
      document: undefined,
      jobTemplateArn,
      timeoutConfig: { inProgressTimeoutInMinutes: 9 },
    });
    expect(world.jobs.describe('j')).toMatchObject({
      document: '{"operation":"test"}',
      timeoutConfig: { inProgressTimeoutInMinutes: 9 },
      abortConfig: { criteriaList: [{ thresholdPercentage: 20 }] },
    });
    expect(await world.call('ListJobTemplates')).toMatchObject({ jobTemplates: [{ jobTemplateId: 'update' }] });
    await world.call('DeleteJobTemplate', { jobTemplateId: 'update' });
    await expect(world.call('DescribeJobTemplate', { jobTemplateId: 'update' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
    expect(await world.call('ListManagedJobTemplates')).toEqual({ managedJobTemplates: [] });
  });
});
