import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import type { ExistingResource, ResourceRequest } from '../../../../twin/cloudformation/provider.ts';
import type { DeviceApiRequest, DeviceApiResponse } from '../../../../twin/iot/broker/ports.ts';
import { JobsDeviceApi } from '../../../../twin/iot/jobs/jobs-device-api.ts';
import { presignedUrl, s3JobFiles } from '../../../../twin/iot/jobs/s3-job-files.ts';
import { readSignature, verifySignature } from '../../../../twin/endpoint/sigv4.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { openJobsWorld, thingArn, type JobsWorld, type Json } from './jobs-world.ts';

let world: JobsWorld;

beforeEach(() => {
  world = openJobsWorld();
  world.thing('a');
});

describe('over HTTPS with a client certificate', () => {
  const allowed = new Set<string>();
  const ask = (method: string, path: string, payload: unknown = '', query = ''): Promise<DeviceApiResponse> => {
    const request: DeviceApiRequest = {
      ...{ method, path, query: new URLSearchParams(query) },
      payload: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
      authorize: (action, resource) => allowed.has(`${action} ${resource}`),
    };
    return new JobsDeviceApi(world.devices).handle(request);
  };

  beforeEach(() => {
    allowed.clear();
    for (const operation of ['GetPending', 'StartNextPending'])
      allowed.add(`iotjobsdata:${operation}JobExecution${operation === 'GetPending' ? 's' : ''} a`);
    for (const operation of ['Describe', 'Update']) allowed.add(`iotjobsdata:${operation}JobExecution a`);
  });

  test('the four requests of the guide ("Jobs device HTTP API") are served, the document as text', async () => {
    await world.job('j', ['a']);
    expect((await ask('GET', '/things/a/jobs')).body).toMatchObject({
      inProgressJobs: [],
      queuedJobs: [{ jobId: 'j' }],
    });
    const started = await ask('PUT', '/things/a/jobs/$next', { statusDetails: { step: 'one' } });
    expect(started).toMatchObject({ statusCode: 200, body: { execution: { status: 'IN_PROGRESS' } } });
    const described = await ask('GET', '/things/a/jobs/j', '', 'executionNumber=1&includeJobDocument=true');
    expect(described.body).toMatchObject({
      execution: { jobDocument: '{"operation":"test"}', statusDetails: { step: 'one' }, versionNumber: 2 },
    });
    expect((await ask('GET', '/things/a/jobs/%24next', '', 'includeJobDocument=false')).body).not.toHaveProperty(
      'execution.jobDocument',
    );
    const update = { status: 'SUCCEEDED', expectedVersion: 2, includeJobExecutionState: true };
    expect((await ask('POST', '/things/a/jobs/j', update)).body).toMatchObject({
      executionState: { status: 'SUCCEEDED', versionNumber: 3 },
    });
  });

  test.each<[number, string, string, string, unknown]>([
    [403, 'ForbiddenException', 'GET', '/things/b/jobs', ''],
    [404, 'ResourceNotFoundException', 'GET', '/things/a/jobs/unknown', ''],
    [410, 'TerminalStateException', 'GET', '/things/a/jobs/over', ''],
    [409, 'InvalidStateTransitionException', 'POST', '/things/a/jobs/over', { status: 'FAILED' }],
    [400, 'InvalidRequestException', 'POST', '/things/a/jobs/over', '{'],
    [400, 'InvalidRequestException', 'POST', '/things/a/jobs/over', '[]'],
    [400, 'InvalidRequestException', 'DELETE', '/things/a/jobs/over', ''],
    [400, 'InvalidRequestException', 'GET', '/things/%E0%A4%A/jobs', ''],
  ])('%s %s: %s %s', async (statusCode, errorType, method, path, payload) => {
    await world.job('over', ['a']);
    await world.device('a', 'over/update', { status: 'SUCCEEDED' });
    expect(await ask(method, path, payload)).toMatchObject({
      statusCode,
      errorType,
      body: { message: expect.any(String) },
    });
  });

  test('without the action for this thing it is forbidden', async () => {
    allowed.delete('iotjobsdata:UpdateJobExecution a');
    await world.job('j', ['a']);
    expect(await ask('POST', '/things/a/jobs/j', { status: 'SUCCEEDED' })).toMatchObject({ statusCode: 403 });
    expect(world.statusOf('j', 'a')).toBe('QUEUED');
  });
});

