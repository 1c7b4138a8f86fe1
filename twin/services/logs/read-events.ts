import { AwsError } from '../../endpoint/service.ts';
import type { OperationInput } from '../../endpoint/service.ts';
import type { StoredLogEvent } from './log-file.ts';
import type { Logs } from './logs.ts';
import { compileFilterPattern } from './filter-pattern.ts';

const MOST_EVENTS = 10_000;
/** An answer holds about a megabyte, as on AWS. */
const LARGEST_ANSWER_BYTES = 1_000_000;

/** Where a page of a stream ended: before or after an event. */
interface Position {
  readonly timestamp: number;
  readonly number: number;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * GetLogEvents. At either end of a stream the token comes back as it was, by which clients know the end.
 *
 * @throws AwsError ResourceNotFoundException, InvalidParameterException (the token)
 */
export function getLogEvents(logs: Logs, group: string, input: OperationInput): Record<string, unknown> {
  // The end of GetLogEvents is exclusive.
  const { from, to } = rangeOf(logs, group, input);
  const all = logs.stream(group, String(input['logStreamName'])).events(from, to - 1);
  const limit = (input['limit'] as number | undefined) ?? MOST_EVENTS;
  const token = input['nextToken'] as string | undefined;
  const forward = token === undefined ? input['startFromHead'] === true : token.startsWith('f/');
  const at = token === undefined ? undefined : readPosition(token);
  const beyond =
    at === undefined ? all : all.filter((event) => (forward ? compare(event, at) > 0 : compare(event, at) < 0));
  const events = withinLimits(forward ? beyond : beyond.reverse(), limit);
  if (!forward) events.reverse();
  const [first, last] = [events[0], events.at(-1)];
  const end = at ?? { timestamp: forward ? from : Math.min(to, Number.MAX_SAFE_INTEGER), number: -1 };
  return {
    events: events.map(({ timestamp, message, ingestedAt }) => ({ timestamp, message, ingestionTime: ingestedAt })),
    nextForwardToken: `f/${writePosition(last ?? end)}`,
    nextBackwardToken: `b/${writePosition(first ?? end)}`,
  };
}

/**
 * FilterLogEvents over all streams of a group, or those named.
 *
 * @throws AwsError ResourceNotFoundException, InvalidParameterException (the pattern or token)
 */
export function filterLogEvents(logs: Logs, group: string, input: OperationInput): Record<string, unknown> {
  const matches = compileFilterPattern(input['filterPattern'] as string | undefined);
  const names = input['logStreamNames'] as string[] | undefined;
  const prefix = (input['logStreamNamePrefix'] as string | undefined) ?? '';
  if (names && prefix) throw invalid('LogStreamNamePrefix and LogStreamNames are mutually exclusive parameters.');
  const streams = names
    ? names.map((name) => logs.stream(group, name))
    : logs.streams(group).filter(({ name }) => name.startsWith(prefix));
  const { from, to } = rangeOf(logs, group, input);
  const token = input['nextToken'] as string | undefined;
  const after = token === undefined ? undefined : (decode(token) as [number, string, number]);

  const found = streams
    .filter(({ extent }) => extent.last !== undefined && extent.last >= from && extent.first! <= to)
    .flatMap((stream) => stream.events(from, to).map((event) => ({ ...event, stream: stream.name })))
    .filter(({ message }) => matches(message))
    .sort((a, b) => compareAcross(keyOf(a), keyOf(b)));
  const rest = after === undefined ? found : found.filter((event) => compareAcross(keyOf(event), after) > 0);
  const events = withinLimits(rest, (input['limit'] as number | undefined) ?? MOST_EVENTS);
  return {
    events: events.map(({ ingestedAt, message, number, stream, timestamp }) => ({
      logStreamName: stream,
      timestamp,
      message,
      ingestionTime: ingestedAt,
      eventId: eventId(timestamp, stream, number),
    })),
    searchedLogStreams: [],
    nextToken: events.length < rest.length ? encode(keyOf(events.at(-1)!)) : undefined,
  };
}

function rangeOf(logs: Logs, group: string, input: OperationInput): Range {
  const from = (input['startTime'] as number | undefined) ?? 0;
  return { from: Math.max(from, logs.keptSince(group)), to: (input['endTime'] as number | undefined) ?? Infinity };
}

function withinLimits<T extends StoredLogEvent>(events: readonly T[], limit: number): T[] {
  let bytes = 0;
  const end = events.slice(0, limit).findIndex(({ message }) => (bytes += message.length) > LARGEST_ANSWER_BYTES);
  return events.slice(0, end < 0 ? limit : Math.max(1, end));
}

function compare(a: Position, b: Position): number {
  return a.timestamp - b.timestamp || a.number - b.number;
}

type Key = readonly [timestamp: number, stream: string, number: number];

function keyOf({ timestamp, stream, number }: Position & { readonly stream: string }): Key {
  return [timestamp, stream, number];
}

function compareAcross(a: Key, b: Key): number {
  return a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : a[2] - b[2]);
}

/** 56 digits, as AWS's are; the same event always has the same. */
function eventId(timestamp: number, stream: string, number: number): string {
  const digits = [...Buffer.from(stream, 'utf8')].reduce((hash, byte) => (hash * 31n + BigInt(byte)) % 10n ** 20n, 7n);
  return `${String(timestamp).padStart(16, '0')}${String(digits).padStart(20, '0')}${String(number).padStart(20, '0')}`;
}

function writePosition({ timestamp, number }: Position): string {
  return `${timestamp}.${number}`;
}

function readPosition(token: string): Position {
  const match = /^[fb]\/(-?\d+)\.(-?\d+)$/.exec(token);
  if (!match) throw invalid('The specified nextToken is invalid.');
  return { timestamp: Number(match[1]), number: Number(match[2]) };
}

function encode(key: Key): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

function decode(token: string): Key {
  try {
    const key: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (Array.isArray(key) && key.length === 3) return key as unknown as Key;
  } catch {
    // Told below.
  }
  throw invalid('The specified nextToken is invalid.');
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}
