import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MSKEvent } from 'aws-lambda';
import { logger } from '../shared/logger.ts';
import { metrics } from '../shared/metrics.ts';
import { heartbeatLatencies } from './latencies.ts';

/** Reads `iov.heartbeat` and writes each heartbeat's latency as a metric of its rule. */
export async function handler(event: MSKEvent): Promise<void> {
  for (const { rule, milliseconds } of heartbeatLatencies(event)) {
    const metric = metrics.singleMetric();
    metric.addDimension('rule', rule);
    metric.addMetric('HeartbeatLatency', MetricUnit.Milliseconds, milliseconds);
    logger.debug('heartbeat', { rule, milliseconds });
  }
}