describe('in CloudFormation templates', () => {
  const request = (type: string, properties: Json): ResourceRequest => ({
    ...{ stackName: 'ota', stackId: 'arn:stack', logicalId: 'Update', type, properties },
    ...{ account: DEFAULT_ACCOUNT, assemblyFolder: '/' },
  });
  const existing = (
    type: string,
    physicalId: string,
    properties: Json,
    previousProperties: Json,
  ): ExistingResource => ({
    ...request(type, properties),
    ...{ physicalId, previousProperties },
  });
  const provider = (type: string): (typeof world.providers)[number] =>
    world.providers.find((candidate) => candidate.type === type)!;

  const properties = {
    JobId: 'update',
    Targets: [thingArn('a')],
    Document: '{"operation":"install"}',
    JobExecutionsRolloutConfig: {
      ExponentialRate: {
        ...{ BaseRatePerMinute: '5', IncrementFactor: 1.5 },
        RateIncreaseCriteria: { NumberOfSucceededThings: 10 },
      },
    },
    AbortConfig: {
      CriteriaList: [{ Action: 'CANCEL', FailureType: 'ALL', MinNumberOfExecutedThings: 3, ThresholdPercentage: 12.5 }],
    },
    JobExecutionsRetryConfig: { CriteriaList: [{ FailureType: 'ALL', NumberOfRetries: 2 }] },
    TimeoutConfig: { InProgressTimeoutInMinutes: 30 },
    Tags: [{ Key: 'team', Value: 'ota' }],
  };

  test('AWS::IoT::Job makes, changes, replaces and deletes a job', async () => {
    const job = provider('AWS::IoT::Job');
    const made = await job.create(request('AWS::IoT::Job', properties));
    const jobArn = 'arn:aws:iot:us-east-1:000000000000:job/update';
    expect(made).toMatchObject({ physicalId: 'update', attributes: { Arn: jobArn } });
    expect(world.jobs.describe('update')).toMatchObject({
      jobExecutionsRolloutConfig: {
        exponentialRate: {
          ...{ baseRatePerMinute: 5, incrementFactor: 1.5 },
          rateIncreaseCriteria: { numberOfSucceededThings: 10 },
        },
      },
      abortConfig: { criteriaList: [{ thresholdPercentage: 12.5 }] },
    });
    expect(world.registry.tags.list(jobArn)).toEqual([{ Key: 'team', Value: 'ota' }]);
    expect(world.statusOf('update', 'a')).toBe('QUEUED');

    const changed = { ...properties, Description: '2', TimeoutConfig: { InProgressTimeoutInMinutes: 60 } };
    await job.update(existing('AWS::IoT::Job', 'update', changed, properties));
    expect(world.jobs.describe('update')).toMatchObject({
      description: '2',
      timeoutConfig: { inProgressTimeoutInMinutes: 60 },
    });
    const replaced = { ...changed, JobId: 'update-2', Document: '{"operation":"other"}' };
    expect(await job.update(existing('AWS::IoT::Job', 'update', replaced, changed))).toMatchObject({
      physicalId: 'update-2',
    });
    await job.delete(existing('AWS::IoT::Job', 'update', changed, changed));
    expect(world.jobs.store.jobs.has('update')).toBe(false);
    expect(world.registry.tags.list(jobArn)).toEqual([]);
  });

  test('AWS::IoT::JobTemplate has its own names for two members', async () => {
    const template = provider('AWS::IoT::JobTemplate');
    const { JobExecutionsRetryConfig: retries } = properties;
    const made = await template.create(
      request('AWS::IoT::JobTemplate', {
        ...{ JobTemplateId: 'install', Description: 'installs', Document: { operation: 'install' } },
        JobExecutionsRolloutConfig: {
          ExponentialRolloutRate: {
            ...{ BaseRatePerMinute: 5, IncrementFactor: 2 },
            RateIncreaseCriteria: { NumberOfNotifiedThings: 10 },
          },
        },
        JobExecutionsRetryConfig: { RetryCriteriaList: retries.CriteriaList },
        MaintenanceWindows: [{ StartTime: 'cron(0 2 * * ? *)', DurationInMinutes: 30 }],
      }),
    );
    expect(made).toEqual({
      physicalId: 'install',
      attributes: { Arn: 'arn:aws:iot:us-east-1:000000000000:jobtemplate/install' },
    });
    expect(world.jobs.templates.describe('install')).toMatchObject({
      document: '{"operation":"install"}',
      configuration: {
        jobExecutionsRolloutConfig: { exponentialRate: { baseRatePerMinute: 5 } },
        jobExecutionsRetryConfig: { criteriaList: [{ failureType: 'ALL', numberOfRetries: 2 }] },
      },
      maintenanceWindows: [{ startTime: 'cron(0 2 * * ? *)', durationInMinutes: 30 }],
    });
    await template.delete(existing('AWS::IoT::JobTemplate', 'install', {}, {}));
    expect(world.jobs.templates.table.size).toBe(0);
  });
});

