import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import {
  CreateJobCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  AddThingToThingGroupCommand,
  DescribeJobCommand,
  DescribeJobExecutionCommand,
  InvalidStateTransitionException,
  DeleteJobCommand,
  IoTClient,
  paginateListJobExecutionsForJob,
  ResourceAlreadyExistsException,
} from '@aws-sdk/client-iot';
import {
  DescribeJobExecutionCommand as DescribeOnDevice,
  GetPendingJobExecutionsCommand,
  IoTJobsDataPlaneClient,
  ResourceNotFoundException,
  StartNextPendingJobExecutionCommand,
  TerminalStateException,
  UpdateJobExecutionCommand,
} from '@aws-sdk/client-iot-jobs-data-plane';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectAsync } from 'mqtt';

import { RunningFrontDoor } from '../shadows/running-front-door.ts';

const folder = mkdtempSync(join(tmpdir(), 'iov-jobs-e2e-'));
let door: RunningFrontDoor;

beforeAll(async () => {
  door = await RunningFrontDoor.start(folder);
}, 60_000);
afterAll(async () => {
  await door.kill();
  rmSync(folder, { recursive: true });
});

const api = () => ({
  ...{ endpoint: door.addresses.awsUrl, region: 'us-east-1', maxAttempts: 1 },
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});
const control = () => new IoTClient(api());
const devices = () => new IoTJobsDataPlaneClient(api());

async function createThing(thingName: string): Promise<string> {
  return (await control().send(new CreateThingCommand({ thingName }))).thingArn!;
}

describe("AWS's device SDK", () => {
  test.each(['v1-mqtt311', 'v2-mqtt311', 'v2-mqtt5'])(
    'carries out a job (%s)',
    async (client) => {
      const { mqttsPort, ca, identity } = door.addresses;
      const thingName = `sdk-${client}`;
      const target = await createThing(thingName);
      const options = { client, host: 'localhost', port: mqttsPort, ca, ...identity, thingName };
      const program = fileURLToPath(new URL('./device-sdk-jobs.mjs', import.meta.url));
      const child = spawn(process.execPath, [program, JSON.stringify(options)], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '' },
        timeout: 30_000,
      });
      const lines: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        lines.push(line);
        if (line !== 'listening') continue;
        await control().send(
          new CreateJobCommand({ jobId: thingName, targets: [target], document: '{"operation":"install"}' }),
        );
      }
      const seen = JSON.parse(lines.at(-1)!) as Record<string, unknown>;
      expect(seen).toMatchObject({
        empty: { inProgressJobs: [], queuedJobs: [] },
        started: {
          jobId: thingName,
          status: 'IN_PROGRESS',
          statusDetails: { step: 'download' },
          versionNumber: 2,
          executionNumber: 1,
          jobDocument: { operation: 'install' },
        },
        described: { status: 'IN_PROGRESS', jobDocument: { operation: 'install' } },
        pending: { inProgressJobs: [{ jobId: thingName }], queuedJobs: [] },
        mismatch: { code: 'VersionMismatch', executionState: { status: 'IN_PROGRESS', versionNumber: 2 } },
        updated: { executionState: { status: 'SUCCEEDED', statusDetails: { step: 'done' }, versionNumber: 3 } },
        late: { code: 'InvalidStateTransition', executionState: { status: 'SUCCEEDED' } },
        unknown: { code: 'ResourceNotFound' },
        lists: [[['QUEUED', [thingName]]], []],
        nexts: [thingName, null],
      });
      const { job } = await control().send(new DescribeJobCommand({ jobId: thingName }));
      expect(job).toMatchObject({ status: 'COMPLETED', jobProcessDetails: { numberOfSucceededThings: 1 } });
      expect(job!.completedAt).toBeInstanceOf(Date);
    },
    40_000,
  );
});

describe("AWS's API clients", () => {
  test('manage a job and its executions', async () => {
    const client = control();
    const group = await client.send(new CreateThingGroupCommand({ thingGroupName: 'fleet' }));
    for (const thingName of ['api-1', 'api-2', 'api-3']) {
      await createThing(thingName);
      await client.send(new AddThingToThingGroupCommand({ thingGroupName: 'fleet', thingName }));
    }
    const job = { jobId: 'api', targets: [group.thingGroupArn!], document: '{"a":1}' };
    await client.send(new CreateJobCommand({ ...job, targetSelection: 'CONTINUOUS' }));
    await expect(client.send(new CreateJobCommand(job))).rejects.toBeInstanceOf(ResourceAlreadyExistsException);

    const listed: (string | undefined)[] = [];
    for await (const page of paginateListJobExecutionsForJob({ client, pageSize: 2 }, { jobId: 'api' }))
      listed.push(...page.executionSummaries!.map(({ thingArn }) => thingArn!.split('/')[1]));
    expect(listed).toEqual(['api-1', 'api-2', 'api-3']);
    const { execution } = await client.send(new DescribeJobExecutionCommand({ jobId: 'api', thingName: 'api-2' }));
    expect(execution).toMatchObject({ status: 'QUEUED', executionNumber: 1, versionNumber: 1 });
    expect(execution!.queuedAt).toBeInstanceOf(Date);
    await expect(client.send(new DeleteJobCommand({ jobId: 'api' }))).rejects.toBeInstanceOf(
      InvalidStateTransitionException,
    );
    await client.send(new DeleteJobCommand({ jobId: 'api', force: true }));
  });

  test('are devices over HTTPS', async () => {
    const target = await createThing('https-device');
    await control().send(new CreateJobCommand({ jobId: 'https', targets: [target], document: '{"a":1}' }));
    const thing = { thingName: 'https-device' };
    const client = devices();
    expect(await client.send(new GetPendingJobExecutionsCommand(thing))).toMatchObject({
      queuedJobs: [{ jobId: 'https', versionNumber: 1, queuedAt: expect.any(Number) }],
    });
    const started = await client.send(
      new StartNextPendingJobExecutionCommand({ ...thing, stepTimeoutInMinutes: 2, statusDetails: { a: 'b' } }),
    );
    expect(started.execution).toMatchObject({ jobDocument: '{"a":1}', approximateSecondsBeforeTimedOut: 120 });
    const job = { ...thing, jobId: 'https' };
    const { execution } = await client.send(new DescribeOnDevice({ ...job, includeJobDocument: false }));
    expect(execution).not.toHaveProperty('jobDocument');
    const update = { ...job, status: 'SUCCEEDED' as const, includeJobExecutionState: true, expectedVersion: 2 };
    expect(await client.send(new UpdateJobExecutionCommand(update))).toMatchObject({
      executionState: { status: 'SUCCEEDED', versionNumber: 3 },
    });
    await expect(client.send(new DescribeOnDevice(job))).rejects.toBeInstanceOf(TerminalStateException);
    await expect(client.send(new DescribeOnDevice({ ...thing, jobId: 'none' }))).rejects.toBeInstanceOf(
      ResourceNotFoundException,
    );
  });
});

