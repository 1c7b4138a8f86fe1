import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { AttachPolicyCommand, CreateKeysAndCertificateCommand, IoTClient } from '@aws-sdk/client-iot';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';

import { freePortRange } from '../../free-ports.ts';
import { until } from '../backbone/running-backbone.ts';

jest.setTimeout(90_000);

const CLI = fileURLToPath(new URL('../../../cli/iov.ts', import.meta.url));
const APP = fileURLToPath(new URL('parking-meters.ts', import.meta.url));

describe("another team's app in `iov twin`", () => {
  let folder: string;
  let twin: ChildProcess;
  let endpoints: { mqtts: string; aws: string; ca: string; outputs: { ParkingMeters: { QueueUrl: string } } };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iov-any-app-'));
    const assembly = join(folder, 'cdk.out');
    const synth = spawnSync(process.execPath, [APP], {
      env: { ...process.env, CDK_OUTDIR: assembly },
      encoding: 'utf8',
    });
    if (synth.status !== 0) throw new Error(synth.stderr);
    twin = spawn(process.execPath, [
      CLI,
      'twin',
      assembly,
      '--strict',
      '--state',
      join(folder, 'state'),
      '--ports-from',
      String(await freePortRange(9)),
    ]);
    let printed = '';
    for (const stream of [twin.stdout!, twin.stderr!])
      stream.on('data', (chunk: Buffer) => void (printed += String(chunk)));
    await new Promise<void>((resolve, reject) => {
      twin.once('exit', () => reject(new Error(printed)));
      twin.stdout!.on('data', () => printed.includes('Ready in') && resolve());
    });
    endpoints = JSON.parse(readFileSync(join(folder, 'state', 'endpoints.json'), 'utf8')) as typeof endpoints;
  });
  afterAll(async () => {
    if (twin.exitCode === null) {
      const ended = new Promise((resolve) => twin.once('exit', resolve));
      twin.kill('SIGINT');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  test('runs rule, function and queue, with the policy enforced and the grants reported', async () => {
    const aws = {
      endpoint: endpoints.aws,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    };
    const iot = new IoTClient(aws);
    const made = await iot.send(new CreateKeysAndCertificateCommand({ setAsActive: true }));
    await iot.send(new AttachPolicyCommand({ policyName: 'meters', target: made.certificateArn }));
    const meter = await connectAsync(endpoints.mqtts, {
      ...{ clientId: 'meter-1', protocolVersion: 5, reconnectPeriod: 0 },
      ...{ ca: readFileSync(endpoints.ca), cert: made.certificatePem, key: made.keyPair!.PrivateKey },
    });
    await expect(meter.publishAsync('elsewhere', 'x', { qos: 1 })).rejects.toThrow(/Not authorized/i);
    await meter.publishAsync('meters/meter-1/paid', '{"minutes": 30}', { qos: 1 });
    await meter.endAsync();
    const message = await until('the price', async () => {
      const { Messages } = await new SQSClient(aws).send(
        new ReceiveMessageCommand({ QueueUrl: endpoints.outputs.ParkingMeters.QueueUrl }),
      );
      return Messages?.[0];
    });
    expect(JSON.parse(message.Body!)).toEqual({ meter: 'meter-1', cents: 150 });

    const grants = spawnSync(process.execPath, [CLI, 'grants', '--state', join(folder, 'state')], {
      encoding: 'utf8',
    }).stdout;
    expect(grants).toMatch(/used +sqs:SendMessage/);
    expect(grants).toMatch(/never used +sqs:GetQueueUrl/);
  });
});