describe('presigned URLs', () => {
  const credentials = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'to/ken+=' };

  test('are what the AWS endpoint verifies, for as long as they say', () => {
    const now = Date.UTC(2026, 0, 5, 12);
    const location = { bucket: 'firmware', key: "v 2/it's (new)+ü.bin" };
    const url = new URL(presignedUrl(new URL('http://127.0.0.1:4566'), location, credentials, 'us-east-1', 600, now));
    const signature = readSignature({}, url.searchParams)!;
    const signed = {
      ...{ method: 'GET', path: url.pathname, queryString: url.search.slice(1), body: Buffer.alloc(0) },
      headers: { host: url.host },
    };
    expect(signature).toMatchObject({ service: 's3', expires: 600, sessionToken: credentials.sessionToken });
    expect(() => verifySignature(signed, signature, 'secret', now + 600_000)).not.toThrow();
    expect(() => verifySignature(signed, signature, 'secret', now + 600_001)).toThrow('expired');
    expect(() => verifySignature({ ...signed, path: '/firmware/other' }, signature, 'secret', now)).toThrow();
  });

  test('of one role share a session while it outlives them', async () => {
    const clock = new ManualClock();
    const issued: string[] = [];
    const files = s3JobFiles({
      ...{ account: DEFAULT_ACCOUNT, clock, s3: {} as never, awsUrl: () => 'http://127.0.0.1:4566' },
      iam: {
        serviceMayAssume: (roleArn, service) => roleArn === 'role' && service === 'iot.amazonaws.com',
        issueRoleCredentials: (roleArn, _, seconds) => {
          issued.push(roleArn);
          return { ...credentials, expiration: clock.now() + seconds! * 1000 };
        },
      },
    });
    const presign = (): Promise<string> => files.presign({ bucket: 'b', key: 'k' }, 'role', 3600);
    await presign();
    await presign();
    expect(issued).toHaveLength(1);
    await clock.advance(3600_001);
    await presign();
    expect(issued).toHaveLength(2);
    await expect(files.presign({ bucket: 'b', key: 'k' }, 'distrustful', 3600)).rejects.toThrow('does not trust');
  });
});

describe('when something else fails', () => {
  test('a document that cannot be made is left out of the notification, and the request for it is an InternalError', async () => {
    const files = { read: async () => '', presign: () => Promise.reject(new Error('no such role')) };
    world = openJobsWorld({ files });
    world.thing('a');
    await world.job('j', ['a'], {
      document: '["${aws:iot:s3-presigned-url:https://s3.amazonaws.com/b/k}"]',
      presignedUrlConfig: { roleArn: 'gone' },
    });
    const [, next] = await world.heard();
    expect(next!.payload['execution']).toMatchObject({ jobId: 'j', status: 'QUEUED' });
    expect(next!.payload['execution']).not.toHaveProperty('jobDocument');
    expect(await world.rejected('a', 'j/get')).toMatchObject({ code: 'InternalError' });
    expect(await world.device('a', 'j/get', { includeJobDocument: false })).toHaveProperty('execution');
    expect(world.reported[0]).toContain('The document of job j cannot be made: no such role');
  });

  test('no message waits for the rules that another one fires, and one that cannot be published is reported', async () => {
    world.registry.settings.setEventConfigurations({ JOB: true, JOB_EXECUTION: true });
    world.stall = (topic) =>
      topic.includes('notify-next') ? 'stall' : topic.includes('/events/') ? 'fail' : undefined;
    await world.job('j', ['a']);
    await world.device('a', 'j/update', { status: 'SUCCEEDED' });
    await world.clock.advance(0);
    expect(world.told.map(({ topic }) => topic.split('/').at(-1))).toEqual(['notify', 'notify']);
    expect(world.reported).toEqual([
      'A message on $aws/events/jobExecution/j/succeeded could not be published: a rule failed',
      'A message on $aws/events/job/j/completed could not be published: a rule failed',
    ]);
  });
});

describe('in a state file', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'iov-jobs-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  test('jobs, executions, timers and what waits are what they were', async () => {
    const file = join(folder, 'state.db');
    const store = openStore(file);
    world = openJobsWorld({ store });
    world.thing('a', 'b');
    await world.job('j', ['a', 'b'], { jobExecutionsRolloutConfig: { maximumPerMinute: 1 } });
    await world.device('a', 'start-next', { stepTimeoutInMinutes: 5, statusDetails: { step: 'one' } });
    const before = [world.jobs.describe('j'), world.jobs.execution('j', 'a')];
    world.close();
    store.close();

    const reopened = openStore(file);
    world = openJobsWorld({ store: reopened, clock: world.clock });
    expect([world.jobs.describe('j'), world.jobs.execution('j', 'a')]).toEqual(before);
    await world.clock.advance(60_000);
    expect(world.statusOf('j', 'b')).toBe('QUEUED');
    await world.clock.advance(240_000);
    expect(world.statusOf('j', 'a')).toBe('TIMED_OUT');
    world.close();
    reopened.close();
  });
});
