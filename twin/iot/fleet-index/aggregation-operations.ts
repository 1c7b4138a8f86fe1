import type * as iot from '@aws-sdk/client-iot';

import type { OperationDefinition } from '../../endpoint/service.ts';
import { invalidRequest } from '../registry/failures.ts';
import { operation } from '../registry/operations/operation.ts';
import { buckets, DEFAULT_PERCENTS, fieldValues, percentiles, statistics } from './aggregation.ts';
import { aggregatedType, THINGS } from './configuration.ts';
import { invalidAggregation } from './failures.ts';
import type { FleetIndex } from './fleet-index.ts';
import { indexResource } from './index-operations.ts';

interface Aggregation {
  readonly indexName?: string | undefined;
  readonly queryString?: string | undefined;
  readonly queryVersion?: string | undefined;
  readonly aggregationField?: string | undefined;
}

const DEFAULT_FIELD = 'registry.version';
/** Developer guide, "Maximum values". */
const MOST_PERCENTS = 100;
/** API reference, TermsAggregation. */
const BUCKETS = { default: 10, most: 10_000 };

/** GetStatistics, GetCardinality, GetPercentiles, GetBucketsAggregation (developer guide, "Querying for aggregate data"). */
export function aggregationOperations(index: FleetIndex): Record<string, OperationDefinition> {
  const aggregated = (input: Aggregation): { type: string; values: (string | number)[][]; totalCount: number } => {
    const { indexName = THINGS, queryString, queryVersion, aggregationField = DEFAULT_FIELD } = input;
    const search = { indexName, queryString: queryString!, queryVersion };
    index.predicate(search);
    const type = aggregatedType(index.sources.registry, indexName, aggregationField);
    if (type === undefined)
      throw invalidAggregation(`Field ${aggregationField} is neither a managed nor a custom field of ${indexName}`);
    const matching = [...index.matching(search)];
    return { type, values: fieldValues(matching, aggregationField, type), totalCount: matching.length };
  };
  return {
    GetStatistics: operation<iot.GetStatisticsRequest, iot.GetStatisticsResponse>((input) => {
      const { type, values } = aggregated(input);
      return { statistics: statistics(values, type) };
    }, indexResource),
    GetCardinality: operation<iot.GetCardinalityRequest, iot.GetCardinalityResponse>(
      (input) => ({ cardinality: new Set(aggregated(input).values.flat()).size }),
      indexResource,
    ),
    GetPercentiles: operation<iot.GetPercentilesRequest, iot.GetPercentilesResponse>((input) => {
      const { percents = DEFAULT_PERCENTS } = input;
      const valid = percents.length <= MOST_PERCENTS && percents.every((percent) => percent >= 0 && percent <= 100);
      if (!valid) throw invalidRequest(`percents are at most ${MOST_PERCENTS} numbers from 0 to 100`);
      const { type, values } = aggregated(input);
      if (type !== 'Number') throw invalidAggregation('Percentiles need a field of type Number');
      return { percentiles: percentiles(values, percents) };
    }, indexResource),
    GetBucketsAggregation: operation<iot.GetBucketsAggregationRequest, iot.GetBucketsAggregationResponse>((input) => {
      const most = input.bucketsAggregationType?.termsAggregation?.maxBuckets ?? BUCKETS.default;
      if (most < 1 || most > BUCKETS.most) throw invalidRequest(`maxBuckets must be between 1 and ${BUCKETS.most}`);
      const { type, values, totalCount } = aggregated(input);
      return { totalCount, buckets: buckets(values, type, most) };
    }, indexResource),
  };
}
