import { Metrics } from '@aws-lambda-powertools/metrics';
import { METRIC_NAMESPACE } from '../../contracts/heartbeat.ts';

/** Metrics that travel in the log (embedded metric format): no call to CloudWatch, no right to make one. */
export const metrics = new Metrics({ namespace: METRIC_NAMESPACE });
