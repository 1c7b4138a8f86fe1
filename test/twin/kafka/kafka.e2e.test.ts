import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Consumer, type Message } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../twin/account.ts';
import { SystemClock } from '../../../twin/clock.ts';
import { RulesEngine } from '../../../twin/iot/rules/index.ts';
import { ClusterAdmin } from '../../../twin/kafka/cluster-admin.ts';
import { startKafka, type Kafka } from '../../../twin/kafka/index.ts';
import type { NodeEvent } from '../../../twin/kafka/node-process.ts';
import { openStore } from '../../../twin/state/store.ts';
import { freePortRange } from '../../free-ports.ts';
import { publication, ROLE } from '../iot/rules/rules-fixture.ts';

const VEHICLES = 20;
const PASSWORD = 'correct horse battery staple';

let folder: string;
let kafka: Kafka;
let certificate: string;
let engine: RulesEngine;
const events: NodeEvent[] = [];
const errorQueue: { failures: { errorMessage: string }[]; base64OriginalPayload: string }[] = [];

async function selfSigned(): Promise<{ privateKey: string; certificateChain: string }> {
  const [key, chain] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
    '-subj',
    '/CN=localhost',
  ];
  args.push('-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', chain);
  await promisify(execFile)('openssl', args);
  return { privateKey: await readFile(key, 'utf8'), certificateChain: await readFile(chain, 'utf8') };
}

/** Reads a topic from its beginning until this many records have come. */
async function readAll(topic: string, count: number): Promise<Message<Buffer, Buffer, Buffer, Buffer>[]> {
  const consumer = new Consumer({
    clientId: 'test',
    groupId: `test-${topic}`,
    bootstrapBrokers: [kafka.bootstrapBrokers().plaintext],
  });
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
  const messages: Message<Buffer, Buffer, Buffer, Buffer>[] = [];
  try {
    if (count > 0) {
      for await (const message of stream) {
        messages.push(message);
        if (messages.length >= count) break;
      }
    }
  } finally {
    await stream.close();
    await consumer.close(true);
  }
  return messages;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iov-kafka-'));
  const tls = await selfSigned();
  certificate = tls.certificateChain;
  const first = await freePortRange(3);
  const ports = { plaintext: first, scram: first + 1, controller: first + 2 };
  kafka = await startKafka({ folder: join(folder, 'kafka'), tls, ports, report: (event) => events.push(event) });
  await kafka.upsertScramUser('iot', PASSWORD);
  const sendMessage = (_queue: string, body: string): void =>
    void errorQueue.push(JSON.parse(body) as (typeof errorQueue)[0]);
  const getSecretValue = (): { string: string } => ({
    string: JSON.stringify({ username: 'iot', password: PASSWORD }),
  });
  engine = new RulesEngine({
    ...{
      store: openStore(':memory:'),
      clock: new SystemClock(),
      account: DEFAULT_ACCOUNT,
      kafkaPorts: { from: 1, to: 65_535 },
    },
    ports: { sqs: { sendMessage }, secrets: { getSecretValue }, kafka: { certificateAuthority: certificate } },
  });
}, 180_000);

