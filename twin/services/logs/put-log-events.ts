import { AwsError } from '../../endpoint/service.ts';
import type { OperationInput } from '../../endpoint/service.ts';
import type { LogEvent, Logs } from './logs.ts';

const MOST_EVENTS = 10_000;
const LARGEST_BATCH_BYTES = 1_048_576;
const BYTES_AN_EVENT = 26;
const LONGEST_SPAN_MS = 24 * 3_600_000;
const TOO_NEW_MS = 2 * 3_600_000;
const TOO_OLD_MS = 14 * 24 * 3_600_000;

/**
 * PutLogEvents with its limits (API reference). Events out of their time are left out and told in the answer.
 *
 * @throws AwsError InvalidParameterException, ResourceNotFoundException
 */
export function putLogEvents(logs: Logs, input: OperationInput, nowMs: number): Record<string, unknown> {
  const group = String(input['logGroupName']);
  const stream = logs.stream(group, String(input['logStreamName']));
  const events = input['logEvents'] as LogEvent[];
  checkBatch(events);

  const oldest = nowMs - TOO_OLD_MS;
  const expired = logs.keptSince(group);
  const firstKept = events.findIndex(({ timestamp }) => timestamp >= oldest && timestamp >= expired);
  const tooNew = events.findIndex(({ timestamp }) => timestamp > nowMs + TOO_NEW_MS);
  const start = firstKept < 0 ? events.length : firstKept;
  const end = tooNew < 0 ? events.length : tooNew;
  stream.append(events.slice(start, end), nowMs);

  const rejected = {
    ...(start > 0 &&
      (events[start - 1]!.timestamp < expired
        ? { expiredLogEventEndIndex: start }
        : { tooOldLogEventEndIndex: start })),
    ...(tooNew >= 0 && { tooNewLogEventStartIndex: tooNew }),
  };
  return {
    nextSequenceToken: String(nowMs),
    ...(Object.keys(rejected).length > 0 && { rejectedLogEventsInfo: rejected }),
  };
}

function checkBatch(events: readonly LogEvent[]): void {
  if (events.length === 0 || events.length > MOST_EVENTS) {
    throw invalid(
      `1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length between 1 and ${MOST_EVENTS}`,
    );
  }
  const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message) + BYTES_AN_EVENT, 0);
  if (bytes > LARGEST_BATCH_BYTES)
    throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${LARGEST_BATCH_BYTES}`);
  if (events.some(({ message }) => message === '')) throw invalid('Log event message must not be empty.');
  if (events.some(({ timestamp }, index) => index > 0 && timestamp < events[index - 1]!.timestamp)) {
    throw invalid('Log events in a single PutLogEvents request must be in chronological order.');
  }
  if (events.at(-1)!.timestamp - events[0]!.timestamp > LONGEST_SPAN_MS) {
    throw invalid('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
  }
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}