test('a device with a certificate asks over HTTPS and downloads what the presigned URL in its document names', async () => {
  const s3 = new S3Client({ ...api(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'firmware' }));
  await s3.send(new PutObjectCommand({ Bucket: 'firmware', Key: 'v2/image.bin', Body: 'new firmware' }));
  const url = '${aws:iot:s3-presigned-url:https://s3.us-east-1.amazonaws.com/firmware/v2/image.bin}';
  await s3.send(new PutObjectCommand({ Bucket: 'firmware', Key: 'job.json', Body: JSON.stringify({ url }) }));
  const target = await createThing('downloader');
  await control().send(
    new CreateJobCommand({
      ...{ jobId: 'download', targets: [target] },
      documentSource: 'https://s3.us-east-1.amazonaws.com/firmware/job.json',
      presignedUrlConfig: { roleArn: 'arn:aws:iam::000000000000:role/rules', expiresInSec: 300 },
    }),
  );
  const { httpsPort, ca, identity } = door.addresses;
  const asking = httpsRequest({
    ...{ host: 'localhost', port: httpsPort, ca, ...identity, method: 'PUT' },
    path: '/things/downloader/jobs/$next',
  });
  asking.end('{}');
  const [response] = (await once(asking, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
  const body: Buffer[] = [];
  for await (const chunk of response) body.push(Buffer.from(chunk));
  expect(response.statusCode).toBe(200);
  const { execution } = JSON.parse(Buffer.concat(body).toString()) as { execution: { jobDocument: string } };
  const signed = (JSON.parse(execution.jobDocument) as { url: string }).url;
  const download = await fetch(signed);
  expect([download.status, await download.text()]).toEqual([200, 'new firmware']);
  expect((await fetch(signed.replace('image.bin', 'other.bin'))).status).toBe(403);
}, 20_000);

test('a killed front door finds its jobs as they were at the last acknowledgement', async () => {
  const things = Array.from({ length: 10 }, (_, index) => `killed-${index}`);
  const targets: string[] = [];
  for (const thing of things) targets.push(await createThing(thing));
  for (let round = 0; round < 3; round++) {
    const jobId = `round-${round}`;
    await control().send(new CreateJobCommand({ jobId, targets, document: '{}' }));
    const acknowledged = new Map<string, number>();
    const { mqttsPort, ca, identity } = door.addresses;
    const clients = await Promise.all(
      things.map(async (thing) => {
        const client = await connectAsync(`mqtts://localhost:${mqttsPort}`, {
          ca,
          ...identity,
          clientId: thing,
          reconnectPeriod: 0,
        });
        client.on('error', () => undefined);
        const update = `$aws/things/${thing}/jobs/${jobId}/update`;
        let next = 1;
        const send = () => {
          const payload = { status: 'IN_PROGRESS', expectedVersion: next, includeJobExecutionState: true };
          client.publish(update, JSON.stringify(payload), { qos: 1 }, () => undefined);
        };
        client.on('message', (topic, payload) => {
          if (topic !== `${update}/accepted`) return;
          next = (JSON.parse(payload.toString()) as { executionState: { versionNumber: number } }).executionState
            .versionNumber;
          acknowledged.set(thing, next);
          send();
        });
        send();
        return client;
      }),
    );
    while ([...acknowledged.values()].reduce((sum, version) => sum + version, 0) < 150 + round * 77)
      await new Promise((resolve) => setImmediate(resolve));
    await door.kill();
    for (const client of clients) client.end(true);
    door = await RunningFrontDoor.start(folder);
    for (const [thingName, version] of acknowledged) {
      const { execution } = await control().send(new DescribeJobExecutionCommand({ jobId, thingName }));
      // One more may have been written whose answer did not leave.
      expect([version, version + 1]).toContain(execution!.versionNumber);
      expect(execution!.status).toBe('IN_PROGRESS');
    }
    await control().send(new DeleteJobCommand({ jobId, force: true }));
  }
}, 60_000);
