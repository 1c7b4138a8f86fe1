import { AwsError } from '../../endpoint/service.ts';
import type { EventBuses } from './event-bus.ts';

const MOST_ENTRIES = 10;
const LARGEST_BATCH_BYTES = 1_048_576;

type Entry = Readonly<Record<string, unknown>>;

/**
 * PutEvents: one entry's failure is its own.
 *
 * @throws AwsError ValidationException when the batch as a whole is refused
 */
export async function putEvents(buses: EventBuses, entries: readonly Entry[]): Promise<Record<string, unknown>> {
  if (entries.length === 0 || entries.length > MOST_ENTRIES) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length less than or equal to ${MOST_ENTRIES} and greater than or equal to 1`,
    );
  }
  const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (bytes > LARGEST_BATCH_BYTES) {
    throw new AwsError('ValidationException', `Total size of the entries in the request is over the limit.`);
  }
  const results = await Promise.all(entries.map((entry) => putEntry(buses, entry)));
  return { Entries: results, FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length };
}

async function putEntry(buses: EventBuses, entry: Entry): Promise<Record<string, string>> {
  for (const name of ['Source', 'DetailType', 'Detail']) {
    if (!entry[name]) {
      return failure('InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`);
    }
  }
  const source = String(entry['Source']);
  if (source.startsWith('aws.')) {
    return failure('NotAuthorizedForSourceException', `Not authorized for the source ${source}.`);
  }
  let detail: unknown;
  try {
    detail = JSON.parse(String(entry['Detail']));
  } catch {
    detail = undefined;
  }
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail)) {
    return failure('MalformedDetail', 'Detail is malformed.');
  }
  try {
    const event = {
      source,
      detailType: String(entry['DetailType']),
      detail,
      resources: entry['Resources'] as string[] | undefined,
      time: (entry['Time'] as Date | undefined)?.getTime(),
    };
    return { EventId: await buses.emit(event, entry['EventBusName'] as string | undefined) };
  } catch (error) {
    if (error instanceof AwsError) return failure(error.code, error.message);
    throw error;
  }
}

/** Bytes that count (EventBridge user guide, "Calculating Amazon EventBridge PutEvents event entry size"). */
function sizeOf(entry: Entry): number {
  const texts = [
    entry['Source'],
    entry['DetailType'],
    entry['Detail'],
    ...((entry['Resources'] as string[] | undefined) ?? []),
  ];
  const time = entry['Time'] === undefined ? 0 : 14;
  return texts.reduce<number>((sum, text) => sum + Buffer.byteLength(String(text ?? '')), time);
}

function failure(code: string, message: string): Record<string, string> {
  return { ErrorCode: code, ErrorMessage: message };
}
