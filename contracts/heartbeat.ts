/**
 * What is published on `hb/<rule>` through each rule that writes to Kafka, and arrives in `iov.heartbeat`. The member is one that every
 * rule's SQL lets through.
 */
export interface Heartbeat {
  /** When it was published: Unix time in ms. */
  readonly at: number;
}

/** Namespace of the backbone's own metrics in CloudWatch. */
export const METRIC_NAMESPACE = 'IoV';
