import type * as iot from '@aws-sdk/client-iot';

import type { FieldsDocument, FieldValue } from './index-document.ts';

/** Whether a value is of the field's type; others are left out (developer guide, "Custom fields"). */
function ofType(type: string): (value: FieldValue) => Comparable[] {
  if (type === 'Number') return ({ number }) => (number === undefined ? [] : [number]);
  if (type === 'Boolean') return ({ text }) => (text === 'true' ? [1] : text === 'false' ? [0] : []);
  return ({ raw }) => (typeof raw === 'string' ? [raw] : []);
}

type Comparable = string | number;

/** The values of a field in each document that has any of its type. */
export function fieldValues(documents: Iterable<FieldsDocument>, field: string, type: string): Comparable[][] {
  const read = ofType(type);
  const found: Comparable[][] = [];
  for (const document of documents) {
    const values = document.aggregated(field).flatMap(read);
    if (values.length > 0) found.push(values);
  }
  return found;
}

/** Texts are only counted; Booleans are 0 and 1 (developer guide, "GetStatistics"). */
export function statistics(values: readonly (readonly Comparable[])[], type: string): iot.Statistics {
  const numbers = values.flat().filter((value) => typeof value === 'number');
  if (type === 'String' || numbers.length === 0) return { count: values.length };
  const sum = numbers.reduce((total, number) => total + number, 0);
  const sumOfSquares = numbers.reduce((total, number) => total + number ** 2, 0);
  const average = sum / numbers.length;
  const variance = numbers.reduce((total, number) => total + (number - average) ** 2, 0) / numbers.length;
  return {
    ...{ count: values.length, average, sum, sumOfSquares, variance },
    minimum: numbers.reduce((least, number) => Math.min(least, number)),
    maximum: numbers.reduce((most, number) => Math.max(most, number)),
    stdDeviation: Math.sqrt(variance),
  };
}

export const DEFAULT_PERCENTS = [1, 5, 25, 50, 75, 95, 99];

/** Between two values the percentile lies on the line that joins them, which gives the figures of the guide's example. */
export function percentiles(
  values: readonly (readonly Comparable[])[],
  percents: readonly number[],
): iot.PercentPair[] {
  const sorted = (values.flat() as number[]).sort((a, b) => a - b);
  if (sorted.length === 0) return [];
  return percents.map((percent) => {
    const position = (percent / 100) * (sorted.length - 1);
    const below = sorted[Math.floor(position)]!;
    const above = sorted[Math.ceil(position)]!;
    return { percent, value: below + (position - Math.floor(position)) * (above - below) };
  });
}

/** The most frequent values, with the number of documents that have them. */
export function buckets(values: readonly (readonly Comparable[])[], type: string, most: number): iot.Bucket[] {
  const counts = new Map<string, number>();
  const keyOf = (value: Comparable): string => (type === 'Boolean' ? String(value === 1) : String(value));
  for (const ofDocument of values)
    for (const key of new Set(ofDocument.map(keyOf))) counts.set(key, (counts.get(key) ?? 0) + 1);
  const ordered = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return ordered.slice(0, most).map(([keyValue, count]) => ({ keyValue, count }));
}
