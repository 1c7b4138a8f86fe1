import type { Clock } from '../../clock.ts';
import type { Collection, Store } from '../../state/store.ts';
import { metricKey } from './metric.ts';
import type { Metric, MetricDatum } from './metric.ts';
import { merge, ofValue } from './statistic-set.ts';
import type { StatisticSet } from './statistic-set.ts';

const MINUTE_MS = 60_000;
/** CloudWatch keeps data points of a minute for fifteen days; a laptop needs fewer. */
const KEPT_MS = 3 * 24 * 60 * MINUTE_MS;
const MOST_MINUTES = 200_000;
const TIDY_EVERY_WRITES = 1_000;

interface Minute {
  readonly metric: Metric;
  readonly unit: string;
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly set: StatisticSet;
}

export interface MetricQuery {
  readonly metric: Metric;
  /** Milliseconds since the epoch; `end` itself is outside. */
  readonly start: number;
  readonly end: number;
  readonly periodMs: number;
  /** Only values of this unit. */
  readonly unit?: string;
}

export interface Datapoint {
  readonly timestamp: number;
  readonly unit: string;
  readonly set: StatisticSet;
}

/** Metrics as CloudWatch keeps them: statistics of every minute, durable when `put` returns. */
export class Metrics {
  readonly #clock: Clock;
  readonly #minutes: Collection<Minute>;
  readonly #byMetric = new Map<string, { readonly metric: Metric; readonly keys: Set<string> }>();
  #writes = 0;

  constructor({ clock, store }: { readonly clock: Clock; readonly store: Store }) {
    this.#clock = clock;
    this.#minutes = store.collection('cloudwatch.minutes');
    for (const [key, { metric }] of this.#minutes.entries()) this.#index(metric, key);
    this.#tidy();
  }

  /** Adds a value, for the twin's own services: rule actions, embedded metrics of functions. */
  putMetric(datum: MetricDatum): void {
    const metric = { namespace: datum.namespace, name: datum.name, dimensions: datum.dimensions ?? {} };
    const start = Math.floor(datum.timestamp / MINUTE_MS) * MINUTE_MS;
    const unit = datum.unit ?? 'None';
    const key = JSON.stringify([start, unit, metricKey(metric)]);
    const added = setOf(datum);
    if (!added) return;
    this.#minutes.set(key, { metric, unit, start, set: merge(this.#minutes.get(key)?.set, added) });
    this.#index(metric, key);
    this.#writes += 1;
    if (this.#writes % TIDY_EVERY_WRITES === 0) this.#tidy();
  }

  metrics(): Metric[] {
    return [...this.#byMetric.values()].map(({ metric }) => metric);
  }

  /** Data points in order of time, one a period and unit that has values. */
  query({ metric, start, end, periodMs, unit }: MetricQuery): Datapoint[] {
    const first = Math.floor(start / periodMs) * periodMs;
    const points = new Map<string, Datapoint>();
    for (const key of this.#byMetric.get(metricKey(metric))?.keys ?? []) {
      const minute = this.#minutes.get(key)!;
      if (minute.start < first || minute.start >= end || (unit !== undefined && minute.unit !== unit)) continue;
      const timestamp = Math.floor(minute.start / periodMs) * periodMs;
      const pointKey = `${timestamp} ${minute.unit}`;
      points.set(pointKey, { timestamp, unit: minute.unit, set: merge(points.get(pointKey)?.set, minute.set) });
    }
    return [...points.values()].sort((a, b) => a.timestamp - b.timestamp);
  }

  #index(metric: Metric, key: string): void {
    const metricName = metricKey(metric);
    const entry = this.#byMetric.get(metricName);
    if (entry) entry.keys.add(key);
    else this.#byMetric.set(metricName, { metric, keys: new Set([key]) });
  }

  #tidy(): void {
    const oldest = this.#clock.now() - KEPT_MS;
    let excess = this.#minutes.size - MOST_MINUTES;
    for (const [key, { start, metric }] of [...this.#minutes.entries()]) {
      if (start >= oldest && excess <= 0) continue;
      excess -= 1;
      this.#minutes.delete(key);
      const entry = this.#byMetric.get(metricKey(metric));
      entry?.keys.delete(key);
      if (entry?.keys.size === 0) this.#byMetric.delete(metricKey(metric));
    }
  }
}

function setOf({ value, values, counts, statistics }: MetricDatum): StatisticSet | undefined {
  if (statistics) return statistics;
  if (value !== undefined) return ofValue(value);
  return (values ?? []).reduce<StatisticSet | undefined>(
    (sum, each, index) => merge(sum, ofValue(each, counts?.[index] ?? 1)),
    undefined,
  );
}
