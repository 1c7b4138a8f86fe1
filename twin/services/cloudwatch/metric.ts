/** What tells one metric from another (CloudWatch User Guide, "CloudWatch concepts"). */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** One value, or several with how often each was seen, or a set of statistics that somebody else made. */
export interface MetricDatum {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions?: Readonly<Record<string, string>>;
  /** e.g. `Milliseconds`; `None` when absent. */
  readonly unit?: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly value?: number;
  readonly values?: readonly number[];
  /** As many as there are values; each value once when absent. */
  readonly counts?: readonly number[];
  readonly statistics?: {
    readonly count: number;
    readonly sum: number;
    readonly minimum: number;
    readonly maximum: number;
  };
}

/** The same text for the same metric, in whatever order its dimensions come. */
export function metricKey({ namespace, name, dimensions }: Metric): string {
  return JSON.stringify([namespace, name, ...Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
