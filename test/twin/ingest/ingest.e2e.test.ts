import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';

import { geohash } from '../../../contracts/geohash.ts';
import type { PerceptionMessage } from '../../../contracts/perception.ts';
import { hazardTopic, KAFKA_RULES, topics, uplinkTopics } from '../../../contracts/topics.ts';
import { connectDevice } from '../backbone/devices.ts';
import { readTopic } from '../backbone/kafka-reader.ts';
import { RunningBackbone, until } from '../backbone/running-backbone.ts';

jest.setTimeout(120_000);

const PLACE = { latitude: 48.137, longitude: 11.575 };
const AREA = geohash(PLACE.latitude, PLACE.longitude);

describe('the rules in the twin', () => {
  let backbone: RunningBackbone;
  let roadsideUnit: MqttClient;
  let vehicle: MqttClient;

  beforeAll(async () => {
    backbone = await RunningBackbone.start();
    [roadsideUnit, vehicle] = await Promise.all([
      connectDevice(backbone, 'RSU-1', 'rsu'),
      connectDevice(backbone, 'VEHICLE-1'),
    ]);
  });
  afterAll(async () => {
    await Promise.all([roadsideUnit?.endAsync(true), vehicle?.endAsync(true)]);
    await backbone?.stop();
  });

  const records = (topic: string) => readTopic(backbone.twin.kafka.bootstrapBrokers().plaintext, topic);
  const valueOf = <T>(text: string): T => JSON.parse(text) as T;

  function hazardMessage(id: string, changes: object = {}): string {
    const message: PerceptionMessage = {
      ...{ sequence: 1, at: Date.now(), objects: [] },
      hazard: {
        ...{ id, kind: 'accident', geohash: AREA, ...PLACE, radius: 200, until: Date.now() + 60_000 },
        ...changes,
      },
    };
    return JSON.stringify(message);
  }

  /** What the vehicle hears from now on, until the given number of messages has come. */
  function heard(count: number): Promise<{ topic: string; payload: string; at: number }[]> {
    const messages: { topic: string; payload: string; at: number }[] = [];
    return new Promise((resolve) => {
      const listen = (topic: string, payload: Buffer): void => {
        messages.push({ topic, payload: payload.toString(), at: performance.now() });
        if (messages.length < count) return;
        vehicle.off('message', listen);
        resolve(messages);
      };
      vehicle.on('message', listen);
    });
  }

  test('register a roadside unit as one: type, group and billing group', async () => {
    const { registry } = backbone.twin.iot;
    expect(registry.things.get('RSU-1')).toMatchObject({ thingTypeName: 'rsu', billingGroupName: 'rsus' });
  });

  test('tell a hazard to the vehicles of its area within 50 ms, as its source, and keep it in Kafka', async () => {
    await vehicle.subscribeAsync(topics.broadcastArea(AREA), { qos: 1 });
    // The first message pays for what is loaded lazily; 21 tell what the path takes.
    const took: number[] = [];
    for (let number = 0; number < 21; number++) {
      const waiting = heard(1);
      const sentAt = performance.now();
      await roadsideUnit.publishAsync(hazardTopic('RSU-1'), hazardMessage(`h${number}`), { qos: 1 });
      const [message] = await waiting;
      took.push(message!.at - sentAt);
      expect(message!.topic).toBe(`bc/area/${AREA}`);
      expect(valueOf(message!.payload)).toEqual({
        ...{ id: `h${number}`, kind: 'accident', ...PLACE, radius: 200, until: expect.any(Number) },
        ...{ source: 'RSU-1', at: expect.any(Number) },
      });
    }
    expect(took.sort((a, b) => a - b)[10]).toBeLessThan(50);
    const kept = await until('the hazards in Kafka', async () => {
      const found = (await records('iov.v2x')).filter(({ key }) => key === 'RSU-1');
      return found.length >= 21 ? found : undefined;
    });
    expect(valueOf<PerceptionMessage>(kept[0]!.value).hazard).toMatchObject({ id: 'h0', geohash: AREA });
  });

  test.each([
    ['is over', { until: 1 }],
    ['names a topic for an area', { geohash: 'u281/' }],
    ['names no area', { geohash: undefined }],
  ])('tell nobody of a hazard that %s, and keep it all the same', async (_name, changes) => {
    const marker = `after-${_name}`;
    const waiting = heard(1);
    await roadsideUnit.publishAsync(hazardTopic('RSU-1'), hazardMessage(`not-${marker}`, changes), { qos: 1 });
    await roadsideUnit.publishAsync(hazardTopic('RSU-1'), hazardMessage(marker), { qos: 1 });
    expect((await waiting).map(({ payload }) => valueOf<{ id: string }>(payload).id)).toEqual([marker]);
    await until('the record', async () =>
      (await records('iov.v2x')).some(({ value }) => value.includes(`not-${marker}`)) ? true : undefined,
    );
  });

  test('take what a roadside unit perceives by Basic Ingest', async () => {
    const payload = JSON.stringify({ sequence: 5, at: 1, objects: [{ id: 1, kind: 'car', ...PLACE }] });
    await roadsideUnit.publishAsync(uplinkTopics.perception('RSU-1'), payload, { qos: 1 });
    const record = await until('the record', async () =>
      (await records('iov.v2x')).find(({ value }) => value === payload),
    );
    expect(record).toMatchObject({ key: 'RSU-1', headers: { mqtt_topic: 'dt/rsu/RSU-1/perception' } });
  });

  test('let no vehicle warn others, and no device hear the broadcasts of a group that is not its own', async () => {
    const stranger = await connectDevice(backbone, 'VEHICLE-2');
    await expect(stranger.publishAsync(hazardTopic('VEHICLE-2'), hazardMessage('x'), { qos: 1 })).rejects.toThrow(
      /Not authorized|135/i,
    );
    await stranger.subscribeAsync(['bc/all', 'bc/group/vehicles', topics.broadcastArea(AREA)], { qos: 1 });
    for (const filter of ['bc/group/rsus', 'bc/group/other', 'bc/#'])
      await expect(stranger.subscribeAsync(filter, { qos: 1 })).rejects.toThrow();
    await stranger.endAsync(true);
  });

  test("put a vehicle's reports of a campaign into Kafka, with the campaign's and the vehicle's name from the topic", async () => {
    await vehicle.publishAsync(uplinkTopics.otaStatus('VEHICLE-1', 'c-7'), '{"state":"INSTALLED","thing":"OTHER"}', {
      qos: 1,
    });
    const [record] = await until('the record', async () => {
      const found = await records('iov.ota.status');
      return found.length > 0 ? found : undefined;
    });
    expect(record!.key).toBe('VEHICLE-1');
    expect(valueOf(record!.value)).toEqual({ state: 'INSTALLED', thing: 'VEHICLE-1', campaignId: 'c-7' });
  });

  test('feed the function that keeps the last position of each device, and its area', async () => {
    const dynamo = DynamoDBDocumentClient.from(
      new DynamoDBClient({
        ...{ endpoint: backbone.awsUrl, region: backbone.twin.account.region },
        credentials: { accessKeyId: 'operator', secretAccessKey: 'operator' },
      }),
    );
    const report = (at: number, latitude: number) =>
      vehicle.publishAsync(
        uplinkTopics.telemetry('vehicle', 'VEHICLE-1'),
        JSON.stringify({
          ...{ sequence: at, at: [at] },
          signals: {
            'Vehicle.CurrentLocation.Latitude': [latitude],
            'Vehicle.CurrentLocation.Longitude': [PLACE.longitude],
          },
        }),
        { qos: 1 },
      );
    await report(2_000, PLACE.latitude);
    await report(1_000, 50);
    const TableName = backbone.output('PositionsTableName');
    const kept = await until('the position', async () => {
      const { Item } = await dynamo.send(new GetCommand({ TableName, Key: { thing: 'VEHICLE-1' } }));
      return Item;
    });
    expect(kept).toEqual({ thing: 'VEHICLE-1', ...PLACE, geohash: AREA, at: 2_000 });
    const { Items } = await dynamo.send(
      new QueryCommand({
        ...{ TableName, IndexName: 'area', KeyConditionExpression: 'geohash = :area' },
        ExpressionAttributeValues: { ':area': AREA },
      }),
    );
    expect(Items?.map(({ thing }) => thing as string)).toEqual(['VEHICLE-1']);
  });

  test('carry a heartbeat each to iov.heartbeat, which is measured by the rule', async () => {
    await backbone.twin.cloud.functions.invoke('iov-dev-main-heartbeat-sender', {});
    const beats = await until('the heartbeats', async () => {
      const found = await records('iov.heartbeat');
      return new Set(found.map(({ headers }) => headers['mqtt_topic'])).size === KAFKA_RULES.length ? found : undefined;
    });
    expect(beats.every(({ value }) => typeof valueOf<{ at: unknown }>(value).at === 'number')).toBe(true);
    const { metrics } = backbone.twin.cloud.messaging;
    await until('the metrics', () => {
      const measured = metrics
        .metrics()
        .filter(({ namespace, name }) => namespace === 'IoV' && name === 'HeartbeatLatency');
      return KAFKA_RULES.every((rule) => measured.some(({ dimensions }) => dimensions['rule'] === rule)) || undefined;
    });
    for (const rule of KAFKA_RULES) {
      const topic = { telemetry: 'iov.telemetry', events: 'iov.events' }[rule as string];
      if (topic) expect((await records(topic)).filter(({ value }) => value.startsWith('{"at":'))).toEqual([]);
    }
  });
});
