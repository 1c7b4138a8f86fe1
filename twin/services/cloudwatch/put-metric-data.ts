import { AwsError } from '../../endpoint/service.ts';
import type { OperationInput } from '../../endpoint/service.ts';
import type { MetricDatum } from './metric.ts';

const MOST_DATA = 1_000;
const MOST_VALUES = 150;
const MOST_DIMENSIONS = 30;
const OLDEST_MS = 14 * 24 * 3_600_000;
const NEWEST_MS = 2 * 3_600_000;
const LARGEST = 2 ** 360;

interface WireDatum {
  readonly MetricName: string;
  readonly Dimensions?: readonly WireDimension[];
  readonly Timestamp?: Date;
  readonly Value?: number;
  readonly Values?: readonly number[];
  readonly Counts?: readonly number[];
  readonly StatisticValues?: { SampleCount: number; Sum: number; Minimum: number; Maximum: number };
  readonly Unit?: string;
}

export interface WireDimension {
  readonly Name: string;
  readonly Value: string;
}

/**
 * The data of one PutMetricData, all of them or none.
 *
 * @throws AwsError InvalidParameterValueException, InvalidParameterCombinationException, MissingRequiredParameterException
 */
export function dataOf(input: OperationInput, now: number): MetricDatum[] {
  const namespace = String(input['Namespace']);
  if (namespace.startsWith('AWS/') || namespace.startsWith(':') || namespace.length > 255 || namespace.trim() === '')
    throw invalid(`The value ${namespace.slice(0, 40)} for parameter Namespace is invalid.`);
  const data = (input['MetricData'] as WireDatum[] | undefined) ?? [];
  if (data.length === 0)
    throw new AwsError('MissingRequiredParameterException', 'The parameter MetricData is required.');
  if (data.length > MOST_DATA)
    throw invalid(`The collection MetricData must not have a size greater than ${MOST_DATA}.`);
  return data.map((datum, index) => readDatum(namespace, datum, `MetricData.member.${index + 1}`, now));
}

export function dimensionsFrom(dimensions: readonly WireDimension[] | undefined): Record<string, string> {
  return Object.fromEntries((dimensions ?? []).map(({ Name, Value }) => [Name, Value]));
}

function readDatum(namespace: string, datum: WireDatum, path: string, now: number): MetricDatum {
  const { MetricName, Dimensions = [], Timestamp, Value, Values, Counts, StatisticValues, Unit } = datum;
  const timestamp = Timestamp?.getTime() ?? now;
  if (timestamp < now - OLDEST_MS || timestamp > now + NEWEST_MS)
    throw invalid(
      `The parameter ${path}.Timestamp must specify a time within the past two weeks or the next two hours.`,
    );
  if (Dimensions.length > MOST_DIMENSIONS)
    throw invalid(`The collection ${path}.Dimensions must not have a size greater than ${MOST_DIMENSIONS}.`);
  if (Dimensions.some(({ Name, Value: text }) => Name.trim() === '' || text.trim() === ''))
    throw invalid(`The parameter ${path}.Dimensions must not have empty names or values.`);
  const given = [Value, Values, StatisticValues].filter((each) => each !== undefined);
  if (given.length === 0)
    throw new AwsError(
      'MissingRequiredParameterException',
      `At least one of the parameters must be specified: ${path}.Value, Values, StatisticValues.`,
    );
  if (given.length > 1)
    throw new AwsError(
      'InvalidParameterCombinationException',
      `The parameters ${path}.Value, Values and StatisticValues are mutually exclusive and you have specified more than one.`,
    );
  if (Values && (Values.length > MOST_VALUES || (Counts && Counts.length !== Values.length)))
    throw invalid(
      `The parameters ${path}.Values and ${path}.Counts must be of the same size, of at most ${MOST_VALUES}.`,
    );
  for (const number of [Value, ...(Values ?? []), ...(Counts ?? []), ...Object.values(StatisticValues ?? {})])
    if (number !== undefined && !(Math.abs(number) <= LARGEST))
      throw invalid(`The value ${number} for parameter ${path} is invalid.`);
  return {
    namespace,
    name: MetricName,
    dimensions: dimensionsFrom(Dimensions),
    unit: Unit,
    timestamp,
    value: Value,
    values: Values,
    counts: Counts,
    statistics: StatisticValues && {
      count: StatisticValues.SampleCount,
      sum: StatisticValues.Sum,
      minimum: StatisticValues.Minimum,
      maximum: StatisticValues.Maximum,
    },
  };
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}
