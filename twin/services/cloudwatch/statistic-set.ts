/**
 * What is kept of the values of a period. Percentiles come from a histogram whose bins are 1 % wide, so that a period
 * with a million values takes no more room than one with a thousand.
 */
export interface StatisticSet {
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  /** How many values fell into each bin; absent once a set without single values was added. */
  readonly bins?: Readonly<Record<string, number>>;
}

const BIN_WIDTH = Math.log(1.01);
const ZERO_BIN = 'zero';

export function ofValue(value: number, count = 1): StatisticSet {
  return { count, sum: value * count, minimum: value, maximum: value, bins: { [binOf(value)]: count } };
}

export function merge(a: StatisticSet | undefined, b: StatisticSet): StatisticSet {
  if (!a) return b;
  const bins = a.bins && b.bins ? { ...a.bins } : undefined;
  if (bins) for (const [bin, count] of Object.entries(b.bins!)) bins[bin] = (bins[bin] ?? 0) + count;
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    minimum: Math.min(a.minimum, b.minimum),
    maximum: Math.max(a.maximum, b.maximum),
    bins,
  };
}

/** Whether `statistic` of a set can be asked for: the five of CloudWatch, and percentiles (`p99`, `p99.9`). */
export function isStatistic(name: string): boolean {
  return Object.hasOwn(SIMPLE, name) || percentileOf(name) !== undefined;
}

/** A statistic of a set; undefined for a percentile of a set whose single values are not known. */
export function statistic(set: StatisticSet, name: string): number | undefined {
  const percent = percentileOf(name);
  return percent === undefined ? SIMPLE[name]?.(set) : percentile(set, percent);
}

const SIMPLE: Readonly<Record<string, (set: StatisticSet) => number>> = {
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => sum / count,
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
};

function percentileOf(name: string): number | undefined {
  const match = /^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(name);
  return match && Number(match[1]) <= 100 ? Number(match[1]) : undefined;
}

function percentile({ bins, count, minimum, maximum }: StatisticSet, percent: number): number | undefined {
  if (!bins) return minimum === maximum ? minimum : undefined;
  const wanted = Math.max(1, Math.ceil((percent / 100) * count));
  const ascending = Object.entries(bins)
    .map(([bin, members]) => ({ value: valueOf(bin), members }))
    .sort((a, b) => a.value - b.value);
  let seen = 0;
  for (const { value, members } of ascending) {
    seen += members;
    if (seen >= wanted) return Math.min(maximum, Math.max(minimum, value));
  }
  return maximum;
}

function binOf(value: number): string {
  if (value === 0) return ZERO_BIN;
  return `${value < 0 ? '-' : '+'}${Math.round(Math.log(Math.abs(value)) / BIN_WIDTH)}`;
}

function valueOf(bin: string): number {
  if (bin === ZERO_BIN) return 0;
  return (bin.startsWith('-') ? -1 : 1) * Math.exp(Number(bin.slice(1)) * BIN_WIDTH);
}
