import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { metrics } from './metrics.ts';

/** Counts a command that has ended, by how. */
export function countOutcome(outcome: string): void {
  const metric = metrics.singleMetric();
  metric.addDimension('outcome', outcome);
  metric.addMetric('CommandEnded', MetricUnit.Count, 1);
}
