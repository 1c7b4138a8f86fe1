import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';

import { connectDevice } from '../backbone/devices.ts';
import { readTopic } from '../backbone/kafka-reader.ts';
import { RunningBackbone, until } from '../backbone/running-backbone.ts';

jest.setTimeout(240_000);

describe('redrive in the twin', () => {
  let backbone: RunningBackbone;
  let client: MqttClient;

  beforeAll(async () => {
    backbone = await RunningBackbone.start();
    client = await connectDevice(backbone, 'REDRIVEN');
  });
  afterAll(async () => {
    await client?.endAsync(true);
    await backbone?.stop();
  });

  const publish = (topic: string, sequence: number) =>
    client.publishAsync(topic, JSON.stringify({ sequence, bytes: '1.50 \u00e4' }), { qos: 1 });
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

  /** Messages that wait in the error queue, hidden ones too. */
  function waiting(): number {
    const attributes = backbone.twin.cloud.sqs.attributesOf(backbone.output('ErrorQueueUrl'));
    return (
      Number(attributes['ApproximateNumberOfMessages']) + Number(attributes['ApproximateNumberOfMessagesNotVisible'])
    );
  }

  const parkedKeys = (): readonly string[] => backbone.twin.cloud.s3.keys(backbone.output('ParkedMessagesBucket'));

  // What was redriven comes after what was sent meanwhile: all of it arrives, the vehicle's own order does not survive.
  test('brings everything into Kafka that failed while Kafka did not answer, each message as it was', async () => {
    const telemetry = '$aws/rules/telemetry/dt/vehicle/REDRIVEN/telemetry';
    const { kafka } = backbone.twin;
    await Promise.all(range(0, 20).map((sequence) => publish(telemetry, sequence)));
    process.kill(kafka.pid!, 'SIGSTOP');
    const meanwhile = range(20, 60).map((sequence) => publish(telemetry, sequence));
    try {
      // Longer than the rules' Kafka client goes on trying.
      await until('failed messages in the queue', () => waiting() > 0 || undefined, 60_000);
    } finally {
      process.kill(kafka.pid!, 'SIGCONT');
    }
    await Promise.all(meanwhile);
    await Promise.all(range(60, 80).map((sequence) => publish(telemetry, sequence)));
    const records = await until(
      'all of it',
      async () => {
        const found = (await readTopic(kafka.bootstrapBrokers().plaintext, 'iov.telemetry')).filter(
          ({ key }) => key === 'REDRIVEN',
        );
        return new Set(found.map(({ value }) => value)).size === 80 ? found : undefined;
      },
      90_000,
    );
    expect(new Set(records.map(({ value }) => value))).toEqual(
      new Set(range(0, 80).map((sequence) => JSON.stringify({ sequence, bytes: '1.50 \u00e4' }))),
    );
    expect(records.every(({ headers }) => headers['mqtt_topic'] === 'dt/vehicle/REDRIVEN/telemetry')).toBe(true);
    await until('an empty queue', () => waiting() === 0 || undefined);
    expect(parkedKeys()).toEqual([]);
  });

  test('parks a message that fails five times more, whole and with its cause', async () => {
    const { cloud, kafka } = backbone.twin;
    await kafka.deleteTopic('iov.ota.status');
    await publish('$aws/rules/ota_status/ota/REDRIVEN/status/c-1', 1);
    const [key] = await until('a parked message', () => (parkedKeys().length > 0 ? parkedKeys() : undefined), 180_000);
    expect(key).toMatch(/^ota_status\/\d{4}\/\d\d\/\d\d\/[0-9a-f]{64}\.json$/);
    const bucket = backbone.output('ParkedMessagesBucket');
    const object = await cloud.s3.getObject(bucket, key!);
    const document = JSON.parse(object.toString('utf8')) as Record<string, unknown>;
    expect(document).toMatchObject({
      ...{ ruleName: 'ota_status', topic: 'ota/REDRIVEN/status/c-1', redrives: 5 },
      cause: [{ failedAction: 'KafkaAction', errorMessage: expect.stringMatching(/./) }],
    });
    expect(Buffer.from(String(document['base64OriginalPayload']), 'base64').toString()).toBe(
      JSON.stringify({ sequence: 1, bytes: '1.50 \u00e4' }),
    );
    await until('an empty queue', () => waiting() === 0 || undefined);
  });
});
