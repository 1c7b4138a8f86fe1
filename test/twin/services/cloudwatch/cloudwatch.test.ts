import {
  CloudWatchClient,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { decode, Encoder } from 'cbor-x';

import { ManualClock } from '../../../../twin/clock.ts';
import type { Endpoint } from '../../../../twin/endpoint/endpoint.ts';
import { Metrics } from '../../../../twin/services/cloudwatch/metrics.ts';
import { cloudwatchService } from '../../../../twin/services/cloudwatch/operations.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { clientConfiguration, startEndpoint } from '../../endpoint/test-endpoint.ts';

const clock = new ManualClock();
const store = openStore(':memory:');
const metrics = new Metrics({ clock, store });
const StartTime = new Date(clock.now() - 3_600_000);
const EndTime = new Date(clock.now() + 60_000);
let endpoint: Endpoint;
let client: CloudWatchClient;
let Namespace: string;
let count = 0;

beforeAll(async () => {
  endpoint = await startEndpoint([cloudwatchService(metrics, clock)]);
  client = new CloudWatchClient(clientConfiguration(endpoint));
});
afterAll(async () => {
  client.destroy();
  await endpoint.close();
  store.close();
});
beforeEach(() => void (Namespace = `Fleet/${(count += 1)}`));

const put = (...MetricData: MetricDatum[]) => client.send(new PutMetricDataCommand({ Namespace, MetricData }));
const minutesAgo = (minutes: number): Date => new Date(clock.now() - minutes * 60_000);

async function statistics(others: Record<string, unknown> = {}) {
  const input = { Namespace, MetricName: 'Latency', StartTime, EndTime, Period: 60, ...others };
  const { Datapoints } = await client.send(
    new GetMetricStatisticsCommand({ ...input, Statistics: ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum'] }),
  );
  return Datapoints!;
}

describe('metric data', () => {
  test('of a minute become one data point', async () => {
    await put(
      { MetricName: 'Latency', Value: 10, Unit: 'Milliseconds' },
      { MetricName: 'Latency', Value: 30, Unit: 'Milliseconds' },
    );
    await put({ MetricName: 'Latency', Values: [20, 40], Counts: [2, 1], Unit: 'Milliseconds' });
    expect(await statistics()).toEqual([
      {
        Timestamp: minutesAgo(0),
        Unit: 'Milliseconds',
        SampleCount: 5,
        Sum: 120,
        Average: 24,
        Minimum: 10,
        Maximum: 40,
      },
    ]);
  });

  test('may be statistics already', async () => {
    const StatisticValues = { SampleCount: 4, Sum: 10, Minimum: 1, Maximum: 4 };
    await put({ MetricName: 'Latency', StatisticValues });
    expect(await statistics()).toMatchObject([{ ...StatisticValues, Unit: 'None' }]);
  });

  test('of other dimensions or units are apart', async () => {
    await put(
      { MetricName: 'Latency', Value: 1 },
      {
        MetricName: 'Latency',
        Value: 2,
        Dimensions: [
          { Name: 'class', Value: 'car' },
          { Name: 'area', Value: 'u33' },
        ],
      },
      { MetricName: 'Latency', Value: 3, Unit: 'Seconds' },
    );
    expect(await statistics({ Unit: 'None' })).toMatchObject([{ Sum: 1 }]);
    const Dimensions = [
      { Name: 'area', Value: 'u33' },
      { Name: 'class', Value: 'car' },
    ];
    expect(await statistics({ Dimensions })).toMatchObject([{ Sum: 2 }]);
    expect(await statistics({ Unit: 'Seconds' })).toMatchObject([{ Sum: 3 }]);
  });

  test('are put together in longer periods', async () => {
    for (const minutes of [1, 2, 3, 7])
      await put({ MetricName: 'Latency', Value: minutes, Timestamp: minutesAgo(minutes) });
    expect(await statistics({ Period: 300 })).toMatchObject([
      { Timestamp: minutesAgo(10), Sum: 7 },
      { Timestamp: minutesAgo(5), Sum: 6 },
    ]);
  });

  test('have percentiles within 1 % of the truth', async () => {
    await put({ MetricName: 'Latency', Values: Array.from({ length: 150 }, (_, index) => index + 1) });
    const { Datapoints } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace,
        MetricName: 'Latency',
        StartTime,
        EndTime,
        Period: 60,
        ExtendedStatistics: ['p50', 'p99', 'p100'],
      }),
    );
    const { p50, p99, p100 } = Datapoints![0]!.ExtendedStatistics!;
    expect(p50! / 75).toBeCloseTo(1, 1.7);
    expect(p99! / 149).toBeCloseTo(1, 1.7);
    expect(p100).toBe(150);
  });

  test.each<[string, MetricDatum, string]>([
    [
      'a time three weeks ago',
      { MetricName: 'm', Value: 1, Timestamp: minutesAgo(3 * 7 * 24 * 60) },
      'InvalidParameterValueException',
    ],
    ['no value', { MetricName: 'm' }, 'MissingRequiredParameterException'],
    ['two kinds of value', { MetricName: 'm', Value: 1, Values: [1] }, 'InvalidParameterCombinationException'],
    ['counts that do not fit', { MetricName: 'm', Values: [1, 2], Counts: [1] }, 'InvalidParameterValueException'],
    ['no number', { MetricName: 'm', Value: Number.NaN }, 'InvalidParameterValueException'],
    [
      'an empty dimension',
      { MetricName: 'm', Value: 1, Dimensions: [{ Name: 'a', Value: ' ' }] },
      'InvalidParameterValueException',
    ],
  ])('with %s are refused, and none of their request is kept', async (_name, datum, code) => {
    await expect(put({ MetricName: 'Latency', Value: 1 }, datum)).rejects.toMatchObject({ name: code });
    expect(await statistics()).toEqual([]);
  });

  test("in AWS's own namespaces are refused", async () => {
    Namespace = 'AWS/Lambda';
    await expect(put({ MetricName: 'm', Value: 1 })).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
  });

  test('survive a restart', async () => {
    await put({ MetricName: 'Latency', Value: 5 });
    const again = new Metrics({ clock, store });
    const metric = { namespace: Namespace, name: 'Latency', dimensions: {} };
    const [point] = again.query({ metric, start: StartTime.getTime(), end: EndTime.getTime(), periodMs: 60_000 });
    expect(point!.set.sum).toBe(5);
  });

  test('are forgotten after three days', async () => {
    const later = new ManualClock(clock.now() + 4 * 24 * 3_600_000);
    await put({ MetricName: 'Latency', Value: 5 });
    const again = new Metrics({ clock: later, store: openStore(':memory:') });
    again.putMetric({ namespace: Namespace, name: 'Old', value: 1, timestamp: clock.now() });
    for (let index = 1; index < 1_000; index += 1)
      again.putMetric({ namespace: Namespace, name: 'New', value: 1, timestamp: later.now() });
    expect(again.metrics().map(({ name }) => name)).toEqual(['New']);
  });
});

