import type { Clock } from '../../clock.ts';
import type { AwsService, OperationInput } from '../../endpoint/service.ts';
import { page } from '../page.ts';
import { getMetricData, getMetricStatistics } from './get-metric-data.ts';
import { metricKey } from './metric.ts';
import type { Metric } from './metric.ts';
import type { Metrics } from './metrics.ts';
import { dataOf } from './put-metric-data.ts';
import type { WireDimension } from './put-metric-data.ts';

const LARGEST_PAGE = 500;

/** CloudWatch's metrics on the endpoint, in JSON, CBOR and the query protocol. */
export function cloudwatchService(metrics: Metrics, clock: Clock): AwsService {
  return {
    signingNames: ['monitoring'],
    iamPrefix: 'cloudwatch',
    model: () => import('@aws-sdk/client-cloudwatch') as Promise<Record<string, unknown>>,
    operations: {
      PutMetricData: {
        conditionKeys: (input) => ({ 'cloudwatch:namespace': String(input['Namespace']) }),
        run(input) {
          for (const datum of dataOf(input, clock.now())) metrics.putMetric(datum);
          return {};
        },
      },
      ListMetrics: { run: (input) => listMetrics(metrics, input) },
      GetMetricStatistics: { run: (input) => getMetricStatistics(metrics, input) },
      GetMetricData: { run: (input) => getMetricData(metrics, input) },
    },
  };
}

function listMetrics(metrics: Metrics, input: OperationInput): Record<string, unknown> {
  const wanted = (input['Dimensions'] as Partial<WireDimension>[] | undefined) ?? [];
  const found = metrics
    .metrics()
    .filter(
      ({ namespace, name, dimensions }) =>
        (input['Namespace'] === undefined || input['Namespace'] === namespace) &&
        (input['MetricName'] === undefined || input['MetricName'] === name) &&
        wanted.every(
          ({ Name = '', Value }) =>
            Object.hasOwn(dimensions, Name) && (Value === undefined || dimensions[Name] === Value),
        ),
    );
  const { items, nextToken } = page(
    found,
    metricKey,
    LARGEST_PAGE,
    input['NextToken'] as string | undefined,
    LARGEST_PAGE,
  );
  return { Metrics: items.map(metricMembers), NextToken: nextToken };
}

function metricMembers({ namespace, name, dimensions }: Metric): Record<string, unknown> {
  return {
    Namespace: namespace,
    MetricName: name,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  };
}
