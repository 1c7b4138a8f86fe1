import type { TimestampFormat } from './shape.ts';

/** A timestamp as it stands in a JSON body, a header, a query or an XML text. */
export function parseTimestamp(value: unknown): Date | undefined {
  const date =
    typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value))
      ? new Date(Math.round(Number(value) * 1000))
      : typeof value === 'string'
        ? new Date(value)
        : undefined;
  return date && !Number.isNaN(date.getTime()) ? date : undefined;
}

/**
 * @param value a Date, or milliseconds since the epoch
 * @param fallback the format of the place where the timestamp stands, used when the model names none
 */
export function formatTimestamp(
  value: unknown,
  format: TimestampFormat,
  fallback: Exclude<TimestampFormat, 'default'>,
): string | number {
  const date = value instanceof Date ? value : new Date(Number(value));
  if (Number.isNaN(date.getTime())) throw new TypeError(`${String(value)} is not a point in time`);
  switch (format === 'default' ? fallback : format) {
    case 'date-time':
      return date.toISOString().replace('.000Z', 'Z');
    case 'http-date':
      return date.toUTCString();
    default:
      return date.getTime() / 1000;
  }
}