describe('GetMetricData', () => {
  const query = (Stat: string) => ({
    Id: 'q',
    MetricStat: { Metric: { Namespace, MetricName: 'Latency' }, Period: 60, Stat },
  });

  test('gives newest first, or oldest', async () => {
    for (const minutes of [1, 2, 3])
      await put({ MetricName: 'Latency', Value: minutes, Timestamp: minutesAgo(minutes) });
    const values = async (ScanBy?: 'TimestampAscending') =>
      (await client.send(new GetMetricDataCommand({ StartTime, EndTime, ScanBy, MetricDataQueries: [query('Sum')] })))
        .MetricDataResults;
    expect(await values()).toMatchObject([{ Id: 'q', Label: 'Latency', Values: [1, 2, 3], StatusCode: 'Complete' }]);
    expect(await values('TimestampAscending')).toMatchObject([{ Values: [3, 2, 1] }]);
  });

  test('comes in pages', async () => {
    for (const minutes of [1, 2, 3])
      await put({ MetricName: 'Latency', Value: minutes, Timestamp: minutesAgo(minutes) });
    const pages: (number[] | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await client.send(
        new GetMetricDataCommand({
          StartTime,
          EndTime,
          MaxDatapoints: 2,
          NextToken,
          MetricDataQueries: [query('Sum')],
        }),
      );
      pages.push(page.MetricDataResults![0]!.Values);
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    expect(pages).toEqual([[1, 2], [3]]);
  });

  test('refuses by name what the twin does not evaluate', async () => {
    const math = { Id: 'm', Expression: 'q * 2' };
    await expect(
      client.send(new GetMetricDataCommand({ StartTime, EndTime, MetricDataQueries: [math] })),
    ).rejects.toThrow('does not evaluate metric math');
    await expect(
      client.send(new GetMetricDataCommand({ StartTime, EndTime, MetricDataQueries: [query('TM(10%:90%)')] })),
    ).rejects.toThrow('not supported');
    const alarm = { AlarmName: 'a', EvaluationPeriods: 1, ComparisonOperator: 'GreaterThanThreshold' as const };
    await expect(client.send(new PutMetricAlarmCommand(alarm))).rejects.toMatchObject({
      message: 'The twin does not execute cloudwatch:PutMetricAlarm.',
    });
  });
});

test('metrics are listed by namespace, name and dimension', async () => {
  await put(
    { MetricName: 'a', Value: 1 },
    { MetricName: 'b', Value: 1, Dimensions: [{ Name: 'class', Value: 'car' }] },
  );
  const listed = async (filter = {}) =>
    (await client.send(new ListMetricsCommand({ Namespace, ...filter }))).Metrics!.map(({ MetricName }) => MetricName);
  expect(await listed()).toEqual(['a', 'b']);
  expect(await listed({ MetricName: 'a' })).toEqual(['a']);
  expect(await listed({ Dimensions: [{ Name: 'class' }] })).toEqual(['b']);
  expect(await listed({ Dimensions: [{ Name: 'class', Value: 'truck' }] })).toEqual([]);
});

describe('older and newer protocols', () => {
  const authorization =
    'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=0';

  test('the query protocol puts and lists', async () => {
    const form = {
      Namespace,
      'MetricData.member.1.MetricName': 'q',
      'MetricData.member.1.Value': '2.5',
      'MetricData.member.1.Dimensions.member.1.Name': 'a',
      'MetricData.member.1.Dimensions.member.1.Value': 'b',
    };
    const send = (parameters: Record<string, string>) =>
      fetch(endpoint.url, {
        method: 'POST',
        headers: { authorization },
        body: new URLSearchParams({ Version: '2010-08-01', ...parameters }),
      });
    expect((await send({ Action: 'PutMetricData', ...form })).status).toBe(200);
    const listed = await (await send({ Action: 'ListMetrics', Namespace })).text();
    expect(listed).toContain('<Metrics><member>');
    expect(listed).toContain('<MetricName>q</MetricName>');
  });

  test('CBOR puts and gets, with times and errors of its own', async () => {
    const encoder = new Encoder({ useRecords: false, tagUint8Array: false });
    const send = async (operation: string, input: unknown) => {
      const answer = await fetch(`${endpoint.url}/service/GraniteServiceVersion20100801/operation/${operation}`, {
        method: 'POST',
        headers: { authorization, 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' },
        body: Uint8Array.from(encoder.encode(input)),
      });
      return {
        status: answer.status,
        headers: answer.headers,
        body: decode(Buffer.from(await answer.arrayBuffer())) as Record<string, unknown>,
      };
    };
    const datum = { MetricName: 'Latency', Value: 7, Timestamp: minutesAgo(2) };
    expect((await send('PutMetricData', { Namespace, MetricData: [datum] })).status).toBe(200);
    const got = await send('GetMetricStatistics', {
      Namespace,
      MetricName: 'Latency',
      StartTime,
      EndTime,
      Period: 60,
      Statistics: ['Sum'],
    });
    expect(got.body).toEqual({ Label: 'Latency', Datapoints: [{ Timestamp: minutesAgo(2), Unit: 'None', Sum: 7 }] });
    expect(got.headers.get('smithy-protocol')).toBe('rpc-v2-cbor');
    const refused = await send('PutMetricData', { Namespace: 'AWS/IoT', MetricData: [datum] });
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ __type: 'com.amazonaws.cloudwatch#InvalidParameterValueException' });
    expect(refused.headers.get('x-amzn-query-error')).toBe('InvalidParameterValue;Sender');
  });
});
