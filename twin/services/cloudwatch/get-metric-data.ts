import { AwsError } from '../../endpoint/service.ts';
import type { OperationInput } from '../../endpoint/service.ts';
import { dimensionsFrom } from './put-metric-data.ts';
import type { WireDimension } from './put-metric-data.ts';
import type { Datapoint, Metrics } from './metrics.ts';
import { isStatistic, statistic } from './statistic-set.ts';

const MOST_STATISTICS_POINTS = 1_440;
const MOST_DATA_POINTS = 100_800;

interface WireQuery {
  readonly Id: string;
  readonly Label?: string;
  readonly Expression?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: {
    readonly Metric: {
      readonly Namespace?: string;
      readonly MetricName?: string;
      readonly Dimensions?: readonly WireDimension[];
    };
    readonly Period: number;
    readonly Stat: string;
    readonly Unit?: string;
  };
}

/** @throws AwsError InvalidParameterValueException, InvalidParameterCombinationException, MissingRequiredParameterException */
export function getMetricStatistics(metrics: Metrics, input: OperationInput): Record<string, unknown> {
  const names = [
    ...((input['Statistics'] as string[] | undefined) ?? []),
    ...((input['ExtendedStatistics'] as string[] | undefined) ?? []),
  ];
  if (names.length === 0)
    throw new AwsError('MissingRequiredParameterException', 'Must specify either Statistics or ExtendedStatistics.');
  for (const name of names) checkStatistic(name);
  const { start, end } = spanOf(input);
  const periodMs = periodOf(Number(input['Period']));
  if ((end - start) / periodMs > MOST_STATISTICS_POINTS) {
    throw new AwsError(
      'InvalidParameterCombinationException',
      `You have requested up to ${Math.ceil((end - start) / periodMs)} datapoints, which exceeds the limit of ${MOST_STATISTICS_POINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
    );
  }
  const metric = {
    namespace: String(input['Namespace']),
    name: String(input['MetricName']),
    dimensions: dimensionsFrom(input['Dimensions'] as WireDimension[] | undefined),
  };
  const points = metrics.query({ metric, start, end, periodMs, unit: input['Unit'] as string | undefined });
  return { Label: metric.name, Datapoints: points.map((point) => datapointMembers(point, names)) };
}

/** @throws AwsError ValidationException, InvalidParameterValueException */
export function getMetricData(metrics: Metrics, input: OperationInput): Record<string, unknown> {
  const { start, end } = spanOf(input);
  const ascending = input['ScanBy'] === 'TimestampAscending';
  const queries = (input['MetricDataQueries'] as WireQuery[]).filter(({ ReturnData }) => ReturnData !== false);
  const all = queries.map((query) => ({ query, points: pointsOf(metrics, query, start, end, ascending) }));
  const skipped = offsetOf(input['NextToken']);
  const room = Math.min((input['MaxDatapoints'] as number | undefined) ?? MOST_DATA_POINTS, MOST_DATA_POINTS);
  let position = 0;
  const results = all.map(({ query, points }) => {
    const first = Math.max(0, skipped - position);
    const last = Math.max(0, skipped + room - position);
    position += points.length;
    const page = points.slice(first, last);
    return {
      Id: query.Id,
      Label: query.Label ?? query.MetricStat?.Metric.MetricName,
      Timestamps: page.map(({ timestamp }) => timestamp),
      Values: page.map(({ value }) => value),
      StatusCode: last < points.length ? 'PartialData' : 'Complete',
    };
  });
  const more = position > skipped + room;
  return {
    MetricDataResults: results,
    Messages: [],
    NextToken: more ? Buffer.from(String(skipped + room)).toString('base64url') : undefined,
  };
}

function pointsOf(
  metrics: Metrics,
  { Id, Expression, MetricStat }: WireQuery,
  start: number,
  end: number,
  ascending: boolean,
): { timestamp: number; value: number }[] {
  if (!/^[a-z][A-Za-z0-9_]*$/.test(Id))
    throw new AwsError(
      'ValidationException',
      `The value ${Id.slice(0, 40)} for parameter MetricDataQueries.member.Id is invalid.`,
    );
  if (Expression !== undefined || !MetricStat)
    throw new AwsError(
      'ValidationException',
      `Query ${Id} has no MetricStat. The twin does not evaluate metric math or Metrics Insights.`,
    );
  checkStatistic(MetricStat.Stat);
  const metric = {
    namespace: String(MetricStat.Metric.Namespace),
    name: String(MetricStat.Metric.MetricName),
    dimensions: dimensionsFrom(MetricStat.Metric.Dimensions),
  };
  const points = metrics.query({ metric, start, end, periodMs: periodOf(MetricStat.Period), unit: MetricStat.Unit });
  const values = points.flatMap(({ timestamp, set }) => {
    const value = statistic(set, MetricStat.Stat);
    return value === undefined ? [] : [{ timestamp, value }];
  });
  return ascending ? values : values.reverse();
}

function datapointMembers({ timestamp, unit, set }: Datapoint, names: readonly string[]): Record<string, unknown> {
  const members: Record<string, unknown> = { Timestamp: timestamp, Unit: unit };
  const extended: Record<string, number> = {};
  for (const name of names) {
    const value = statistic(set, name);
    if (value === undefined) continue;
    if (name.startsWith('p')) extended[name] = value;
    else members[name] = value;
  }
  return Object.keys(extended).length > 0 ? { ...members, ExtendedStatistics: extended } : members;
}

function spanOf(input: OperationInput): { start: number; end: number } {
  const start = (input['StartTime'] as Date).getTime();
  const end = (input['EndTime'] as Date).getTime();
  if (start >= end)
    throw new AwsError(
      'InvalidParameterValueException',
      'The parameter StartTime must be less than the parameter EndTime.',
    );
  return { start, end };
}

function periodOf(seconds: number): number {
  if (!Number.isInteger(seconds) || seconds < 60 || seconds % 60 !== 0)
    throw new AwsError(
      'InvalidParameterValueException',
      'The parameter Period must be greater than or equal to 60 and a multiple of 60.',
    );
  return seconds * 1_000;
}

function checkStatistic(name: string): void {
  if (!isStatistic(name))
    throw new AwsError(
      'InvalidParameterValueException',
      `The value ${name.slice(0, 40)} for parameter Stat is not supported; the twin has SampleCount, Sum, Average, Minimum, Maximum and percentiles (p0 to p100).`,
    );
}

function offsetOf(token: unknown): number {
  if (token === undefined) return 0;
  const offset = Number(Buffer.from(String(token), 'base64url').toString('utf8'));
  if (!Number.isSafeInteger(offset) || offset < 0) throw new AwsError('InvalidNextToken', 'The next token is invalid.');
  return offset;
}
