import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { AwsError } from '../../../../twin/endpoint/service.ts';
import { registrationFiles } from '../../../../twin/iot/provisioning/registration-files.ts';
import type { RegistrationTasks } from '../../../../twin/iot/provisioning/registration-tasks.ts';
import type { DeviceWorld } from '../device-world.ts';
import { ANY_POLICY, closeDeviceWorld, openDeviceWorld, ROLE_ARN } from '../device-world.ts';
import { signingRequest } from '../own-authority.ts';

const TEMPLATE = JSON.stringify({
  Parameters: { ThingName: { Type: 'String' }, CSR: { Type: 'String' } },
  Resources: {
    thing: { Type: 'AWS::IoT::Thing', Properties: { ThingName: { Ref: 'ThingName' } } },
    certificate: { Type: 'AWS::IoT::Certificate', Properties: { CertificateSigningRequest: { Ref: 'CSR' } } },
    policy: { Type: 'AWS::IoT::Policy', Properties: { PolicyDocument: ANY_POLICY } },
  },
});

describe('bulk registration', () => {
  let world: DeviceWorld;
  let objects: Map<string, string>;
  let reports: Map<string, string>;
  let beforeRead: () => Promise<void>;
  beforeEach(async () => {
    objects = new Map();
    reports = new Map();
    beforeRead = () => Promise.resolve();
    world = await openDeviceWorld({
      files: {
        getObject: async (bucket, key) => {
          await beforeRead();
          const text = objects.get(`${bucket}/${key}`);
          if (text === undefined) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
          return Buffer.from(text);
        },
        publishReport: async (name, text) => {
          reports.set(name, text);
          return `https://reports.test/${name}`;
        },
      },
    });
  });
  afterEach(() => closeDeviceWorld(world));

  const tasks = (): RegistrationTasks => world.registrationTasks!;
  const start = (lines: readonly string[]): string => {
    objects.set('bucket/devices.json', `${lines.join('\n')}\n`);
    return tasks().start({
      templateBody: TEMPLATE,
      inputFileBucket: 'bucket',
      inputFileKey: 'devices.json',
      roleArn: ROLE_ARN,
    }).taskId;
  };
  const line = async (thingName: string): Promise<string> =>
    JSON.stringify({ ThingName: thingName, CSR: await signingRequest() });
  const report = (text: string | undefined): object[] =>
    (text ?? '')
      .trim()
      .split('\n')
      .map((entry) => JSON.parse(entry) as object);

  test('registers every line that can be, and reports the others by line', async () => {
    const taskId = start([await line('V1'), 'nonsense', await line('not a name'), await line('V2'), '{"ThingName":7}']);
    await tasks().finished(taskId);
    expect(tasks().describe(taskId)).toMatchObject({
      status: 'Completed',
      total: 5,
      done: 5,
      successCount: 2,
      failureCount: 3,
    });
    expect(world.registry.things.table.keys.sorted()).toEqual(['V1', 'V2']);
    expect(world.registry.principals.ofThing('V2')).toHaveLength(1);
    expect(await tasks().reportLinks(taskId, 'RESULTS')).toEqual([`https://reports.test/${taskId}/results.json`]);
    expect(report(reports.get(`${taskId}/results.json`))).toMatchObject([
      {
        LineNumber: 1,
        Response: {
          CertificatePem: expect.stringContaining('BEGIN'),
          ResourceArns: { thing: expect.stringContaining('thing/V1') },
        },
      },
      { LineNumber: 4 },
    ]);
    await tasks().reportLinks(taskId, 'ERRORS');
    expect(report(reports.get(`${taskId}/errors.json`))).toMatchObject([
      { LineNumber: 2, ErrorCode: 'InvalidRequestException' },
      { LineNumber: 3, ErrorCode: 'ResourceRegistrationFailureException' },
      { LineNumber: 5, ErrorCode: 'InvalidRequestException' },
    ]);
  });

  test('goes on after a restart where it was', async () => {
    let closing: Promise<DeviceWorld> | undefined;
    const unsubscribe = world.registry.changes.subscribe((change) => {
      if (change.kind === 'thing-created' && change.thingName === 'V2') closing ??= world.reopen();
    });
    const taskId = start(await Promise.all(['V1', 'V2', 'V3', 'V4'].map(line)));
    await tasks().finished(taskId);
    unsubscribe();
    world = await closing!;
    await tasks().finished(taskId);
    expect(tasks().describe(taskId)).toMatchObject({ status: 'Completed', successCount: 4, failureCount: 0 });
    expect(world.registry.certificates.table.size).toBe(4);
  });

  test('stops when told to, after the line under way', async () => {
    const taskId = start(await Promise.all(['V1', 'V2', 'V3'].map(line)));
    const unsubscribe = world.registry.changes.subscribe(({ kind }) => {
      if (kind === 'thing-created') tasks().stop(taskId);
    });
    await tasks().finished(taskId);
    unsubscribe();
    expect(tasks().describe(taskId)).toMatchObject({ status: 'Cancelled', successCount: 1 });
  });

  test('fails when its input cannot be read, and runs one task at a time', async () => {
    let read = (): void => undefined;
    beforeRead = () => new Promise((resolve) => (read = resolve));
    const taskId = start([]);
    objects.clear();
    expect(() => start([])).toThrow('in progress');
    objects.clear();
    read();
    await tasks().finished(taskId);
    expect(tasks().describe(taskId)).toMatchObject({ status: 'Failed', message: 'The specified key does not exist.' });
    expect(await tasks().reportLinks(taskId, 'ERRORS')).toEqual([]);
  });

  test('refuses a template that cannot be used before it starts', () => {
    const request = { templateBody: '{}', inputFileBucket: 'b', inputFileKey: 'k', roleArn: ROLE_ARN };
    expect(() => tasks().start(request)).toThrow(AwsError);
    expect(tasks().table.size).toBe(0);
  });

  test('keeps its reports in an object store, under links that lead there', async () => {
    const stored = new Map<string, string>();
    const buckets = new Set<string>();
    const files = registrationFiles(
      {
        getObject: async (bucket, key) => Buffer.from(stored.get(`${bucket}/${key}`)!),
        putObject: async (bucket, key, body) => stored.set(`${bucket}/${key}`, body.toString()),
        hasBucket: (bucket) => buckets.has(bucket),
        createBucket: (bucket) => buckets.add(bucket),
      },
      'reports',
      () => 'http://127.0.0.1:4566',
    );
    expect(await files.publishReport('a/errors.json', 'text')).toBe('http://127.0.0.1:4566/reports/a/errors.json');
    expect((await files.getObject('reports', 'a/errors.json')).toString()).toBe('text');
    expect([...buckets]).toEqual(['reports']);
  });
});
