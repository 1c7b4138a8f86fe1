import type { MetricDatum } from './metric.ts';

interface Directive {
  readonly Namespace?: unknown;
  readonly Dimensions?: unknown;
  readonly Metrics?: unknown;
}

const MOST_VALUES = 100;

/**
 * The metrics that a log line carries in CloudWatch's embedded metric format ("Specification: Embedded metric format" of
 * the CloudWatch User Guide); none for any other line. What the specification does not allow is left out, as CloudWatch
 * leaves it out.
 */
export function embeddedMetrics(line: string, now: number): MetricDatum[] {
  // Most lines are something else; they are not parsed.
  if (!line.includes('"CloudWatchMetrics"')) return [];
  const root = parseObject(line);
  const metadata = root?.['_aws'] as { Timestamp?: unknown; CloudWatchMetrics?: unknown } | undefined;
  if (!root || !Array.isArray(metadata?.CloudWatchMetrics)) return [];
  const timestamp = typeof metadata.Timestamp === 'number' ? metadata.Timestamp : now;
  return (metadata.CloudWatchMetrics as (Directive | null)[]).flatMap((directive) =>
    metricsOf(directive, root, timestamp),
  );
}

function metricsOf(directive: Directive | null, root: Record<string, unknown>, timestamp: number): MetricDatum[] {
  const { Namespace, Metrics, Dimensions = [[]] } = directive ?? {};
  if (typeof Namespace !== 'string' || !Array.isArray(Metrics) || !Array.isArray(Dimensions)) return [];
  const sets = (Dimensions.length > 0 ? Dimensions : [[]]).flatMap((names) => dimensionsOf(names, root));
  return (Metrics as ({ Name?: unknown; Unit?: unknown } | null)[]).flatMap((definition) => {
    const name = definition?.Name;
    const values = typeof name === 'string' ? numbersOf(root[name]) : [];
    if (typeof name !== 'string' || values.length === 0) return [];
    const unit = typeof definition?.Unit === 'string' ? definition.Unit : 'None';
    return sets.map((dimensions) => ({ namespace: Namespace, name, dimensions, unit, timestamp, values }));
  });
}

/** One set of dimensions with its values, or none when a value is missing. */
function dimensionsOf(names: unknown, root: Record<string, unknown>): Record<string, string>[] {
  if (!Array.isArray(names) || names.length > 30) return [];
  const entries = (names as unknown[]).map((name) => [name, root[String(name)]]);
  return entries.every(([, value]) => typeof value === 'string')
    ? [Object.fromEntries(entries) as Record<string, string>]
    : [];
}

function numbersOf(value: unknown): number[] {
  const values: unknown[] = Array.isArray(value) ? value.slice(0, MOST_VALUES) : [value];
  return values.filter((each) => typeof each === 'number' && Number.isFinite(each)) as number[];
}

/** The object of a line; a runtime may have put a time and a request id before it. */
function parseObject(line: string): Record<string, unknown> | undefined {
  const start = line.indexOf('{');
  try {
    const value: unknown = JSON.parse(line.slice(start));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