afterAll(async () => {
  await engine?.close();
  await kafka?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

function kafkaRule(ruleName: string, topic: string, more: Record<string, unknown> = {}): void {
  const destination =
    engine.destinations.list()[0] ??
    engine.destinations.create({ vpcProperties: { vpcId: 'v', subnetIds: ['s'], roleArn: ROLE } });
  const secret = (member: string): string => `\${get_secret('AmazonMSK_iot', 'SecretString', '${member}', '${ROLE}')}`;
  const clientProperties = {
    ...{
      'bootstrap.servers': kafka.bootstrapBrokers().scram,
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'SCRAM-SHA-512',
    },
    ...{
      'sasl.scram.username': secret('username'),
      'sasl.scram.password': secret('password'),
      acks: 'all',
      'compression.type': 'lz4',
    },
  };
  const headers = [{ key: 'mqtt_topic', value: '${topic()}' }];
  const action = { destinationArn: destination.arn, topic, key: '${topic(3)}', clientProperties, headers, ...more };
  const errorAction = { sqs: { roleArn: ROLE, queueUrl: 'http://localhost/0/errors' } };
  engine.createRule(ruleName, {
    sql: 'SELECT *',
    awsIotSqlVersion: '2016-03-23',
    actions: [{ kafka: action }],
    errorAction,
  });
}

const text = (bytes: Buffer | undefined): string => bytes?.toString() ?? '';

describe('a kafka rule against Apache Kafka', () => {
  test('delivers the bytes, the key and the headers through SCRAM over TLS before it settles', async () => {
    await kafka.createTopic('plain', 3, { 'retention.ms': '3600000' });
    kafkaRule('plain', 'plain');
    const payload = Buffer.from([0, 1, 2, 255]);
    await engine.ingest(publication('$aws/rules/plain/dt/vehicle/V1/telemetry', payload));
    expect((await kafka.recordCounts()).get('plain')).toBe(1);
    const [message] = await readAll('plain', 1);
    expect(message!.value).toEqual(payload);
    expect(text(message!.key)).toBe('V1');
    expect([...message!.headers].map(([key, value]) => [text(key), text(value)])).toEqual([
      ['mqtt_topic', 'dt/vehicle/V1/telemetry'],
    ]);
  });

  test('hands what cannot be delivered to the error action', async () => {
    kafkaRule('nowhere', 'no.such.topic');
    await engine.ingest(publication('$aws/rules/nowhere/dt/vehicle/V1/telemetry', 'lost?'));
    const error = errorQueue.pop()!;
    expect(error.failures[0]!.errorMessage).toContain('Topic no.such.topic does not exist');
    expect(Buffer.from(error.base64OriginalPayload, 'base64').toString()).toBe('lost?');
    // Created after all, it takes messages as soon as the producer has seen it.
    await kafka.createTopic('no.such.topic', 1);
    for (;;) {
      await engine.ingest(publication('$aws/rules/nowhere/dt/vehicle/V1/telemetry', 'found'));
      if (errorQueue.splice(0).length === 0) break;
    }
    expect((await kafka.recordCounts()).get('no.such.topic')).toBe(1);
  });

  test('fails on a wrong password with the reason', async () => {
    kafkaRule('refused', 'plain', {
      clientProperties: {
        ...{
          'bootstrap.servers': kafka.bootstrapBrokers().scram,
          'security.protocol': 'SASL_SSL',
          'sasl.mechanism': 'SCRAM-SHA-512',
        },
        ...{ 'sasl.scram.username': 'iot', 'sasl.scram.password': 'wrong' },
      },
    });
    await engine.ingest(publication('$aws/rules/refused/dt/vehicle/V1/telemetry', 'x'));
    expect(errorQueue.pop()!.failures[0]!.errorMessage).toMatch(/SASL|authentication/i);
  });

  test('loses, repeats and reorders nothing when Kafka is killed in mid-stream', async () => {
    await kafka.createTopic('stream', 6);
    kafkaRule('stream', 'stream');
    const sequences = Array.from({ length: VEHICLES }, () => 0);
    const settled: Promise<void>[] = [];
    const restarted = (): boolean => events.some(({ kind }) => kind === 'restarted');
    let killed: Promise<void> | undefined;
    for (let round = 0; !restarted() || round < 400; round += 1) {
      for (let vehicle = 0; vehicle < VEHICLES; vehicle += 1) {
        const payload = JSON.stringify({ vehicle, sequence: sequences[vehicle]!++ });
        settled.push(engine.ingest(publication(`$aws/rules/stream/dt/vehicle/V${vehicle}/telemetry`, payload))!);
      }
      if (round === 100) killed = kafka.kill();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await killed;
    await Promise.all(settled);

    const delivered = settled.length - errorQueue.length;
    const messages = await readAll('stream', delivered);
    const arrived = messages.map(({ value }) => JSON.parse(text(value)) as { vehicle: number; sequence: number });
    for (let vehicle = 0; vehicle < VEHICLES; vehicle += 1) {
      const ofVehicle = arrived.filter((record) => record.vehicle === vehicle).map(({ sequence }) => sequence);
      const inError = errorQueue
        .map(
          ({ base64OriginalPayload }) =>
            JSON.parse(Buffer.from(base64OriginalPayload, 'base64').toString()) as {
              vehicle: number;
              sequence: number;
            },
        )
        .filter((record) => record.vehicle === vehicle)
        .map(({ sequence }) => sequence);
      expect(ofVehicle).toEqual([...ofVehicle].sort((a, b) => a - b));
      expect([...ofVehicle, ...inError].sort((a, b) => a - b)).toEqual(
        Array.from({ length: sequences[vehicle]! }, (_, index) => index),
      );
    }
    expect((await kafka.recordCounts()).get('stream')).toBe(delivered);
  }, 60_000);
});

test('what is on its way when the rules engine stops still gets there', async () => {
  await kafka.createTopic('closing', 1);
  kafkaRule('closing', 'closing');
  const settled = Array.from({ length: 100 }, () =>
    engine.ingest(publication('$aws/rules/closing/dt/vehicle/V1/x', 'x')),
  );
  // The first message of a producer finds it unconnected; the rest wait for it.
  await settled[0];
  const last = engine.ingest(publication('$aws/rules/closing/dt/vehicle/V1/x', 'x'));
  await engine.close();
  await Promise.all([...settled, last]);
  expect((await kafka.recordCounts()).get('closing')).toBe(101);
});

describe('administration', () => {
  test('alters what a topic was given and nothing else', async () => {
    await kafka.createTopic('altered', 1, { 'retention.ms': '1000', 'cleanup.policy': 'delete' });
    await kafka.alterTopic('altered', 3, { 'cleanup.policy': 'compact' });
    expect(await kafka.listTopics()).toContain('altered');
    const admin = new ClusterAdmin(kafka.bootstrapBrokers().plaintext);
    expect(await admin.topicConfigs('altered')).toEqual({ 'cleanup.policy': 'compact' });
    expect(await admin.describeTopics(['altered'])).toEqual([{ name: 'altered', partitions: 3 }]);
    await admin.close();
    await kafka.deleteTopic('altered');
    expect(await kafka.listTopics()).not.toContain('altered');
  });

  test('removes a user that exists, and one that does not', async () => {
    await kafka.upsertScramUser('temporary', 'a password');
    await kafka.removeScramUser('temporary');
    await expect(kafka.removeScramUser('temporary')).resolves.toBeUndefined();
  });
});
